import Roost
import Testing

@testable import RoostHost

@Suite("Settings of TLS")
struct TLSSettingsTests {
    private func resolve(_ text: String) throws -> ResolvedSettings {
        try SettingLayers.resolve(.command, flags: [GivenFlag(key: "config", value: .text("t.toml"))], environment: [:]) { name throws(SettingError) in
            try ConfigurationFile(parsing: text, file: name)
        }
    }

    private func refusal(_ text: String) throws -> String {
        try #require(throws: SettingError.self) { try resolve(text).tlsConfig() }.description
    }

    @Test("without a certificate there is no TLS, whatever else is set")
    func none() throws {
        #expect(try resolve("ciphers = 'ECDHE+AESGCM'\nssl_handshake_timeout = 60\ninsecure_bind = []\nverify_mode = 'CERT_NONE'").tlsConfig() == nil)
    }

    @Test("Hypercorn's keys say what they say there")
    func hypercorn() throws {
        let settings = try resolve("""
            bind = "0.0.0.0:443"
            insecure_bind = ["0.0.0.0:80", "unix:/run/a.sock"]
            certfile = "/a.pem"
            keyfile = "/a.key"
            keyfile_password = "sesame"
            ca_certs = "/ca.pem"
            verify_mode = 2
            ciphers = "ECDHE+AESGCM"
            alpn_protocols = ["http/1.1"]
            ssl_handshake_timeout = 5
            """)
        var config = settings.values.serve
        try settings.addTLS(to: &config)
        #expect(config.bind == [
            .tcp(host: "0.0.0.0", port: 443), Bind(.tcp(host: "0.0.0.0", port: 80), tls: false), Bind(.unix(path: "/run/a.sock"), tls: false),
        ])
        #expect(config.bind.map(config.speaksTLS) == [true, false, false])
        let tls = try #require(config.tls)
        #expect(tls.certificates == [TLSCertificate(certificateFile: "/a.pem", keyFile: "/a.key", keyPassword: .text("sesame"))])
        #expect(tls.caCertificates == "/ca.pem" && tls.verifyMode == .required && tls.ciphers == "ECDHE+AESGCM")
        #expect(tls.alpnProtocols == [.http1] && tls.handshakeTimeout == .seconds(5) && tls.minimumVersion == .v1_2)
    }

    @Test("what browsers are told of https takes effect with hsts alone")
    func hsts() throws {
        var config = Config()
        try resolve("hsts = '365d'\nhsts_include_subdomains = true\nhsts_preload = true").addTLS(to: &config)
        #expect(config.hsts == HSTSPolicy(maxAge: .seconds(31_536_000), includesSubdomains: true, preload: true))
        try resolve("").addTLS(to: &config)
        #expect(config.hsts == nil)
        let error = try #require(throws: SettingError.self) { try resolve("hsts_preload = true").addTLS(to: &config) }
        #expect(error.description.contains("hsts, which is off"))
        try resolve("hsts = 'off'\nhsts_include_subdomains = false\nhsts_preload = false").addTLS(to: &config)
    }

    @Test("a redirect to https takes a certificate")
    func redirect() throws {
        let settings = try resolve("https_redirect = true")
        var config = settings.values.serve
        let error = try #require(throws: SettingError.self) { try settings.addTLS(to: &config) }
        #expect(error.description.contains("https_redirect") && error.description.contains("certfile"))
    }

    @Test("several certificates stand in tables, behind that of certfile")
    func certificates() throws {
        let tls = try #require(try resolve("""
            certfile = "/a.pem"
            [[certificate]]
            certfile = "/b.pem"
            keyfile = "/b.key"
            server_names = ["b.test", "*.b.test"]
            [[certificate]]
            certfile = "/c.pem"
            """).tlsConfig())
        #expect(tls.certificates == [
            TLSCertificate(certificateFile: "/a.pem"),
            TLSCertificate(certificateFile: "/b.pem", keyFile: "/b.key", serverNames: ["b.test", "*.b.test"]),
            TLSCertificate(certificateFile: "/c.pem"),
        ])
    }

    @Test("what does not fit together is refused, with the way out", arguments: [
        ("keyfile = '/a.key'", "t.toml:1:1: keyfile = \"/a.key\": there is no certificate for it: set certfile too"),
        ("insecure_bind = ':80'", "t.toml:1:1: insecure_bind = \":80\": without a certificate every address is served in clear text: put it into bind"),
        ("verify_mode = 'required'\nca_certs = '/ca.pem'", "t.toml:1:1: verify_mode = \"required\": without a certificate of the server's own no client is asked"),
        ("verify_mode = 1", "t.toml:1:1: verify_mode = \"optional\": without a certificate"),
        ("ca_certs = '/ca.pem'", "t.toml:1:1: ca_certs = \"/ca.pem\": without a certificate"),
        ("certfile = 'credential:a'", "t.toml:1:1: certfile = \"credential:a\": CREDENTIALS_DIRECTORY is not set"),
        ("verify_mode = 'maybe'", "expected none, optional or required"),
        ("tls_min_version = '1.1'", "expected 1.2 or 1.3"),
        ("alpn_protocols = ['h3']", "expected h2 or http/1.1"),
        ("ciphers = 'AESGMC'", "AESGMC"),
        ("certificate = [{ keyfile = '/a' }]", "expected a certfile in it"),
        ("certificate = [{ certfile = '/a', key = '/a' }]", "unknown key; there are certfile"),
    ])
    func refused(_ text: String, _ expected: String) throws {
        #expect(try refusal(text).contains(expected))
    }

    @Test("the password is in no listing and no error, but a credential's name is")
    func secret() throws {
        #expect(!ConfigurationListing.text(try resolve("certfile = '/a'\nkeyfile_password = 'sesame'"), .command).contains("sesame"))
        #expect(!ConfigurationListing.text(try resolve("[[certificate]]\ncertfile = '/a'\nkeyfile_password = 'sesame'"), .command).contains("sesame"))
        #expect(ConfigurationListing.text(try resolve("keyfile_password = 'credential:a'"), .command).contains("keyfile_password = \"credential:a\""))
        #expect(!(try refusal("keyfile_password = ['sesame']")).contains("sesame"))
        #expect(!"\(try resolve("keyfile_password = 'sesame'").values)".contains("sesame"))
    }
}
