import Logging
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

@testable import Roost

@Suite("TLS on a connection")
struct TLSServerHandlerTests {
    private let certificates: Certificates

    init() throws {
        certificates = try Self.made.get()
    }

    private static let made = Result {
        let certificates = try Certificates()
        try certificates.sign("first", subject: "/CN=first", hosts: ["example.org", "*.example.net"])
        try certificates.sign("second", subject: "/CN=second", hosts: ["other.test", "exact.example.net"])
        try certificates.sign("client", subject: "/C=DE/O=Acme, Inc./CN=alice")
        return certificates
    }

    private func config(_ names: String...) -> TLSConfig {
        TLSConfig(certificates: names.map { TLSCertificate(certificateFile: certificates.path("\($0).pem"), keyFile: certificates.path("\($0).key")) })
    }

    private func pem(_ name: String) throws -> String { try certificates.read(certificates.path("\(name).pem")) }

    @Test("the scope's extension says what was agreed upon", arguments: [(TLSVersion.tlsv12, 0x0303), (.tlsv13, 0x0304)])
    func session(_ version: TLSVersion, number: Int) throws {
        var client = try TLSConfiguration.client(of: certificates, alpn: ["h2", "http/1.1"])
        client.maximumTLSVersion = version
        client.cipherSuites = "ECDHE-ECDSA-AES128-GCM-SHA256"
        let pair = try TLSPair(TLSContexts(config("first")), client: client)
        let session = try #require(pair.session)
        #expect(session.serverName == "example.org")
        #expect(session.applicationProtocol == "h2")
        #expect(session.scopeExtension.tlsVersion == number)
        let suite = try #require(session.scopeExtension.cipherSuite)
        #expect(version == .tlsv12 ? suite == 0xC02B : [0x1301, 0x1302, 0x1303].contains(suite))
        #expect(session.scopeExtension.serverCertificate == (try pem("first")))
        #expect(session.scopeExtension.clientCertificateChain == [])
        #expect(session.scopeExtension.clientCertificateName == nil)
        pair.send("GET / HTTP/1.1\r\n")
        #expect(pair.received == "GET / HTTP/1.1\r\n")
    }

    @Test("a hello that comes byte by byte is understood")
    func byteByByte() throws {
        let pair = try TLSPair(TLSContexts(config("first", "second")), client: .client(of: certificates), name: "other.test", piece: 1)
        #expect(pair.session?.serverName == "other.test")
        #expect(pair.session?.scopeExtension.serverCertificate == (try pem("second")))
    }

    @Test("the certificate is the one for the name; without one it is the first", arguments: [
        ("example.org", "first"), ("other.test", "second"), ("a.example.net", "first"), ("exact.example.net", "second"), ("OTHER.Test", "second"),
        ("a.b.example.net", "first"), ("b.other.test", "first"), ("unknown.test", "first"), (nil, "first"),
    ])
    func choice(_ name: String?, _ expected: String) throws {
        let pair = try TLSPair(TLSContexts(config("first", "second")), client: .client(of: certificates), name: name)
        #expect(pair.session?.scopeExtension.serverCertificate == (try pem(expected)))
    }

    @Test("the names that the settings give to a certificate count in place of its own")
    func namedBySettings() throws {
        var config = config("first", "second")
        config.certificates[1].serverNames = ["*.example.org", "Named.Test"]
        let contexts = try TLSContexts(config)
        for (name, expected) in [("named.test", "second"), ("www.example.org", "second"), ("other.test", "first"), ("example.org", "first")] {
            let pair = try TLSPair(contexts, client: .client(of: certificates), name: name)
            #expect(pair.session?.scopeExtension.serverCertificate == (try pem(expected)))
        }
    }

    @Test("a client's certificate is asked for, verified and named", arguments: [TLSVerifyMode.optional, .required])
    func clientCertificate(_ mode: TLSVerifyMode) throws {
        var config = config("first")
        config.verifyMode = mode
        config.caCertificates = certificates.authority
        let pair = try TLSPair(TLSContexts(config), client: .client(of: certificates, identity: "client"))
        let tls = try #require(pair.session?.scopeExtension)
        #expect(tls.clientCertificateName == "CN=alice,O=Acme\\, Inc.,C=DE")
        #expect(tls.clientCertificateChain == [try pem("client")])
        #expect(tls.clientCertificateError == nil)
    }

    @Test("the scope has all that a client sends to prove itself")
    func clientChain() throws {
        try certificates.sign("middle", subject: "/CN=Middle", isAuthority: true)
        try certificates.sign("far", subject: "/CN=far", issuer: "middle")
        var config = config("first")
        config.verifyMode = .required
        config.caCertificates = certificates.authority
        let contexts = try TLSContexts(config)
        let tls = try #require(TLSPair(contexts, client: .client(of: certificates, identity: "far")).session?.scopeExtension)
        #expect(tls.clientCertificateName == "CN=far")
        #expect(tls.clientCertificateChain.joined() == (try certificates.read(certificates.path("far.pem"))))
        #expect(tls.clientCertificateChain.count == 2)
        var alone = try TLSConfiguration.client(of: certificates, identity: "far")
        alone.certificateChain.removeLast()
        let refused = try TLSPair(contexts, client: alone)
        #expect(refused.session == nil && refused.handler.clientRefusal == "unable to get local issuer certificate")
    }

    @Test("a client without a certificate is served where it is optional only", arguments: [
        (TLSVerifyMode.none, true), (.optional, true), (.required, false),
    ])
    func noClientCertificate(_ mode: TLSVerifyMode, isServed: Bool) throws {
        var config = config("first")
        config.verifyMode = mode
        config.caCertificates = mode == .none ? nil : certificates.authority
        let pair = try TLSPair(TLSContexts(config), client: .client(of: certificates))
        #expect((pair.session != nil) == isServed)
        if !isServed {
            let reason = TLSRefusal.reason(for: try #require(pair.serverError))
            #expect(reason == "the TLS handshake failed: peer did not return a certificate")
        }
    }

    @Test("a client's certificate of another authority is refused, also where none is needed", arguments: [TLSVerifyMode.optional, .required])
    func strangeCertificate(_ mode: TLSVerifyMode) throws {
        let others = try Certificates()
        try others.sign("client", subject: "/CN=mallory")
        var config = config("first")
        config.verifyMode = mode
        config.caCertificates = certificates.authority
        var client = try TLSConfiguration.client(of: others, identity: "client")
        client.trustRoots = .file(certificates.authority)
        let pair = try TLSPair(TLSContexts(config), client: client)
        #expect(pair.session == nil)
        #expect(TLSRefusal.reason(for: try #require(pair.serverError)) == "the TLS handshake failed: certificate verify failed")
    }

    @Test("a client that only speaks an older version is refused")
    func oldVersion() throws {
        var client = try TLSConfiguration.client(of: certificates)
        client.maximumTLSVersion = .tlsv12
        var config = config("first")
        config.minimumVersion = .v1_3
        let pair = try TLSPair(TLSContexts(config), client: client)
        #expect(pair.session == nil)
        #expect(TLSRefusal.reason(for: try #require(pair.serverError)) == "the TLS handshake failed: unsupported protocol")
    }

    @Test("the protocol is the first of the server's that the client speaks", arguments: [
        (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"), (["spdy/3", "http/1.1"], "http/1.1"), ([], nil),
    ])
    func applicationProtocol(_ offered: [String], _ chosen: String?) throws {
        let pair = try TLSPair(TLSContexts(config("first")), client: .client(of: certificates, alpn: offered))
        #expect(try #require(pair.session).applicationProtocol == chosen)
    }

    @Test("a client that speaks none of the protocols gets the alert for that")
    func noCommonProtocol() throws {
        let pair = try TLSPair(TLSContexts(config("first")), client: .client(of: certificates, alpn: ["spdy/3"]))
        #expect(pair.session == nil)
        #expect(pair.serverError as? TLSRefusal == .noCommonProtocol)
        #expect(pair.clientError.map { TLSRefusal.reason(for: $0) } == "the TLS handshake failed: tlsv1 alert no application protocol")
    }

    @Test("a request in clear text is answered in clear text", arguments: ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
    func clearText(_ request: String) throws {
        let server = EmbeddedChannel()
        try server.pipeline.syncOperations.addHandler(TLSContexts(config("first")).makeHandler())
        try server.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
        #expect(throws: TLSRefusal.clearText) { try server.writeInbound(ByteBuffer(string: request)) }
        let answer = try #require(try server.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: answer).hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        // Whatever follows is for nobody.
        try server.writeInbound(ByteBuffer(string: request))
        #expect(try server.readOutbound(as: ByteBuffer.self) == nil)
        _ = try server.finish(acceptAlreadyClosed: true)
    }

    @Test("what is no hello is refused by an alert or nothing at all", arguments: [
        [0x16, 3, 1, 0, 4, 1, 0, 0, 0], [0x16, 3, 1, 0, 5, 2, 0, 0, 1, 0], [0x16, 3, 1, 0xFF, 0xFF], [0, 0, 0, 0, 0, 0], [0x15, 3, 3, 0, 2, 2, 40],
    ] as [[UInt8]])
    func noHello(_ bytes: [UInt8]) throws {
        let server = EmbeddedChannel()
        try server.pipeline.syncOperations.addHandler(TLSContexts(config("first")).makeHandler())
        try server.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443)).wait()
        #expect(throws: (any Error).self) { try server.writeInbound(ByteBuffer(bytes: bytes)) }
    }

    @Test("certificates that are read anew are for new connections; those under way go on")
    func reload() throws {
        let own = try Certificates()
        try own.sign("site", subject: "/CN=old", hosts: ["example.org"])
        let config = TLSConfig(certificateFile: own.path("site.pem"), keyFile: own.path("site.key"))
        let contexts = try TLSContexts(config)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let before = try TLSPair(contexts, client: .client(of: own))

        try own.sign("site", subject: "/CN=new", hosts: ["example.org"])
        try contexts.reload(logger: logger)
        let after = try TLSPair(contexts, client: .client(of: own))
        #expect(after.session?.scopeExtension.serverCertificate == (try own.read(own.path("site.pem"))))
        #expect(before.session?.scopeExtension.serverCertificate != after.session?.scopeExtension.serverCertificate)
        before.send("still here")
        #expect(before.received == "still here")

        try own.write("nothing", to: "site.key")
        let error = try #require(throws: ConfigError.self) { try contexts.reload(logger: logger) }
        #expect(error.key == "keyfile")
        let afterFailure = try TLSPair(contexts, client: .client(of: own))
        #expect(afterFailure.session?.scopeExtension.serverCertificate == after.session?.scopeExtension.serverCertificate)
    }
}
