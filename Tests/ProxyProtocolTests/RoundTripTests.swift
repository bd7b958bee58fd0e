import ProxyProtocol
import SeededRandom
import Testing

@Suite("Random headers")
struct RoundTripTests {
    private static func bytes(_ count: ClosedRange<Int>, _ generator: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: count, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private static func ipv4(_ generator: inout SeededGenerator) -> IPEndpoint<IPv4Address> {
        IPEndpoint(IPv4Address(bits: .random(in: 0...UInt32.max, using: &generator)), port: .random(in: 0...UInt16.max, using: &generator))
    }

    /// Groups are zero more often than chance would have it, so that there is something to shorten.
    private static func ipv6(_ generator: inout SeededGenerator) -> IPEndpoint<IPv6Address> {
        var bits: UInt128 = 0
        for _ in 0..<8 {
            let group: UInt128 = [0, 0, 0, 1, 0xFFFF, UInt128(UInt16.random(in: 0...UInt16.max, using: &generator))].randomElement(using: &generator) ?? 0
            bits = bits << 16 | group
        }
        return IPEndpoint(IPv6Address(bits: bits), port: .random(in: 0...UInt16.max, using: &generator))
    }

    private static func unix(_ generator: inout SeededGenerator) -> UnixAddress {
        let name = String((0..<Int.random(in: 0...108, using: &generator)).map { _ in Character(UnicodeScalar(UInt8.random(in: 1...127, using: &generator))) })
        return (Bool.random(using: &generator) ? UnixAddress(path: name) : UnixAddress(abstractName: name)) ?? .unnamed
    }

    private static func addresses(_ generator: inout SeededGenerator) -> ProxyAddresses {
        let transport: ProxyAddresses.Transport = Bool.random(using: &generator) ? .stream : .datagram
        return switch Int.random(in: 0..<4, using: &generator) {
        case 0: .ipv4(source: ipv4(&generator), destination: ipv4(&generator), transport)
        case 1: .ipv6(source: ipv6(&generator), destination: ipv6(&generator), transport)
        case 2: .unix(source: unix(&generator), destination: unix(&generator), transport)
        default: .unspecified
        }
    }

    private static func tlvs(_ generator: inout SeededGenerator) throws -> [ProxyTLV] {
        var tlvs = try (0..<Int.random(in: 0...6, using: &generator)).map { _ -> ProxyTLV in
            let kind = ProxyTLV.Kind(rawValue: .random(in: 0...255, using: &generator))
            switch kind {
            case .crc32c, .noop:
                return ProxyTLV(.alpn, bytes(0...20, &generator))
            case .ssl:
                return try ssl(&generator).tlv()
            default:
                return ProxyTLV(kind, bytes(0...100, &generator))
            }
        }
        if Bool.random(using: &generator) { tlvs.append(try ssl(&generator).tlv()) }
        if Bool.random(using: &generator) { tlvs.append(.checksum) }
        return tlvs.shuffled(using: &generator)
    }

    private static func ssl(_ generator: inout SeededGenerator) -> ProxySSL {
        let inner = (0..<Int.random(in: 0...4, using: &generator)).map { _ in ProxyTLV(.init(rawValue: .random(in: 0...255, using: &generator)), bytes(0...30, &generator)) }
        return ProxySSL(client: .init(rawValue: .random(in: 0...255, using: &generator)), verify: .random(in: 0...UInt32.max, using: &generator), tlvs: inner)
    }

    private static func header(_ generator: inout SeededGenerator) throws -> ProxyHeader {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: .v1(addresses(&generator))
        case 1: .local(tlvs: try tlvs(&generator))
        default: .v2(addresses(&generator), tlvs: try tlvs(&generator))
        }
    }

    @Test("are read as they were written, however they are cut, and written again the same")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let header = try Self.header(&generator)
            let encoded = try header.encoded()
            let bytes = encoded + Self.bytes(0...20, &generator)
            let cuts = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            let outcome = parse(bytes, arrivingUpTo: cuts)
            let read = try #require(outcome.header, "\(outcome) \(header)")
            #expect(outcome.length == encoded.count)
            #expect(read.version == header.version)
            #expect(read.command == header.command)
            #expect(read.addresses == header.addresses)
            // The checksum's value is known only when the header is written.
            #expect(read.tlvs.map { $0.kind == .crc32c ? .checksum : $0 } == header.tlvs)
            #expect(read.ssl == header.ssl)
            #expect(try read.encoded() == encoded)
            #expect(parse(bytes) == outcome)
        }
    }
}
