import HTTPWire
import ProxyProtocol
import SeededRandom
import Testing

@testable import Roost

@Suite("Forwarded fields, whatever they hold")
struct ForwardedFuzzTests {
    private static let pieces = [
        "for=", "proto=", "host=", "by=", ";", ",", ", ", "\"", "\\", "=", " ", "\t", "unknown", "_x", "1.2.3.4", "10.0.0.2", "203.0.113.7", "[", "]", ":", "::1",
        "[::1]:80", "::ffff:10.0.0.3", "for=1.2.3.4", "for=\"[2001:db8::1]:5\"", "for=10.0.0.2;proto=https", "x=\"\\\"\"", "https", "http", "example.com", "/app",
        "//", "80", "65536", "\u{E9}", "%", "?",
    ].map { Array($0.utf8) }
    private static let names = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "Forwarded", "Accept"]

    private static func value(_ generator: inout SeededGenerator) -> [UInt8] {
        var value: [UInt8] = []
        for _ in 0..<Int.random(in: 0...10, using: &generator) {
            if Int.random(in: 0..<8, using: &generator) == 0 {
                // What no field value can hold never comes this far.
                value.append([UInt8.random(in: 0x20...0x7E, using: &generator), UInt8.random(in: 0x80...0xFF, using: &generator)].randomElement(using: &generator) ?? 0x20)
            } else {
                value += pieces.randomElement(using: &generator) ?? []
            }
        }
        return value
    }

    private static func line(_ name: String, _ value: [UInt8]) -> [UInt8] { Array("\(name): ".utf8) + value }

    private static func policy(_ generator: inout SeededGenerator) -> ForwardedPolicy {
        let allow = ["*", "10.0.0.0/8", "unix:", "*,10.0.0.0/8", "0.0.0.0/0,::/0"].randomElement(using: &generator) ?? ""
        return ForwardedPolicy(
            allowIPs: peers(allow),
            hops: [nil, nil, nil, 0, 1, 2, 3, Int.max, Int.min].randomElement(using: &generator) ?? nil,
            headers: [Set(ForwardedHeader.allCases).subtracting([.forwarded]), [.xForwardedFor], [.forwarded], [.xForwardedProto, .xForwardedHost], Set(ForwardedHeader.allCases)]
                .randomElement(using: &generator) ?? []
        )
    }

    @Test("never trap, change nothing if they may not be believed, and never make problems that hold a peer's bytes")
    func anything() throws {
        var generator = SeededGenerator(seed: 5)
        let server = Endpoint(host: "10.0.0.1", port: 8000)
        var resolved = 0
        for _ in 0..<fuzzIterations {
            let lines = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Self.line(Self.names.randomElement(using: &generator) ?? "", Self.value(&generator))
            }
            let head = try #require(makeHead(lines))
            let hop = [Hop.ip(ip("10.0.0.9")), .ip(ip("198.51.100.1")), .unix, .unknown].randomElement(using: &generator) ?? .unknown
            let policy = Self.policy(&generator)
            let connection = Client(address: Endpoint(host: "192.0.2.200", port: 1), scheme: .http, server: server)
            let resolution = ClientResolver.resolve(connection, from: hop, head, policy)
            if !policy.trusts(hop) {
                guard resolution == Resolution(client: connection) else {
                    Issue.record("\(lines.map { String(decoding: $0, as: UTF8.self) }): \(resolution)")
                    return
                }
            }
            if resolution.client != connection { resolved += 1 }
            if let problem = resolution.problem { #expect(problem.hasPrefix("x-forwarded-") || problem.hasPrefix("forwarded ")) }
            if let host = resolution.client.host {
                let isAuthority = HostSyntax.isValid(bytes(host).span)
                #expect(isAuthority)
            }
        }
        #expect(resolved > fuzzIterations / 10)
    }

    @Test("of random bytes alone never trap")
    func parsers() {
        var generator = SeededGenerator(seed: 6)
        var elements = 0
        for _ in 0..<fuzzIterations {
            let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) } + Self.value(&generator)
            let slice = bytes[Int.random(in: 0...bytes.count, using: &generator)...]
            if ForwardedElement.isList(bytes.span, slice.indices), !slice.isEmpty { elements += 1 }
            _ = ForwardedElement(bytes.span, slice.indices)?.node?.parse(bytes.span) { String($0) }
            _ = ForwardedNode(slice.span, .xForwardedFor)?.endpoint
            _ = ForwardedNode(slice.span, .forwarded)?.endpoint
            _ = Authority(slice.span)
            _ = TraceParent(slice)
            _ = ForwardedHeader(bytes.span, name: slice.indices)
            _ = try? TrustedPeers(String(decoding: slice, as: UTF8.self))
        }
        #expect(elements > 0)
    }

    /// What a proxy appends: the address of a client that is not one of ours, and perhaps proxies of ours that it then went through.
    private static func appended(_ field: ForwardedHeader, _ generator: inout SeededGenerator) -> [String] {
        let ends =
            field == .forwarded
            ? [["for=203.0.113.7;proto=https"], ["for=\"[2001:db8:7::1]:80\";by=\"_a,b\";host=example.com"], ["for=203.0.113.7", "for=10.0.0.2"], ["for=_hidden"], ["for=\"unknown\";x=\"\\\",\""]]
            : [["203.0.113.7"], ["[2001:db8:7::1]:80"], ["203.0.113.7", "10.0.0.2"], ["unknown"]]
        return ends.randomElement(using: &generator) ?? []
    }

    @Test("mean the same whatever the client writes to the left of what proxies append", arguments: [ForwardedHeader.xForwardedFor, .forwarded])
    func leftEnd(_ field: ForwardedHeader) throws {
        var generator = SeededGenerator(seed: 7)
        let connection = Client(address: Endpoint(host: "10.0.0.9", port: 5000), scheme: .http, server: nil)
        var refused = 0
        for _ in 0..<fuzzIterations {
            let own = Self.appended(field, &generator)
            let allow = own.count == 1 ? ["*", "10.0.0.0/8", "*,10.0.0.0/8"].randomElement(using: &generator) ?? "" : "10.0.0.0/8"
            let hops = Bool.random(using: &generator) ? own.count : nil
            let policy = ForwardedPolicy(allowIPs: peers(allow), hops: hops, headers: [field])
            func resolve(_ lines: [[UInt8]]) throws -> Resolution {
                ClientResolver.resolve(connection, from: .ip(ip("10.0.0.9")), try #require(makeHead(lines)), policy)
            }
            let appended = own.joined(separator: ", ")
            let expected = try resolve([Self.line(field.rawValue, Array(appended.utf8))])
            #expect(expected.problem == nil)

            let before = (0..<Int.random(in: 0...3, using: &generator)).map { _ in Self.line(field.rawValue, Self.value(&generator)) }
            let spoofed = Self.value(&generator)
            let separate = try resolve(before + [Self.line(field.rawValue, spoofed)] + own.map { Self.line(field.rawValue, Array($0.utf8)) })
            guard separate == expected else {
                Issue.record("\(String(decoding: spoofed, as: UTF8.self)) on lines before \(appended): \(separate), not \(expected)")
                return
            }
            let joined = try resolve(before + [Self.line(field.rawValue, spoofed + Array(", \(appended)".utf8))])
            if field == .forwarded, joined.problem != nil {
                // The client can break the grammar of its line, but then nobody is made of it.
                refused += 1
                guard joined.client.address == nil, joined.client.isForwarded, joined.client.scheme == .http else {
                    Issue.record("\(String(decoding: spoofed, as: UTF8.self)) on the line of \(appended): \(joined)")
                    return
                }
                continue
            }
            guard joined == expected else {
                Issue.record("\(String(decoding: spoofed, as: UTF8.self)) on the line of \(appended): \(joined), not \(expected)")
                return
            }
        }
        if field == .forwarded { #expect((1..<fuzzIterations).contains(refused)) }
    }
}
