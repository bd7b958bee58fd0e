import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The test client's WebSockets", .timeLimit(.minutes(1)))
struct TestWebSocketTests {
    /// Sends back what it is sent; notes how the WebSocket was closed.
    private static func echo(_ closures: Watched<[WebSocketSession.Closure?]> = Watched([]), subprotocols: [String] = []) -> ASGIFramework {
        { scope, receive, send in
            guard case .websocket(let scope) = scope else { throw Deliberate() }
            let socket = try await WebSocketSession.accept(
                scope, receive, send, subprotocols: subprotocols, headers: ["x-seen": "\(scope.path) \(scope.headers["x-one"] ?? "")"])
            for try await message in socket { try await socket.send(message) }
            closures.change { $0.append(socket.closure) }
        }
    }

    @Test("messages go both ways, and a close frame is answered with its code")
    func echo() async throws {
        let closures = Watched<[WebSocketSession.Closure?]>([])
        let socket = try await TestClient(Self.echo(closures)).webSocket("/chat?x=y", headers: ["x-one": "1"])
        #expect(socket.response.headers["x-seen"] == "/chat 1" && socket.subprotocol == nil)
        let messages: [WebSocketMessage] = [
            .text(""), .text("grüß"), .binary(ByteBuffer(repeating: 7, count: 300)), .binary(ByteBuffer(repeating: 8, count: 200_000)),
        ]
        for message in messages {
            socket.send(message)
            #expect(try await socket.receive() == message)
        }
        #expect(try await socket.close(code: 4001, reason: "done").code == 4001)
        try await onClientThread { _ = try closures.wait { !$0.isEmpty } }
        #expect(closures.value == [.init(code: 4001, reason: "done")])
        #expect(try await socket.receive() == nil)
    }

    @Test("messages come as a sequence, however many at once, until the application closes")
    func sequence() async throws {
        let texts = (0..<2000).map { "message \($0)" }
        let app: ASGIFramework = { scope, receive, send in
            guard case .websocket(let scope) = scope else { throw Deliberate() }
            let socket = try await WebSocketSession.accept(scope, receive, send)
            for text in texts { try await socket.send(text) }
        }
        let socket = try await TestClient(app).webSocket("/")
        var received: [WebSocketMessage] = []
        for try await message in socket { received.append(message) }
        #expect(received == texts.map { .text($0) })
        #expect(socket.closure == .init(code: 1000, reason: ""))
    }

    @Test("the subprotocol is the first of the application's that is offered")
    func subprotocol() async throws {
        let client = try TestClient(Self.echo(subprotocols: ["best", "chat"]))
        #expect(try await client.webSocket("/", subprotocols: ["other", "chat"]).subprotocol == "chat")
        #expect(try await client.webSocket("/", subprotocols: ["other"]).subprotocol == nil)
    }

    @Test("a client that is gone is 1006 to the application")
    func gone() async throws {
        let closures = Watched<[WebSocketSession.Closure?]>([])
        let socket = try await TestClient(Self.echo(closures)).webSocket("/")
        socket.disconnect()
        try await onClientThread { _ = try closures.wait { !$0.isEmpty } }
        #expect(closures.value == [.init(code: 1006, reason: "")])
    }

    @Test("what the application does ends the WebSocket with a code", arguments: [("return", 1000), ("throw", 1011), ("close", 3000)])
    func ends(_ way: String, _ code: Int) async throws {
        let app: ASGIFramework = { scope, receive, send in
            guard case .websocket(let scope) = scope else { throw Deliberate() }
            let socket = try await WebSocketSession.accept(scope, receive, send)
            if way == "throw" { throw Deliberate() }
            if way == "close" { try await socket.close(code: 3000, reason: "why") }
        }
        let socket = try await TestClient(app).webSocket("/")
        #expect(try await socket.receive() == nil)
        #expect(socket.closure == .init(code: code, reason: way == "close" ? "why" : ""))
    }

    @Test("a ping is answered by a masked pong, and a close frame by its like")
    func pings() async throws {
        // What the client sends is the body of a request here.
        let sent = Watched(ByteBuffer())
        let app: ASGIFramework = { _, receive, _ in
            while case .httpRequest(let piece, true) = try await receive() { sent.change { $0.writeImmutableBuffer(piece) } }
        }
        let connection = await (try TestClient(app)).connect()
        connection.send("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 1000\r\n\r\n")
        let frames = ByteBuffer(bytes: [0x89, 2, 0x68, 0x69, 0x88, 2, 0x03, 0xE9])
        let socket = TestWebSocket(TestResponse(status: 101, headers: [:], body: ByteBuffer()), on: connection, rest: frames)
        #expect(try await socket.receive() == nil)
        #expect(socket.closure == .init(code: 1001, reason: ""))
        let bytes = try await onClientThread { Array(try sent.wait { $0.readableBytes >= 16 }.readableBytesView) }
        for (frame, head, payload) in [(bytes[..<8], 0x8A, [0x68, 0x69]), (bytes[8...], 0x88, [0x03, 0xE9])] as [(ArraySlice<UInt8>, UInt8, [UInt8])] {
            let frame = Array(frame)
            #expect(frame.count == 8 && frame[0] == head && frame[1] == 0x82)
            #expect([frame[6] ^ frame[2], frame[7] ^ frame[3]] == payload)
        }
    }

    @Test("a refusal is an error with the response", arguments: [("close", 403, ""), ("refuse", 404, ""), ("body", 402, "pay first"), ("throw", 500, "")])
    func refused(_ way: String, _ status: Int, _ body: String) async throws {
        let app: ASGIFramework = { _, receive, send in
            switch way {
            case "close":
                _ = try await receive()
                try await send(.websocketClose())
            case "refuse": try await WebSocketSession.refuse(receive, send, status: 404)
            case "body":
                _ = try await receive()
                try await send(.websocketHTTPResponseStart(status: 402, headers: ["x-price": "1"]))
                try await send(.websocketHTTPResponseBody(ByteBuffer(string: body)))
            default: throw Deliberate()
            }
        }
        let client = try TestClient(app)
        let error = await #expect(throws: TestClientError.self) { _ = try await client.webSocket("/") }
        guard case .refused(let response)? = error else { return _ = Issue.record("not refused: \(String(describing: error))") }
        #expect(response.status == status)
        if way == "body" { #expect(response.text == body && response.headers["x-price"] == "1" && "\(error!)".hasSuffix("402: pay first")) }
    }

    @Test("a message that is too large closes the WebSocket with 1009")
    func tooLarge() async throws {
        var config = Config()
        config.websocketMaxMessageSize = 1000
        let socket = try await TestClient(Self.echo(), config).webSocket("/")
        socket.send(ByteBuffer(repeating: 1, count: 1000))
        #expect(try await socket.receive()?.byteCount == 1000)
        socket.send(ByteBuffer(repeating: 1, count: 1001))
        #expect(try await socket.receive() == nil)
        #expect(socket.closure?.code == 1009)
    }

    @Test("frames may come in any pieces; what is no frame of a server's is an error")
    func frames() throws {
        var sent = ByteBuffer()
        for frame: [UInt8] in [[0x81, 2, 0x68, 0x69], [0x82, 126, 0, 126] + [UInt8](repeating: 9, count: 126), [0x88, 0]] { sent.writeBytes(frame) }
        var reader = TestFrameReader(ByteBuffer())
        var lengths: [Int] = []
        for byte in sent.readableBytesView {
            reader.append(ByteBuffer(bytes: [byte]))
            if let frame = try reader.next() { lengths.append(frame.payload.readableBytes) }
        }
        #expect(lengths == [2, 126, 0])
        for bytes: [UInt8] in [[0x81, 0x80], [0xC1, 0], [0x01, 0], [0x83, 0]] {
            var reader = TestFrameReader(ByteBuffer(bytes: bytes))
            #expect(throws: TestClientError.self) { try reader.next() }
        }
    }
}
