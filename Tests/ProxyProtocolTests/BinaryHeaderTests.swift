import ProxyProtocol
import Testing

@Suite("A header of version 2")
struct BinaryHeaderTests {
    @Test("gives the addresses of TCP and UDP over IPv4", arguments: [(0x11, ProxyAddresses.Transport.stream), (0x12, .datagram)] as [(UInt8, ProxyAddresses.Transport)])
    func ipv4(_ family: UInt8, _ transport: ProxyAddresses.Transport) {
        let outcome = parse(binary(0x21, family, ipv4Block) + [1, 2, 3])
        #expect(outcome.length == 28)
        #expect(outcome.header?.version == .v2)
        #expect(outcome.header?.command == .proxy)
        #expect(outcome.header?.addresses.source?.description == "192.0.2.1:4660")
        #expect(outcome.header?.addresses.destination?.description == "198.51.100.2:443")
        #expect(outcome.header?.addresses.transport == transport)
        #expect(outcome.header?.tlvs == [])
    }

    @Test("gives the addresses of TCP and UDP over IPv6", arguments: [(0x21, ProxyAddresses.Transport.stream), (0x22, .datagram)] as [(UInt8, ProxyAddresses.Transport)])
    func ipv6(_ family: UInt8, _ transport: ProxyAddresses.Transport) {
        let outcome = parse(binary(0x21, family, Array(0..<36)))
        #expect(outcome.length == 52)
        #expect(
            outcome.header
                == .v2(
                    .ipv6(
                        source: IPEndpoint(IPv6Address(bits: 0x0001_0203_0405_0607_0809_0A0B_0C0D_0E0F), port: 0x2021),
                        destination: IPEndpoint(IPv6Address(bits: 0x1011_1213_1415_1617_1819_1A1B_1C1D_1E1F), port: 0x2223), transport)))
    }

    @Test("gives the paths and names of Unix sockets", arguments: [(0x31, ProxyAddresses.Transport.stream), (0x32, .datagram)] as [(UInt8, ProxyAddresses.Transport)])
    func unix(_ family: UInt8, _ transport: ProxyAddresses.Transport) {
        func field(_ start: [UInt8], then filler: UInt8 = 0) -> [UInt8] { start + Array(repeating: filler, count: 108 - start.count) }
        let full = field([], then: 0x61)
        let cases: [([UInt8], UnixAddress?)] = [
            (field(Array("/run/a.sock".utf8)), UnixAddress(path: "/run/a.sock")),
            (field(Array("/run/a.sock\u{0}".utf8), then: 0x78), UnixAddress(path: "/run/a.sock")),
            (full, UnixAddress(path: String(repeating: "a", count: 108))),
            (field([]), .unnamed),
            (field(Array("\u{0}name".utf8)), UnixAddress(abstractName: "name")),
            (field(Array("\u{0}a\u{0}b".utf8)), UnixAddress(abstractName: "a\u{0}b")),
            (field([0], then: 0x61), UnixAddress(abstractName: String(repeating: "a", count: 107))),
        ]
        for (bytes, address) in cases {
            let outcome = parse(binary(0x21, family, bytes + full))
            #expect(outcome.length == 232)
            #expect(outcome.header?.addresses.source == address.map(ProxyEndpoint.unix))
            #expect(outcome.header?.addresses.destination == .unix(UnixAddress(path: String(repeating: "a", count: 108))!))
            #expect(outcome.header?.addresses.transport == transport)
        }
    }

    @Test("with LOCAL means the connection's own ends, whatever family and addresses it shows")
    func local() {
        for family in UInt8.min...UInt8.max {
            for payload in [[], ipv4Block, Array(0..<36), Array(repeating: 0x61, count: 216)] as [[UInt8]] {
                let outcome = parse(binary(0x20, family, payload))
                #expect(outcome.length == 16 + payload.count)
                #expect(outcome.header?.command == .local)
                #expect(outcome.header?.addresses == .unspecified)
            }
        }
    }

    @Test("without family or protocol means the connection's own ends, and its bytes are skipped", arguments: [0x00, 0x01, 0x02, 0x10, 0x20, 0x30] as [UInt8])
    func unspecified(_ family: UInt8) {
        for payload in [[], [1], ipv4Block, Array(0..<250)] as [[UInt8]] {
            let outcome = parse(binary(0x21, family, payload))
            #expect(outcome.length == 16 + payload.count)
            #expect(outcome.header?.command == .proxy)
            #expect(outcome.header?.addresses == .unspecified)
        }
    }

    @Test("with another version or command is refused at that byte")
    func commands() {
        for byte in UInt8.min...UInt8.max where byte != 0x20 && byte != 0x21 {
            let bytes = binary(byte, 0x11, ipv4Block)
            #expect(parse(bytes).error?.offset == 12)
            #expect(parse(bytes.prefix(13)) == parse(bytes))
            #expect(parse(bytes.prefix(12)) == .needMore)
        }
    }

    @Test("with a family or protocol that is not assigned is refused at that byte")
    func families() {
        for byte in UInt8.min...UInt8.max where byte >> 4 > 3 || byte & 0xF > 2 {
            let bytes = binary(0x21, byte, Array(repeating: 0, count: 216))
            #expect(parse(bytes).error?.offset == 13)
            #expect(parse(bytes.prefix(14)) == parse(bytes))
            #expect(parse(bytes.prefix(13)) == .needMore)
        }
    }

    @Test("too short for its addresses is refused before they come", arguments: [(0x11, 12), (0x12, 12), (0x21, 36), (0x22, 36), (0x31, 216), (0x32, 216)] as [(UInt8, Int)])
    func lengths(_ family: UInt8, _ needed: Int) {
        for length in 0..<needed {
            let start = binary(0x21, family, [], length: length)
            #expect(parse(start).error?.version == .v2)
            #expect(parse(start.dropLast()) == .needMore)
        }
        let bytes = binary(0x21, family, Array(repeating: 0, count: needed))
        for end in 0..<bytes.count { #expect(parse(bytes[..<end]) == .needMore) }
        #expect(parse(bytes).length == 16 + needed)
    }

    @Test("longer than the bound is refused as soon as its length says so", arguments: [16, 28, 100, 232, 271, 272, 4096, 65551, Int.max])
    func bound(_ maximum: Int) {
        for length in Set([12, 84, 85, 216, 255, 256, 4080, 4081, 65535, maximum - 16, maximum &- 15]) where (12...65535).contains(length) {
            let start = binary(0x21, 0x11, [], length: length)
            let (outcome, different) = parseEveryWay(start, maximumLength: maximum)
            #expect(different == nil)
            if 16 + length <= maximum {
                #expect(outcome == .needMore)
                let whole = parse(binary(0x21, 0x11, ipv4Block + (length == 12 ? [] : length < 15 ? [] : tlv(0xE0, Array(repeating: 1, count: length - 15)))), maximumLength: maximum)
                #expect(whole.length != nil || (13...14).contains(length))
            } else {
                #expect(outcome.error?.description == "malformed PROXY v2 header: it is longer than the \(maximum) bytes that are accepted (at offset 14)")
            }
        }
    }

    @Test("is refused altogether if no length is allowed", arguments: [Int.min, -1, 0, 15])
    func noLength(_ maximum: Int) {
        #expect(parse(binary(0x20, 0x00, []), maximumLength: maximum).error != nil)
        #expect(parse(signature, maximumLength: maximum) == .needMore)
    }

    @Test("of a health check as HAProxy sends it is LOCAL with a right checksum")
    func healthCheck() {
        #expect(parse(capturedCheck) == .header(.local(tlvs: [ProxyTLV(.crc32c, [0xA9, 0xB8, 0x7E, 0x8F])]), length: 23))
    }
}
