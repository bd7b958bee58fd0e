import NIOSSL
import Testing

@testable import Roost

@Suite("Lists of cipher suites")
struct CipherListTests {
    @Test("OpenSSL's words mean what they mean there", arguments: [
        ("ECDHE-RSA-AES128-GCM-SHA256", ["ECDHE-RSA-AES128-GCM-SHA256"]),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ["ECDHE-RSA-AES128-GCM-SHA256"]),
        ("ECDHE+AESGCM+aRSA", ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]),
        ("kRSA+AES256:-SHA", ["AES256-GCM-SHA384"]),
        ("CHACHA20,AES128+aECDSA+ECDHE+AESGCM", [
            "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256",
        ]),
        ("ECDHE+AESGCM:!aRSA:!ECDSA+AES256:ALL:!SHA:!kRSA:!CHACHA20", ["ECDHE-ECDSA-AES128-GCM-SHA256"]),
        ("AES128-SHA:AES256-SHA:@STRENGTH", ["AES256-SHA", "AES128-SHA"]),
        ("AES128-SHA AES256-SHA:+AES128", ["AES256-SHA", "AES128-SHA"]),
        ("DHE+AESGCM:AES128-SHA:DHE-RSA-AES256-SHA:!aNULL:!MD5:!DSS", ["AES128-SHA"]),
    ])
    func words(_ text: String, _ names: [String]) throws {
        #expect(try CipherList(text).names == names)
    }

    @Test("the default is what HTTP/2 may be spoken with, and nothing else")
    func defaults() throws {
        let names = try CipherList(TLSConfig.defaultCiphers).names
        #expect(names.count == 6)
        #expect(names.allSatisfy { $0.hasPrefix("ECDHE") && ($0.contains("GCM") || $0.contains("CHACHA20")) })
    }

    @Test("what leaves none, or is no word, is refused", arguments: [
        ("", "no cipher suite is left that BoringSSL has, such as ECDHE+AESGCM"),
        ("ALL:!ALL", "no cipher suite is left that BoringSSL has, such as ECDHE+AESGCM"),
        ("RC4", "no cipher suite is left that BoringSSL has, such as ECDHE+AESGCM"),
        ("ECDHE+AESGMC", "\"AESGMC\" is no cipher suite, nor a word for some such as ECDHE, AESGCM or CHACHA20"),
        ("ECDHE+", "\"\" is no cipher suite, nor a word for some such as ECDHE, AESGCM or CHACHA20"),
        ("@SECLEVEL=2:ALL", "@SECLEVEL=2 is not supported; list the suites themselves"),
    ])
    func refused(_ text: String, _ description: String) throws {
        let error = try #require(throws: CipherListError.self) { try CipherList(text) }
        #expect(error.description == description)
    }

    @Test("BoringSSL has every suite that a list can hold")
    func known() throws {
        for name in try CipherList("ALL").names {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates([])
            configuration.cipherSuites = name
            // It ends the process over a name that it does not know.
            _ = try NIOSSLContext(configuration: configuration)
        }
    }
}
