@testable import ProxyProtocol
import Testing

@Suite("The checksum")
struct ChecksumTests {
    @Test(
        "has the values that RFC 3720 gives",
        arguments: [
            (Array(repeating: 0, count: 32), 0x8A91_36AA), (Array(repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283), ([], 0),
            (
                [
                    0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
                ], 0xD996_3A56
            ),
        ] as [([UInt8], UInt32)]
    )
    func vectors(_ bytes: [UInt8], _ expected: UInt32) {
        var checksum = CRC32C()
        for byte in bytes { checksum.update(byte) }
        #expect(checksum.value == expected)
    }

    @Test("of a header is wrong as soon as any bit of it is another")
    func everyBit() throws {
        let header = ProxyHeader.v2(ipv4Addresses, tlvs: [ProxyTLV(.uniqueID, "abc"), .checksum, ProxyTLV(.init(rawValue: 0xE0), [1])])
        let bytes = try header.encoded()
        #expect(parse(bytes).header?.addresses == ipv4Addresses)
        for index in 16..<bytes.count {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                // A change of the checksum's type makes it another TLV, and its length makes the framing wrong.
                guard index != 34 else { continue }
                #expect(parse(changed).error != nil, "bit \(bit) of \(index)")
            }
        }
    }

    @Test("is compared with LOCAL and without addresses too", arguments: [ProxyHeader.local(tlvs: [.checksum]), .v2(.unspecified, tlvs: [.checksum])])
    func unspecified(_ header: ProxyHeader) throws {
        var bytes = try header.encoded()
        #expect(parse(bytes).header?.tlvs.count == 1)
        bytes[bytes.count - 1] ^= 1
        #expect(parse(bytes).error?.description == "malformed PROXY v2 header: the checksum (CRC32C) does not match: the header was changed on its way (at offset 19)")
    }

    @Test("must have four bytes and be alone")
    func form() {
        for count in [0, 3, 5] { #expect(parse(binary(0x21, 0x11, ipv4Block + tlv(0x03, Array(repeating: 0, count: count)))).error?.offset == 28) }
        #expect(parse(binary(0x21, 0x11, ipv4Block + tlv(0x03, [0, 0, 0, 0]) + tlv(0x03, [0, 0, 0, 0]))).error?.reason == "there are two checksums (CRC32C)")
        #expect(throws: UnencodableProxyHeader(reason: "there are two checksums (CRC32C)")) { try ProxyHeader.local(tlvs: [.checksum, .checksum]).encoded() }
    }
}
