import ProxyProtocol
import Testing

@Suite("A header that is written")
struct EncodingTests {
    private func text(_ header: ProxyHeader) throws -> String { String(decoding: try header.encoded(), as: UTF8.self) }

    @Test("as version 1 is one line")
    func lines() throws {
        #expect(try text(.v1(ipv4Addresses)) == "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n")
        #expect(
            try text(.v1(.ipv6(source: IPEndpoint(IPv6Address(bits: 1), port: 0), destination: IPEndpoint(IPv6Address(bits: 0xFFFF_0102_0304), port: 65535), .stream)))
                == "PROXY TCP6 ::1 ::ffff:1.2.3.4 0 65535\r\n")
        #expect(try text(.v1(.unspecified)) == "PROXY UNKNOWN\r\n")
    }

    @Test("as version 1 says UNKNOWN for what that version has no word for")
    func unknown() throws {
        let endpoint = IPEndpoint(IPv4Address(bits: 1), port: 1)
        #expect(ProxyHeader.v1(.ipv4(source: endpoint, destination: endpoint, .datagram)).addresses == .unspecified)
        #expect(try text(.v1(.unix(source: .unnamed, destination: .unnamed, .stream))) == "PROXY UNKNOWN\r\n")
    }

    @Test("as version 2 has the bytes of the specification")
    func binaries() throws {
        #expect(try ProxyHeader.v2(ipv4Addresses, tlvs: [ProxyTLV(.alpn, "h2")]).encoded() == binary(0x21, 0x11, ipv4Block + tlv(0x01, Array("h2".utf8))))
        #expect(try ProxyHeader.local().encoded() == binary(0x20, 0x00, []))
        #expect(try ProxyHeader.v2(.unspecified).encoded() == binary(0x21, 0x00, []))
        #expect(try ProxyHeader.local(tlvs: [.checksum]).encoded() == capturedCheck)
    }

    @Test("never is one that must be refused")
    func refusals() {
        let long = ProxyTLV(.init(rawValue: 0xE0), Array(repeating: 0, count: 65536))
        let half = ProxyTLV(.init(rawValue: 0xE0), Array(repeating: 0, count: 32768))
        for tlvs in [[long], [half, half], [ProxyTLV(.uniqueID, Array(repeating: 0, count: 129))], [ProxyTLV(.crc32c, [0])], [ProxyTLV(.ssl, [1])]] {
            #expect(throws: UnencodableProxyHeader.self) { try ProxyHeader.local(tlvs: tlvs).encoded() }
        }
    }

    @Test("may be as long as the format allows")
    func longest() throws {
        let header = ProxyHeader.v2(.unspecified, tlvs: [ProxyTLV(.init(rawValue: 0xE0), Array(repeating: 1, count: 65532))])
        let bytes = try header.encoded()
        #expect(bytes.count == 65551)
        #expect(parse(bytes, maximumLength: 65551) == .header(header, length: 65551))
        #expect(parse(bytes, maximumLength: 65550).error != nil)
    }
}
