import ProxyProtocol
import Testing

@Suite("The TLVs of a header")
struct TLVTests {
    private func tlvs(_ bytes: [UInt8]) -> [ProxyTLV]? { parse(binary(0x21, 0x11, ipv4Block + bytes)).header?.tlvs }

    @Test("are kept in their order, with types that are unknown, of vendors or there twice")
    func order() {
        let list = [ProxyTLV(.init(rawValue: 0xEA), [1, 2]), ProxyTLV(.alpn, "h2"), ProxyTLV(.init(rawValue: 0x00), []), ProxyTLV(.alpn, "http/1.1"), ProxyTLV(.init(rawValue: 0xFF), [3])]
        #expect(tlvs(list.flatMap { tlv($0.kind.rawValue, $0.value) }) == list)
    }

    @Test("of every type may be empty, but for the checksum and SSL; padding is left out")
    func empty() {
        for type in UInt8.min...UInt8.max {
            switch type {
            case 0x03, 0x20: #expect(tlvs(tlv(type, [])) == nil)
            case 0x04: #expect(tlvs(tlv(type, [])) == [])
            default: #expect(tlvs(tlv(type, [])) == [ProxyTLV(.init(rawValue: type), [])])
            }
        }
    }

    @Test("must fill the header to its end")
    func framing() {
        for cut in [1, 2] { #expect(tlvs(Array(tlv(0xE0, [1]).prefix(cut))) == nil) }
        #expect(tlvs(tlv(0xE0, [1], length: 0)) == nil)
        #expect(tlvs(tlv(0xE0, [1], length: 2)) == nil)
        #expect(tlvs(tlv(0xE0, [], length: 65535)) == nil)
        #expect(tlvs(tlv(0xE0, [1]) + tlv(0xE0, [1], length: 2)) == nil)
        #expect(tlvs(tlv(0xE0, [1]) + tlv(0xE0, [1])) != nil)
        #expect(tlvs(tlv(0x04, [], length: 1)) == nil)
    }

    @Test("say what the registered types mean")
    func accessors() throws {
        let header = try #require(
            parse(
                binary(
                    0x21, 0x11,
                    ipv4Block + tlv(0x01, Array("h2".utf8)) + tlv(0x02, Array("ex\u{E4}mple".utf8)) + tlv(0x04, [0, 0]) + tlv(0x05, [0, 0xFF]) + tlv(0x30, Array("blue".utf8))
                        + tlv(0x02, [0x78]))
            ).header)
        #expect(header.alpn == Array("h2".utf8))
        #expect(header.authority == "ex\u{E4}mple")
        #expect(header.uniqueID == [0, 0xFF])
        #expect(header.networkNamespace == "blue")
        #expect(header.checksum == nil)
        #expect(header.ssl == nil)
        #expect(header.tlvs.count == 5)
    }

    @Test("with text in another encoding are kept, but give no text")
    func text() throws {
        let header = try #require(parse(binary(0x21, 0x11, ipv4Block + tlv(0x02, [0xFF]) + tlv(0x30, [0xC3, 0xA9]))).header)
        #expect(header.authority == nil)
        #expect(header.networkNamespace == nil)
        #expect(header.tlvs == [ProxyTLV(.authority, [0xFF]), ProxyTLV(.networkNamespace, [0xC3, 0xA9])])
    }

    @Test("may hold a unique id of up to 128 bytes")
    func uniqueID() {
        #expect(tlvs(tlv(0x05, Array(repeating: 1, count: 128))) != nil)
        #expect(tlvs(tlv(0x05, Array(repeating: 1, count: 129))) == nil)
    }

    @Test("of vendors and experiments are told apart")
    func ranges() {
        for type in UInt8.min...UInt8.max {
            let kind = ProxyTLV.Kind(rawValue: type)
            #expect(kind.isCustom == (type >> 4 == 0xE))
            #expect(kind.isExperimental == (type >> 3 == 0x1E))
        }
    }

    @Test("are kept with LOCAL and without addresses, if they can be found")
    func withoutAddresses() {
        let list = tlv(0x05, [1]) + tlv(0x04, [])
        let found = [ProxyTLV(.uniqueID, [1])]
        for (command, family) in [(0x20, 0x00), (0x21, 0x00), (0x21, 0x01), (0x20, 0x02)] as [(UInt8, UInt8)] {
            #expect(parse(binary(command, family, list)).header?.tlvs == found)
        }
        #expect(parse(binary(0x20, 0x11, list)).header?.tlvs == found)
        #expect(parse(binary(0x20, 0x11, ipv4Block + list)).header?.tlvs == found)
        #expect(parse(binary(0x20, 0x22, Array(repeating: 9, count: 36) + list)).header?.tlvs == found)
        #expect(parse(binary(0x20, 0x31, Array(repeating: 9, count: 216) + list)).header?.tlvs == found)
    }

    @Test("are none with LOCAL and without addresses, if what is there is something else")
    func noTLVs() {
        for (command, family, payload) in [
            (0x20, 0x00, ipv4Block), (0x21, 0x00, ipv4Block), (0x21, 0x10, tlv(0x05, [1])), (0x20, 0x77, tlv(0x05, [1])), (0x20, 0x11, ipv4Block + [1]),
            (0x20, 0x00, tlv(0x05, [1]) + tlv(0x03, [1])), (0x21, 0x00, tlv(0x05, Array(repeating: 1, count: 129))),
        ] as [(UInt8, UInt8, [UInt8])] {
            let outcome = parse(binary(command, family, payload))
            #expect(outcome.header?.tlvs == [], "\(outcome)")
            #expect(outcome.length == 16 + payload.count)
        }
    }

    @Test("of HAProxy, every one that it knows, are read")
    func haproxy() throws {
        let outcome = parse(captured)
        let header = try #require(outcome.header)
        #expect(outcome.length == captured.count)
        #expect(header.addresses.source?.description == "127.0.0.1:60828")
        #expect(header.checksum == 0xFF7A_2801)
        #expect(header.alpn == Array("h2".utf8))
        #expect(header.authority == "server.example")
        #expect(header.uniqueID == Array("7F000001:ED9C_6B03E4AA".utf8))
        let ssl = try #require(header.ssl)
        #expect(ssl.client == [.ssl, .certificateOnConnection, .certificateInSession])
        #expect(ssl.isCertificateVerified)
        #expect(ssl.version == "TLSv1.3")
        #expect(ssl.commonName == "Zo\u{EB} Client")
        #expect(ssl.cipher == "TLS_AES_256_GCM_SHA384")
        #expect(ssl.signatureAlgorithm == "RSA-SHA256")
        #expect(ssl.keyAlgorithm == "RSA2048")
        #expect(try header.encoded() == captured)
    }
}
