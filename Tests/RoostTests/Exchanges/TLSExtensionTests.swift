import ProxyProtocol
import Testing

@testable import Roost

@Suite("The tls extension from a PROXY header")
struct TLSExtensionTests {
    private let certificateFlags: ProxySSL.Client = [.ssl, .certificateOnConnection]

    @Test("is absent when the client did not use TLS", arguments: [ProxySSL.Client(), [.certificateOnConnection], [.certificateInSession]])
    func clearText(_ client: ProxySSL.Client) {
        #expect(TLSExtension(ProxySSL(client: client, verify: 0, tlvs: [ProxyTLV(.sslVersion, "TLSv1.3")])) == nil)
    }

    @Test("has version and cipher as the protocol's numbers, and nothing of a client without certificate")
    func withoutCertificate() {
        let ssl = ProxySSL(client: .ssl, verify: 0, tlvs: [ProxyTLV(.sslVersion, "TLSv1.3"), ProxyTLV(.sslCipher, "TLS_AES_256_GCM_SHA384")])
        #expect(TLSExtension(ssl) == TLSExtension(tlsVersion: 0x0304, cipherSuite: 0x1302))
    }

    @Test("knows the versions by OpenSSL's names", arguments: [
        ("TLSv1", 0x0301), ("TLSv1.0", 0x0301), ("TLSv1.1", 0x0302), ("TLSv1.2", 0x0303), ("TLSv1.3", 0x0304),
        ("SSLv3", nil), ("TLSv2", nil), ("", nil), ("tlsv1.3", nil),
    ])
    func versions(_ name: String, _ number: Int?) {
        #expect(TLSExtension(ProxySSL(client: .ssl, verify: 0, tlvs: [ProxyTLV(.sslVersion, name)]))?.tlsVersion == number)
    }

    @Test("knows the cipher suites by OpenSSL's names and the registered ones", arguments: [
        ("TLS_AES_128_GCM_SHA256", 0x1301), ("TLS_CHACHA20_POLY1305_SHA256", 0x1303), ("ECDHE-RSA-AES128-GCM-SHA256", 0xC02F),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC02F), ("ECDHE-ECDSA-CHACHA20-POLY1305", 0xCCA9), ("AES128-SHA", 0x002F), ("DHE-RSA-AES256-SHA256", 0x006B),
        ("NULL-MD5", nil), ("", nil), ("ecdhe-rsa-aes128-gcm-sha256", nil),
    ])
    func ciphers(_ name: String, _ number: Int?) {
        #expect(TLSExtension(ProxySSL(client: .ssl, verify: 0, tlvs: [ProxyTLV(.sslCipher, name)]))?.cipherSuite == number)
    }

    @Test("names the subject of a verified certificate and shows the certificate", arguments: [
        ProxySSL.Client.certificateOnConnection, .certificateInSession, [.certificateOnConnection, .certificateInSession],
    ])
    func verified(_ client: ProxySSL.Client) {
        let ssl = ProxySSL(client: client.union(.ssl), verify: 0, tlvs: [ProxyTLV(.sslCommonName, "alice"), ProxyTLV(.sslClientCertificate, [0x30, 0x03, 0x02, 0x01, 0x00])])
        let tls = TLSExtension(ssl)
        #expect(tls?.clientCertificateName == "CN=alice")
        #expect(tls?.clientCertificateError == nil)
        #expect(tls?.clientCertificateChain == ["-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n"])
        #expect(tls?.serverCertificate == nil)
    }

    @Test("says why a certificate was not accepted, and does not give its name")
    func unverified() {
        let ssl = ProxySSL(client: certificateFlags, verify: 18, tlvs: [ProxyTLV(.sslCommonName, "mallory"), ProxyTLV(.sslClientCertificate, [1])])
        let tls = TLSExtension(ssl)
        #expect(tls?.clientCertificateName == nil)
        #expect(tls?.clientCertificateError == "the client's certificate was not verified: the proxy's verification result is 18")
        #expect(tls?.clientCertificateChain.count == 1)
    }

    @Test("believes no name and no certificate that came without the flag for one", arguments: [UInt32(0), 1, .max])
    func nameWithoutCertificate(_ verify: UInt32) {
        let ssl = ProxySSL(client: .ssl, verify: verify, tlvs: [ProxyTLV(.sslCommonName, "mallory"), ProxyTLV(.sslClientCertificate, [1])])
        #expect(TLSExtension(ssl) == TLSExtension())
    }

    @Test("escapes the common name, so that it can't pretend to be more than one attribute", arguments: [
        ("alice", "CN=alice"), ("a,O=Root", "CN=a\\,O=Root"), ("a+UID=0", "CN=a\\+UID=0"), (#"a"b\c<d>e;f"#, #"CN=a\"b\\c\<d\>e\;f"#),
        (" a b ", "CN=\\ a b\\ "), (" ", "CN=\\ "), ("#a#", "CN=\\#a#"), ("a\0b", "CN=a\\00b"), ("a\nb\u{7F}", "CN=a\\0Ab\\7F"),
        ("a\u{85}", "CN=a\\C2\\85"), ("Zoë", "CN=Zoë"), ("a=b", "CN=a=b"),
    ])
    func escaping(_ name: String, _ shown: String) {
        #expect(TLSExtension(ProxySSL(client: certificateFlags, verify: 0, tlvs: [ProxyTLV(.sslCommonName, name)]))?.clientCertificateName == shown)
    }

    @Test("gives no name for a common name that is empty or no text", arguments: [[], [0xFF], [0xC3]] as [[UInt8]])
    func noName(_ bytes: [UInt8]) {
        let tls = TLSExtension(ProxySSL(client: certificateFlags, verify: 0, tlvs: [ProxyTLV(.sslCommonName, bytes)]))
        #expect(tls == TLSExtension())
    }
}

@Suite("PEM")
struct PEMTests {
    @Test("pads what is no multiple of three bytes", arguments: [
        ("", ""), ("f", "Zg==\n"), ("fo", "Zm8=\n"), ("foo", "Zm9v\n"), ("foob", "Zm9vYg==\n"), ("fooba", "Zm9vYmE=\n"), ("foobar", "Zm9vYmFy\n"),
    ])
    func padding(_ text: String, _ base64: String) {
        #expect(PEM.certificate(Array(text.utf8)) == "-----BEGIN CERTIFICATE-----\n\(base64)-----END CERTIFICATE-----\n")
    }

    @Test("has lines of 64 characters, the last one shorter", arguments: [(47, [64]), (48, [64]), (49, [64, 4]), (96, [64, 64]), (1000, Array(repeating: 64, count: 20) + [56])])
    func lines(_ count: Int, _ lengths: [Int]) {
        let lines = PEM.certificate(Array(repeating: 0xFB, count: count)).split(separator: "\n").dropFirst().dropLast()
        #expect(lines.map(\.count) == lengths)
        #expect(lines.first?.hasPrefix("+/v7") == true)
    }
}
