import ProxyProtocol
import Testing

@Suite("What a proxy says about TLS")
struct SSLTests {
    private func read(_ value: [UInt8]) -> ProxySSL? { parse(binary(0x21, 0x11, ipv4Block + tlv(0x20, value))).header?.ssl }

    @Test("is flags, a verification result and inner TLVs")
    func fields() throws {
        let texts: [(UInt8, String)] = [
            (0x21, "TLSv1.2"), (0x22, "J\u{F6}rg"), (0x23, "ECDHE"), (0x24, "SHA256"), (0x25, "RSA2048"), (0x26, "x25519"), (0x27, "rsa_pss_rsae_sha256"),
        ]
        let inner = texts.flatMap { tlv($0, Array($1.utf8)) } + tlv(0x28, [0x30, 0x03]) + tlv(0x04, []) + tlv(0xE1, [5])
        let ssl = try #require(read([0x05, 0x01, 0x02, 0x03, 0x04] + inner))
        #expect(ssl.client == [.ssl, .certificateInSession])
        #expect(ssl.verify == 0x0102_0304)
        #expect(ssl.version == "TLSv1.2")
        #expect(ssl.commonName == "J\u{F6}rg")
        #expect(ssl.cipher == "ECDHE")
        #expect(ssl.signatureAlgorithm == "SHA256")
        #expect(ssl.keyAlgorithm == "RSA2048")
        #expect(ssl.group == "x25519")
        #expect(ssl.signatureScheme == "rsa_pss_rsae_sha256")
        #expect(ssl.clientCertificate == [0x30, 0x03])
        #expect(ssl.tlvs.count == 10)
        #expect(try ssl.tlv().value == [0x05, 0x01, 0x02, 0x03, 0x04] + inner)
    }

    @Test("has none of what no TLV tells, and no text that is in another encoding")
    func absent() throws {
        let ssl = try #require(read([0, 0, 0, 0, 1] + tlv(0x22, [0xE4]) + tlv(0x21, [0xC3, 0xA4])))
        #expect(ssl.client == [])
        #expect(ssl.version == nil)
        #expect(ssl.commonName == nil)
        #expect(ssl.cipher == nil)
        #expect(ssl.clientCertificate == nil)
    }

    @Test("counts a certificate as verified only if there was one", arguments: [(0x01, 0, false), (0x03, 0, true), (0x05, 0, true), (0x07, 1, false), (0x02, 0, true), (0xF9, 0, false)] as [(UInt8, UInt8, Bool)])
    func verified(_ client: UInt8, _ verify: UInt8, _ expected: Bool) {
        #expect(read([client, 0, 0, 0, verify])?.isCertificateVerified == expected)
    }

    @Test("makes the header malformed if it is too short or its inner TLVs don't fill it")
    func malformed() {
        for value in [
            [], [1], [1, 0, 0, 0], [1, 0, 0, 0, 0, 0x21], [1, 0, 0, 0, 0, 0x21, 0], [1, 0, 0, 0, 0, 0x21, 0, 1], [1, 0, 0, 0, 0, 0x21, 0, 0, 0], [1, 0, 0, 0, 0, 0x21, 0xFF, 0xFF, 1],
        ] as [[UInt8]] {
            let outcome = parse(binary(0x21, 0x11, ipv4Block + tlv(0x20, value)))
            #expect(outcome.error?.offset == 28, "\(value)")
        }
    }

    @Test("is looked into only one level deep, however deeply it is nested")
    func nesting() {
        var value: [UInt8] = []
        while value.count < 65_000 { value = [1, 0, 0, 0, 0] + tlv(0x20, value) }
        let outcome = parse(binary(0x21, 0x11, ipv4Block + tlv(0x20, value)), maximumLength: .max)
        #expect(outcome.header?.ssl?.tlvs.count == 1)
    }

    @Test("can't be encoded with an inner TLV that is too long")
    func tooLong() {
        #expect(throws: UnencodableProxyHeader.self) { try ProxySSL(client: .ssl, verify: 0, tlvs: [ProxyTLV(.sslClientCertificate, Array(repeating: 0, count: 65536))]).tlv() }
    }
}
