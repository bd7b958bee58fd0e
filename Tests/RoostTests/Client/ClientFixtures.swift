import HTTPWire
import ProxyProtocol
import Testing

@testable import Roost

/// The head of a request with these lines behind its `host`.
func makeHead(_ lines: [String], host: String = "app.example:8000") -> RequestHead? {
    makeHead(lines.map { Array($0.utf8) }, host: host)
}

func makeHead(_ lines: [[UInt8]], host: String = "app.example:8000") -> RequestHead? {
    let end: [UInt8] = [0x0D, 0x0A]
    var bytes = Array((host.isEmpty ? "GET / HTTP/1.0\r\n" : "GET / HTTP/1.1\r\nhost: \(host)\r\n").utf8)
    for line in lines { bytes += line + end }
    bytes += end
    var parser = RequestParser()
    guard case .complete(let head, _) = parser.parse(bytes.span) else { return nil }
    return head
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func peers(_ text: String) -> TrustedPeers {
    try! TrustedPeers(text)
}

func ip(_ text: String) -> IPAddress { IPAddress(text)! }

/// One request, who sent it and what is believed of it; and what must come of it.
///
/// The default is a proxy at 10.0.0.9 that is trusted as all of 10.0.0.0/8 is, and a request that came to 10.0.0.1:8000.
struct ResolverCase: CustomTestStringConvertible, Sendable {
    var name: String
    var lines: [String]
    var host = "app.example:8000"
    var hop = Hop.ip(ip("10.0.0.9"))
    var allow = "10.0.0.0/8,2001:db8:a::/48"
    var hops: Int?
    var headers: Set<ForwardedHeader> = [.xForwardedFor, .xForwardedProto]
    /// The scheme of the connection.
    var scheme = URLScheme.http
    var server: Endpoint? = Endpoint(host: "10.0.0.1", port: 8000)

    var expected = Expected()

    struct Expected: Sendable {
        var client: String? = "10.0.0.9:5000"
        var scheme = "http"
        var server = "10.0.0.1:8000"
        var host: String?
        var rootPath: String?
        var hidden: ForwardedFamily?
        /// A part of the problem's text; nil for none.
        var problem: String?
    }

    var testDescription: String { name }

    var policy: ForwardedPolicy { ForwardedPolicy(allowIPs: peers(allow), hops: hops, headers: headers) }

    var connection: Client {
        let address: Endpoint? = if case .ip(let address) = hop { Endpoint(host: "\(address)", port: 5000) } else { nil }
        return Client(address: address, scheme: scheme, server: server)
    }

    func resolve() throws -> Resolution {
        ClientResolver.resolve(connection, from: hop, try #require(makeHead(lines, host: host), "no request: \(lines)"), policy)
    }

    func check() throws {
        let resolution = try resolve()
        let client = resolution.client
        #expect(client.address?.description == expected.client)
        #expect(client.scheme.rawValue == expected.scheme)
        #expect(client.server?.description == expected.server)
        #expect(client.host == expected.host)
        #expect(client.rootPath == expected.rootPath)
        #expect(client.hiddenFields == expected.hidden)
        if let part = expected.problem {
            #expect(resolution.problem?.contains(part) == true, "\(resolution.problem ?? "no problem")")
        } else {
            #expect(resolution.problem == nil)
        }
        if let problem = resolution.problem { #expect(problem.utf8.allSatisfy { (0x20..<0x7F).contains($0) }) }
    }

    // MARK: Short forms

    /// A case about `x-forwarded-for` with what the client must be.
    static func sender(_ name: String, _ values: String..., is client: String?, problem: String? = nil, _ change: (inout ResolverCase) -> Void = { _ in }) -> ResolverCase {
        var test = ResolverCase(name: name, lines: values.map { "X-Forwarded-For: \($0)" })
        test.expected.client = client
        test.expected.problem = problem
        change(&test)
        return test
    }

    /// A case about `forwarded` with what the client must be.
    static func forwarded(
        _ name: String, _ values: String..., is client: String?, scheme: String = "http", problem: String? = nil, _ change: (inout ResolverCase) -> Void = { _ in }
    ) -> ResolverCase {
        var test = ResolverCase(name: name, lines: values.map { "Forwarded: \($0)" }, headers: [.forwarded])
        test.expected.client = client
        test.expected.scheme = scheme
        test.expected.problem = problem
        change(&test)
        return test
    }

    /// A case about fields beside `x-forwarded-for`, all of which are believed, with the client at 203.0.113.7.
    static func told(_ name: String, _ lines: String..., change: (inout ResolverCase) -> Void) -> ResolverCase {
        var test = ResolverCase(name: name, lines: ["X-Forwarded-For: 203.0.113.7"] + lines, headers: Set(ForwardedHeader.allCases).subtracting([.forwarded]))
        test.expected.client = "203.0.113.7:0"
        change(&test)
        return test
    }
}
