import ProxyProtocol

/// Headers that are right, and ones that are not, for tests that need many of both.
enum Corpus {
    static let valid: [Bytes] = [
        "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n",
        "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
        "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n",
        "PROXY TCP6 2001:db8::1 ::1 4660 443\r\n",
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF 65535 65535\r\n",
        "PROXY TCP6 ::ffff:192.0.2.1 :: 1 2\r\n",
        "PROXY UNKNOWN\r\n",
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        "PROXY UNKNOWN \u{0}\u{FF} \t anything\r\n",
        Bytes(binary(0x21, 0x11, ipv4Block)),
        Bytes(binary(0x21, 0x12, ipv4Block + tlv(0x04, []) + tlv(0xEA, [1, 2]))),
        Bytes(binary(0x21, 0x21, Array(0..<36))),
        Bytes(binary(0x21, 0x22, Array(0..<36) + tlv(0x05, Array(repeating: 7, count: 128)))),
        Bytes(binary(0x21, 0x31, Array(repeating: 0x61, count: 216))),
        Bytes(binary(0x21, 0x32, Array(repeating: 0, count: 216))),
        Bytes(binary(0x21, 0x00, [])),
        Bytes(binary(0x21, 0x00, Array(1...50))),
        Bytes(binary(0x20, 0x00, [])),
        Bytes(binary(0x20, 0xFF, [1, 2, 3, 4])),
        Bytes(captured),
    ]

    static let invalid: [Bytes] = [
        "PROXY\r\n",
        "PROXYTCP4 192.0.2.1 198.51.100.2 4660 443\r\n",
        "PROXY TCP5 192.0.2.1 198.51.100.2 4660 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443 \r\n",
        "PROXY TCP4 192.0.2.01 198.51.100.2 4660 443\r\n",
        "PROXY TCP4 ::1 ::1 4660 443\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.2 4660 443\r\n",
        "PROXY TCP6 fe80::1%1 ::1 4660 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 04660 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 4660 65536\r\n",
        Bytes("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n"),
        "PROXY UNKNOWN\n",
        Bytes(binary(0x11, 0x11, ipv4Block)),
        Bytes(binary(0x22, 0x11, ipv4Block)),
        Bytes(binary(0x21, 0x41, ipv4Block)),
        Bytes(binary(0x21, 0x13, ipv4Block)),
        Bytes(binary(0x21, 0x11, ipv4Block, length: 11)),
        Bytes(binary(0x21, 0x21, ipv4Block)),
        Bytes(binary(0x21, 0x31, Array(repeating: 0, count: 215))),
        Bytes(binary(0x21, 0x11, ipv4Block + [0x04, 0x00])),
        Bytes(binary(0x21, 0x11, ipv4Block + tlv(0x04, [1], length: 2))),
        Bytes(binary(0x21, 0x11, ipv4Block + tlv(0x03, [0, 0, 0, 0]))),
        Bytes(binary(0x21, 0x11, ipv4Block + tlv(0x05, Array(repeating: 7, count: 129)))),
        Bytes(binary(0x21, 0x11, ipv4Block + tlv(0x20, [1, 0, 0, 0, 0, 0x21]))),
        Bytes(binary(0x21, 0x11, ipv4Block, length: 65535)),
        Bytes(captured.dropLast() + [0xFF]),
    ]

    static let other: [Bytes] = [
        "GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PROPFIND / HTTP/1.1\r\n", "proxy TCP4 ", "\r\nGET / HTTP/1.1\r\n", "\n", " PROXY UNKNOWN\r\n",
        "\u{16}\u{03}\u{01}", "\r\n\r\n\u{0}\r\nQUIT\r", "SSH-2.0-x\r\n", "\u{0}",
    ]
}
