"""PROXY headers as HAProxy sends them; HAProxy's proxy-protocol.txt, sections 2.1 and 2.2."""

import ipaddress
import struct

SOURCE, DESTINATION = ("203.0.113.7", 51234), ("192.0.2.10", 443)

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
VERSION_2_PROXY = 0x21
TCP_OVER_IPV4 = 0x11
AUTHORITY, CRC32C, UNIQUE_ID, SSL = 0x02, 0x03, 0x05, 0x20
SSL_VERSION, SSL_COMMON_NAME, SSL_CIPHER = 0x21, 0x22, 0x23
# The client came over TLS and showed a certificate on this connection.
CLIENT_SSL, CLIENT_CERTIFICATE = 0x01, 0x02


def text_header() -> bytes:
    return f"PROXY TCP4 {SOURCE[0]} {DESTINATION[0]} {SOURCE[1]} {DESTINATION[1]}\r\n".encode()


def binary_header(tlvs: bytes = b"") -> bytes:
    addresses = b"".join(ipaddress.IPv4Address(host).packed for host, _ in (SOURCE, DESTINATION))
    ports = struct.pack("!HH", SOURCE[1], DESTINATION[1])
    payload = addresses + ports + tlvs
    return SIGNATURE + struct.pack("!BBH", VERSION_2_PROXY, TCP_OVER_IPV4, len(payload)) + payload


def offloaded_tls_header() -> bytes:
    """What `send-proxy-v2 proxy-v2-options authority,unique-id,ssl,cert-cn,ssl-cipher,crc32c` makes of a connection over TLS."""
    verified = struct.pack("!BI", CLIENT_SSL | CLIENT_CERTIFICATE, 0)
    session = tlv(SSL_VERSION, b"TLSv1.3") + tlv(SSL_COMMON_NAME, b"client.example.org") + tlv(SSL_CIPHER, b"TLS_AES_256_GCM_SHA384")
    others = tlv(AUTHORITY, b"www.example.org") + tlv(UNIQUE_ID, b"CB007107:C822_C000020A:01BB_692311AF_0001:0F2C") + tlv(SSL, verified + session)
    # The sum is taken with its own four bytes at zero.
    unsigned = binary_header(tlv(CRC32C, bytes(4)) + others)
    return binary_header(tlv(CRC32C, struct.pack("!I", crc32c(unsigned))) + others)


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


def crc32c(data: bytes) -> int:
    """Bit by bit, since it is needed once; RFC 3720, appendix B.4."""
    value = 0xFFFF_FFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F6_3B78 if value & 1 else 0)
    return value ^ 0xFFFF_FFFF
