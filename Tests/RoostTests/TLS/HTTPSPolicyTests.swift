import NIOSSL
import Testing

@testable import Roost

@Suite("Coming by https")
struct HTTPSPolicyTests {
    private static let made = Result {
        let certificates = try Certificates()
        try certificates.sign("server", subject: "/CN=server", hosts: ["example.org"])
        return certificates
    }

    private let certificates: Certificates

    init() throws {
        certificates = try Self.made.get()
    }

    /// Serves by TLS on the first address and in clear text on the second.
    private func serving(
        _ app: @escaping ASGIFramework, _ configure: @Sendable (inout Config) -> Void, _ body: @escaping @Sendable (ServedApp, TLSConfiguration) throws -> Void
    ) async throws {
        let certificates = certificates
        try await servingByBoth(app, {
            $0.tls = TLSConfig(certificateFile: certificates.path("server.pem"), keyFile: certificates.path("server.key"))
            $0.bind.append(Bind(.tcp(host: "127.0.0.1", port: 0), tls: false))
            $0.forwardedAllowIPs = try! TrustedPeers("unix:,127.0.0.1")
            configure(&$0)
        }) { served in try body(served, .client(of: certificates)) }
    }

    private static let never = httpApp { _, _, _ in Issue.record("the application saw a request that must not run") }

    @Test("what came by http is sent to https before the application sees it")
    func redirect() async throws {
        try await serving(Self.never, { $0.httpsRedirect = true }) { served, _ in
            let client = try RawClient(served.binds[1].endpoint)
            for _ in 0..<2 {
                let response = try client.ask("/a%20b?c=d")
                #expect(response.status == 308 && response["location"] == "https://test/a%20b?c=d" && response.body.isEmpty)
            }
        }
    }

    @Test("what came by https is served, by a trusted proxy's word too")
    func served() async throws {
        try await serving(Apps.hello, { $0.httpsRedirect = true }) { served, configuration in
            let secure = try TLSClient(served.endpoint, configuration)
            #expect(try secure.ask("/").text == "hello")
            let client = try RawClient(served.binds[1].endpoint)
            #expect(try client.ask("/", fields: "x-forwarded-proto: https\r\n").text == "hello")
            #expect(try client.ask("/", fields: "x-forwarded-proto: http\r\n").status == 308)
        }
    }

    @Test("the address that https is served on is named if it is not the usual one")
    func port() async throws {
        let port = try RawClient.freePort()
        try await serving(Self.never, {
            $0.httpsRedirect = true
            $0.bind.insert(.tcp(host: "127.0.0.1", port: port), at: 0)
        }) { served, _ in
            let client = try RawClient(served.binds[2].endpoint)
            #expect(try client.ask("/")["location"] == "https://test:\(port)/")
        }
    }

    @Test("browsers are told to come by https in responses to what did")
    func hsts() async throws {
        let app = httpApp { scope, _, send in
            try await send.answer("hello", headers: scope.rawPath == "/own" ? ["strict-transport-security": "max-age=1"] : [:])
        }
        try await serving(app, { $0.hsts = HSTSPolicy(maxAge: .seconds(3600), includesSubdomains: true) }) { served, configuration in
            let field = "strict-transport-security"
            let secure = try TLSClient(served.endpoint, configuration)
            #expect(try secure.ask("/")[field] == "max-age=3600; includeSubDomains")
            #expect(try secure.ask("/own").fields.filter { $0.name == field }.map(\.value) == ["max-age=1"])
            let client = try RawClient(served.binds[1].endpoint)
            #expect(try client.ask("/")[field] == nil)
            #expect(try client.ask("/", fields: "x-forwarded-proto: https\r\n")[field] == "max-age=3600; includeSubDomains")
        }
    }

    @Test("a redirect takes a certificate")
    func withoutCertificate() async throws {
        var config = Config()
        config.httpsRedirect = true
        #expect(throws: ConfigError.self) { try config.validate() }
    }
}

extension RawClient {
    /// A loopback port that nobody has just now.
    fileprivate static func freePort() throws -> Int {
        let set = try ListenerSet.open([.tcp(host: "127.0.0.1", port: 0)], options: SocketOptions(), activated: nil)
        defer { set.close() }
        return set.listeners[0].address.endpoint.port ?? 0
    }
}
