import HTTPWire
import Testing

private let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
private let version = "Sec-WebSocket-Version: 13"
private let upgrade = ["Upgrade: websocket", "Connection: Upgrade"]

private func check(_ fields: [String], line: String = "GET /chat HTTP/1.1") throws -> WebSocketHandshake.Outcome {
    let bytes = latin1(([line, "Host: h"] + fields).joined(separator: "\r\n") + "\r\n\r\n")
    var parser = RequestParser()
    guard case .complete(let head, _) = parser.parse(bytes.span) else {
        Issue.record("the request is none: \(fields)")
        return .notWebSocket
    }
    return WebSocketHandshake.check(head)
}

@Suite("A handshake")
struct WebSocketHandshakeTests {
    @Test("is answered with the key's proof")
    func accept() throws {
        #expect(WebSocketHandshake.accept(forKey: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        // Keys by whose lengths the padding of SHA-1 comes to one block and to two: computed with sha1sum and base64.
        #expect(WebSocketHandshake.accept(forKey: String(repeating: "x", count: 19)) == "qQsxh2Nb/vsnD9od6HBiP6Igif0=")
        #expect(WebSocketHandshake.accept(forKey: String(repeating: "x", count: 20)) == "7jD6MP55bPPoLSNhT1mD/AE8sjc=")
        #expect(WebSocketHandshake.accept(forKey: String(repeating: "x", count: 100)) == "DJTE+uYDnPxiT+W6VvIG/iPUxv8=")
    }

    @Test(
        "is accepted when it has all that it must have, in any case and order",
        arguments: [
            upgrade + [key, version], [version, key, "connection: keep-alive, UPGRADE", "upgrade: WebSocket"],
            ["Upgrade: h2c, websocket ,x", "Connection: upgrade", key, version], ["Upgrade: h2c", "Upgrade: websocket", "Connection: upgrade", key, version],
            upgrade + [key, version, "Content-Length: 0"],
        ]
    )
    func accepted(_ fields: [String]) throws {
        guard case .accepted(let handshake) = try check(fields) else {
            Issue.record("\(try check(fields))")
            return
        }
        #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(handshake.offer == WebSocketOffer())
    }

    @Test(
        "is none if the client does not ask for one",
        arguments: [
            ("GET / HTTP/1.1", [key, version]), ("GET / HTTP/1.1", ["Upgrade: websocket", key, version]), ("GET / HTTP/1.1", ["Connection: upgrade", key, version]),
            ("GET / HTTP/1.1", ["Upgrade: h2c", "Connection: upgrade", key, version]), ("GET / HTTP/1.1", ["Upgrade: websockets", "Connection: upgrade", key, version]),
            ("GET / HTTP/1.1", ["Upgrade: websocket/13", "Connection: upgrade", key, version]), ("GET / HTTP/1.0", upgrade + [key, version]),
        ] as [(String, [String])]
    )
    func ordinary(_ line: String, _ fields: [String]) throws {
        #expect(try check(fields, line: line) == .notWebSocket)
    }

    @Test(
        "is refused if something is wrong with it",
        arguments: [
            ("POST / HTTP/1.1", upgrade + [key, version], 400), ("HEAD / HTTP/1.1", upgrade + [key, version], 400), ("GET / HTTP/1.1", upgrade + [key, version, "Content-Length: 1"], 400),
            ("GET / HTTP/1.1", upgrade + [key, version, "Transfer-Encoding: chunked"], 400), ("GET / HTTP/1.1", upgrade + [version], 400), ("GET / HTTP/1.1", upgrade + [key, key, version], 400),
            ("GET / HTTP/1.1", upgrade + [key], 426), ("GET / HTTP/1.1", upgrade + [key, "Sec-WebSocket-Version: 8"], 426), ("GET / HTTP/1.1", upgrade + [key, "Sec-WebSocket-Version: 13, 8"], 426),
            ("GET / HTTP/1.1", upgrade + [key, version, version], 426), ("GET / HTTP/1.1", upgrade + [version, "Sec-WebSocket-Key: "], 400),
            ("GET / HTTP/1.1", upgrade + [version, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], 400), ("GET / HTTP/1.1", upgrade + [version, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=a"], 400),
            ("GET / HTTP/1.1", upgrade + [version, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE="], 400), ("GET / HTTP/1.1", upgrade + [version, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_Q=="], 400),
            ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Protocol: a,,b"], 400), ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Protocol: a b"], 400),
            ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Protocol:"], 400), ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a;"], 400),
            ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a; b=\"c"], 400), ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a; b=\"c d\""], 400),
            ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a; b=\"\""], 400), ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a; b=\"\\"], 400),
            ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a; b="], 400), ("GET / HTTP/1.1", upgrade + [key, version, "Sec-WebSocket-Extensions: a, , b"], 400),
        ] as [(String, [String], Int)]
    )
    func refused(_ line: String, _ fields: [String], _ status: Int) throws {
        guard case .rejected(let rejection) = try check(fields, line: line) else {
            Issue.record("it was not refused")
            return
        }
        #expect(rejection.status == status)
    }

    @Test("offers subprotocols and extensions in their order, over several fields")
    func offers() throws {
        let offer = try WebSocketOffer([
            HeaderField(name: "Sec-WebSocket-Protocol", value: "chat, superchat"), HeaderField(name: "sec-websocket-extensions", value: "a ; b = \"c\\d\";e,f"),
            HeaderField(name: "sec-websocket-protocol", value: "v2.x , chat"), HeaderField(name: "sec-websocket-extensions", value: "a"),
        ])
        #expect(offer.subprotocols == ["chat", "superchat", "v2.x"])
        #expect(offer.extensions.map(\.name) == ["a", "f", "a"])
        #expect(offer.extensions.first?.parameters.map(\.name) == ["b", "e"])
        #expect(offer.extensions.first?.parameters.map(\.value) == ["cd", nil])
    }

    @Test("of HTTP/2 is checked for its version and its offer alone")
    func extendedConnect() throws {
        let offer = try WebSocketHandshake.checkConnect(["sec-websocket-version": "13", "sec-websocket-protocol": "chat", "sec-websocket-extensions": "permessage-deflate"])
        #expect(offer.subprotocols == ["chat"])
        #expect(offer.extensions.map(\.name) == ["permessage-deflate"])
        for (headers, status) in [([:], 426), (["sec-websocket-version": "12"], 426), (["sec-websocket-version": "13", "sec-websocket-protocol": ","], 400)] as [(Headers, Int)] {
            let rejection = #expect(throws: RequestRejection.self) { try WebSocketHandshake.checkConnect(headers) }
            #expect(rejection?.status == status)
        }
    }

    @Test("is accepted with a response of its own, without what the application can't decide")
    func switching() throws {
        guard case .accepted(let handshake) = try check(upgrade + [key, version]) else { return }
        var buffer = WireBuffer()
        try buffer.appendSwitchingProtocols(
            handshake, subprotocol: "chat", deflate: DeflateAgreement(),
            headers: ["set-cookie": "a=b", "Upgrade": "x", "connection": "close", "Sec-WebSocket-Accept": "x", "content-length": "5", "transfer-encoding": "chunked"], date: nil, server: "roost"
        )
        let response = try #require(ReadResponse(buffer.text))
        #expect(response.status == 101)
        #expect(
            response.fields.map(\.name) == ["connection", "upgrade", "sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions", "set-cookie", "server"]
        )
        #expect(response["sec-websocket-accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
        #expect(response["sec-websocket-extensions"] == ["permessage-deflate"])
        buffer.reset()
        for (name, headers) in [("a b", [:]), ("", [:]), ("chat", ["x": "a\r\nb"])] as [(String, Headers)] {
            #expect(throws: InvalidResponseHead.self) {
                try buffer.appendSwitchingProtocols(handshake, subprotocol: name, deflate: nil, headers: headers, date: nil, server: nil)
            }
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test("of another version is told which one there is")
    func upgradeRequired() throws {
        var buffer = WireBuffer()
        buffer.appendUpgradeRequired(date: HTTPDate(secondsSince1970: 0), server: "roost")
        let response = try #require(ReadResponse(buffer.text))
        #expect(response.status == 426)
        #expect(response["sec-websocket-version"] == ["13"])
        #expect(response["upgrade"] == ["websocket"])
        #expect(response["content-length"] == ["0"])
    }
}
