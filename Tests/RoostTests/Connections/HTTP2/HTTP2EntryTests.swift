import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("How connections come to HTTP/2")
struct HTTP2EntryTests {
    private static let firstFrames = ClientFrame.preface + ClientFrame.settings().bytes + ClientFrame.request(on: 1).bytes
    private static let plainRequest = Array("GET /plain HTTP/1.1\r\nhost: a\r\n\r\n".utf8)

    @Test("a PROXY header may come before the preface, and says who is calling", arguments: [false, true])
    func proxyHeader(byByte: Bool) throws {
        let app = httpApp { scope, _, send in try await send.answer(scope.client.map { "\($0.host):\($0.port ?? 0)" } ?? "none") }
        try withHTTP2(app, { $0.proxyProtocol = .auto; $0.proxyAllowFrom = [.unix] }) { client in
            let bytes = Array("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n".utf8) + Self.firstFrames
            if byByte { for byte in bytes { client.send([byte]) } } else { client.send(bytes) }
            #expect(client.answer(on: 1).text == "192.0.2.7:4711")
        }
    }

    @Test("requests whose method begins as the preface does are those of HTTP/1.1", arguments: ["P", "PR", "PRI", "PROPFIND", "PUT", "PRIX"])
    func likePreface(method: String) throws {
        try withHTTP2(Apps.path) { client in
            for byte in "\(method) /x HTTP/1.1\r\nhost: a\r\n\r\n".utf8 { client.send([byte]) }
            #expect(!client.isHTTP2)
            #expect(String(decoding: client.plainText, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("a preface behind a request is a version that the connection does not speak")
    func afterRequest() throws {
        try withHTTP2(Apps.path) { client in
            client.send(Self.plainRequest)
            client.send(Self.firstFrames)
            let text = String(decoding: client.plainText, as: UTF8.self)
            #expect(text.contains("/plain") && text.contains("HTTP/1.1 505") && !client.isHTTP2 && !client.isOpen)
        }
    }

    @Test("where HTTP/2 is switched off the preface is answered with 505")
    func switchedOff() throws {
        try withHTTP2(Apps.path, { $0.http2 = false }) { client in
            client.send(Self.firstFrames)
            #expect(String(decoding: client.plainText, as: UTF8.self).hasPrefix("HTTP/1.1 505") && !client.isOpen)
        }
    }

    @Test("an upgrade to h2c is let be: the request is answered as one of HTTP/1.1")
    func upgrade() throws {
        try withHTTP2(Apps.path) { client in
            client.send(Array("GET /u HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n".utf8))
            #expect(String(decoding: client.plainText, as: UTF8.self).hasPrefix("HTTP/1.1 200") && !client.isHTTP2)
        }
    }

    @Test("what is neither a preface nor a request of HTTP/1.1 is answered with 400")
    func damagedPreface() throws {
        try withHTTP2(Apps.path) { client in
            client.send(Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8))
            #expect(!client.isHTTP2 && !client.isOpen)
        }
    }

    @Test("a client that stays in the middle of the preface is cut off")
    func halfPreface() throws {
        try withHTTP2(Apps.path, { $0.headerTimeout = .milliseconds(20) }) { client in
            client.send(Array(ClientFrame.preface.prefix(20)))
            client.wait(.milliseconds(30))
            #expect(!client.isOpen)
        }
    }
}
