import Testing

@testable import Roost

@Suite("Files of certificates and keys")
struct TLSLoaderTests {
    private let files: Certificates

    init() throws {
        files = try Certificates()
        try files.sign("site", subject: "/CN=site", hosts: ["example.org"])
    }

    private func config(certificate: String = "site.pem", key: String? = "site.key", password: TLSPassword? = nil) -> TLSConfig {
        TLSConfig(certificateFile: files.path(certificate), keyFile: key.map(files.path), keyPassword: password)
    }

    private func error(_ config: TLSConfig) throws -> ConfigError { try #require(throws: ConfigError.self) { try TLSLoader(config).check() } }

    private func read(_ name: String) throws -> String { try files.read(files.path(name)) }

    @Test("what is right is loaded without a word")
    func sound() throws {
        let (certificates, warnings) = try TLSLoader(config()).check()
        #expect(warnings == [])
        let facts = try #require(certificates.first)
        #expect(certificates.count == 1)
        #expect(facts.names == ["example.org"])
        #expect(facts.subject == "CN=site")
        #expect(facts.notAfter - facts.notBefore == 90 * 86400)
    }

    @Test("certificate and key may stand in one file")
    func oneFile() throws {
        try files.write(read("site.key") + read("site.pem"), to: "both.pem")
        #expect(try TLSLoader(config(certificate: "both.pem", key: nil)).check().certificates.count == 1)
    }

    @Test("a file that is missing, or a directory, is named")
    func missing() throws {
        #expect(try error(config(certificate: "none.pem")).description == "certfile = \(files.path("none.pem")): there is no such file")
        #expect(try error(config(key: "none.key")).description == "keyfile = \(files.path("none.key")): there is no such file")
        #expect(try error(config(certificate: ".")).reason == "it is a directory, and a file is needed")
    }

    @Test("a file of something else is said to be one", arguments: [
        ("", "there is no certificate in it; a PEM file begins with -----BEGIN CERTIFICATE-----"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate in it can't be read: its PEM is damaged"),
        ("-----BEGIN PRIVATE KEY-----\n", "there is no certificate in it; it holds a private key: name it in keyfile"),
        ("0\u{1}\u{2}", "there is no certificate in it; it seems to be in DER: openssl x509 -inform der turns it into PEM"),
    ])
    func noCertificate(_ content: String, _ reason: String) throws {
        try files.write(content, to: "bad.pem")
        let error = try error(config(certificate: "bad.pem"))
        #expect(error.key == "certfile")
        #expect(error.reason == reason)
    }

    @Test("a key file without a key, or with a damaged one, is refused", arguments: [
        ("", "there is no private key in it; a PEM file with one begins with -----BEGIN PRIVATE KEY-----"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "the key can't be read: its PEM is damaged"),
    ])
    func noKey(_ content: String, _ reason: String) throws {
        try files.write(content, to: "bad.key")
        let error = try error(config(key: "bad.key"))
        #expect(error.key == "keyfile")
        #expect(error.reason == reason)
    }

    @Test("a certificate file without a key asks for the key's file")
    func keyNotNamed() throws {
        #expect(try error(config(key: nil)).reason == "there is no private key in it; name the file of its key in keyfile")
    }

    @Test("the key of another certificate is refused")
    func mismatch() throws {
        try files.sign("other", subject: "/CN=other", hosts: ["other.test"])
        let error = try error(config(key: "other.key"))
        #expect(error.key == "keyfile")
        #expect(error.reason == "the key in it is not the one of the certificate for CN=site in \(files.path("site.pem"))")
    }

    @Test("a chain that begins with the authority is refused, and the order explained")
    func order() throws {
        try files.write(read("authority.pem") + read("site.pem"), to: "chain.pem")
        let error = try error(config(certificate: "chain.pem"))
        #expect(error.reason == "the key is for certificate 2 in it, CN=site: put that first, then the one that issued it, and so on")
    }

    @Test("a chain with a stranger in it is warned of")
    func brokenChain() throws {
        try files.sign("other", subject: "/CN=other", hosts: ["other.test"])
        try files.write(read("site.pem") + read("other.pem"), to: "chain.pem")
        let warnings = try TLSLoader(config(certificate: "chain.pem")).check().warnings
        #expect(warnings == ["certfile \(files.path("chain.pem")): the chain is broken: after CN=site there should be CN=Test Authority, but there is CN=other"])
        try files.write(read("site.pem") + read("authority.pem"), to: "chain.pem")
        #expect(try TLSLoader(config(certificate: "chain.pem")).check().warnings == [])
    }

    @Test("a certificate that ends soon, has ended or has not begun is warned of")
    func validity() throws {
        let facts = try #require(try TLSLoader(config()).check().certificates.first)
        func warnings(_ now: Int) throws -> [String] { try TLSLoader(config(), now: now).check().warnings }
        let what = "certfile \(files.path("site.pem")): the certificate for CN=site"
        #expect(try warnings(facts.notAfter - 15 * 86400) == [])
        #expect(try warnings(facts.notAfter - 10 * 86400) == ["\(what) expires in 10 days"])
        #expect(try warnings(facts.notAfter - 5 * 3600) == ["\(what) expires in 5 hours"])
        #expect(try warnings(facts.notAfter + 3 * 86400) == ["\(what) has expired 3 days ago"])
        #expect(try warnings(facts.notBefore - 3600) == ["\(what) is not valid yet, but in 60 minutes"])
    }

    @Test("a key that everybody can read is warned of")
    func mode() throws {
        try files.write(read("site.key"), to: "open.key", mode: 0o644)
        let path = files.path("open.key")
        #expect(try TLSLoader(config(key: "open.key")).check().warnings == ["keyfile \(path): everybody may read or change the key: chmod o= \(path)"])
    }

    @Test("an encrypted key needs its password, as text or in a file", arguments: [["pkcs8", "-topk8", "-v2", "aes256"], ["ec", "-aes256"]])
    func password(_ command: [String]) throws {
        try files.openssl(command + ["-in", files.path("site.key"), "-out", files.path("locked.key"), "-passout", "pass:open sesame"])
        #expect(try error(config(key: "locked.key")).reason == "the key is encrypted: set keyfile_password, or name it as credential:NAME there")
        #expect(
            try error(config(key: "locked.key", password: .text("wrong"))).reason
                == "the key can't be decrypted: keyfile_password is not its password, or its PEM is damaged")
        #expect(try TLSLoader(config(key: "locked.key", password: .text("open sesame"))).check().warnings == [])
        let file = try files.write("open sesame\n", to: "password")
        #expect(try TLSLoader(config(key: "locked.key", password: .file(file))).check().warnings == [])
    }

    @Test("a password that NIOSSL can't take is refused and not shown", arguments: ["sésame", String(repeating: "a", count: 1024)])
    func impossiblePassword(_ password: String) throws {
        let error = try error(config(password: .text(password)))
        #expect(error.key == "keyfile_password")
        #expect(!error.description.contains(password))
        #expect(!"\(TLSPassword.text(password))".contains(password))
        #expect(!String(reflecting: config(password: .text(password))).contains(password))
    }

    @Test("two certificates for one name are warned of")
    func nameTwice() throws {
        try files.sign("again", subject: "/CN=again", hosts: ["example.org"])
        var config = config()
        config.certificates.append(TLSCertificate(certificateFile: files.path("again.pem"), keyFile: files.path("again.key")))
        #expect(
            try TLSLoader(config).check().warnings == [
                "certfile \(files.path("again.pem")): clients that ask for example.org get the certificate in \(files.path("site.pem")), which stands before it"
            ])
    }

    @Test("a name that is none is refused", arguments: ["", "a..b", "*", "*.*.a", "https://a", "a b", "a:443"])
    func badName(_ name: String) throws {
        var config = config()
        config.certificates[0].serverNames = [name]
        #expect(try error(config).key == "server_names")
    }

    @Test("without a file of authorities, or with a bad one, clients can't be verified")
    func authorities() throws {
        var config = config()
        config.verifyMode = .required
        config.caCertificates = files.path("site.key")
        #expect(try error(config).key == "ca_certs")
        config.caCertificates = nil
        var whole = Config()
        whole.tls = config
        #expect(try #require(throws: ConfigError.self) { try whole.validate() }.key == "verify_mode")
    }

    @Test("keys of other kinds are taken", arguments: [["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"], ["ed25519"]])
    func algorithms(_ algorithm: [String]) throws {
        try files.sign("kind", subject: "/CN=kind", hosts: ["example.org"], algorithm: algorithm)
        #expect(try TLSLoader(config(certificate: "kind.pem", key: "kind.key")).check().certificates.count == 1)
    }
}
