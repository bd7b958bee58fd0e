import NIOCore
import SeededRandom
import Testing
import WebSocketCases

@testable import Roost

/// Every case of RFC 6455 and RFC 7692, put to a server: its messages are what the application gets, its answers what comes back.
@Suite("WebSockets of a server", .timeLimit(.minutes(2)))
struct WebSocketConformanceTests {
    /// Notes what comes until the WebSocket is closed.
    private static func noting(_ noted: Watched<Noted>) -> ASGIFramework {
        { scope, receive, send in
            guard case .websocket(let request) = scope else { throw Deliberate() }
            let socket = try await WebSocketSession.accept(request, receive, send)
            for try await message in socket { noted.change { $0.messages.append(WebSocketCase.Event(message)) } }
            noted.change { $0.closures += 1 }
        }
    }

    private struct Noted: Sendable {
        var messages: [WebSocketCase.Event] = []
        var closures = 0
    }

    private static let groups = Dictionary(grouping: WebSocketCase.all, by: \.maxMessageSize).sorted { $0.key < $1.key }.map(\.value)

    @Test("over sockets, on HTTP/1.1, the bytes cut at random", arguments: groups)
    func overSockets(_ cases: [WebSocketCase]) async throws {
        let noted = Watched(Noted())
        try await serving(Self.noting(noted), { $0.websocketMaxMessageSize = cases[0].maxMessageSize }) { served in
            var random = SeededGenerator(seed: 6455)
            for (index, webSocketCase) in cases.enumerated() {
                noted.change { $0.messages = [] }
                let client = try served.connect()
                let offer = webSocketCase.offer.map { "sec-websocket-extensions: \($0)\r\n" } ?? ""
                try client.send(
                    """
                    GET / HTTP/1.1\r\nhost: test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r
                    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(offer)\r\n
                    """)
                var received: [UInt8] = []
                while received.firstRange(of: Array("\r\n\r\n".utf8)) == nil { received += try client.receive() }
                #expect(received.starts(with: "HTTP/1.1 101 ".utf8))
                received.removeSubrange(..<(received.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0))
                var rest = webSocketCase.input[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...max(1, webSocketCase.input.count), using: &random))
                    rest = rest.dropFirst(piece.count)
                    // Who has broken a rule is not listened to any more.
                    guard (try? client.send(Array(piece))) != nil else { break }
                }
                var frames: [ServerFrame] = []
                while frames.count < webSocketCase.answers.count {
                    if let frame = ServerFrame.takeFirst(of: &received) { frames.append(frame.withoutReason) } else {
                        let more = try client.receive()
                        if more.isEmpty { break }
                        received += more
                    }
                }
                try noted.wait { $0.messages.count >= webSocketCase.messages.count }
                client.halfClose()
                while case let more = try client.receive(), !more.isEmpty { received += more }
                #expect(frames == webSocketCase.answers && received.isEmpty, "\(webSocketCase)")
                try noted.wait { $0.closures == index + 1 }
                #expect(noted.value.messages == webSocketCase.messages, "\(webSocketCase)")
            }
        }
    }

    @Test("on streams of HTTP/2", arguments: WebSocketCase.all)
    func onStreams(_ webSocketCase: WebSocketCase) throws {
        let noted = Watched(Noted())
        try withHTTP2(Self.noting(noted), { $0.websocketMaxMessageSize = webSocketCase.maxMessageSize }) { client in
            client.begin()
            let offer = webSocketCase.offer.map { [("sec-websocket-extensions", $0)] } ?? []
            let head: ClientFrame.Fields = [
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "test"), ("sec-websocket-version", "13"),
            ]
            client.send(.headers(head + offer, on: 1, ends: false))
            #expect(client.answer(on: 1).status == 200)
            var rest = webSocketCase.input[...]
            while !rest.isEmpty, !client.answer(on: 1).hasEnded {
                client.send(.data(Array(rest.prefix(16 << 10)), on: 1))
                rest = rest.dropFirst(16 << 10)
            }
            var received = client.answer(on: 1).body
            var frames: [ServerFrame] = []
            while let frame = ServerFrame.takeFirst(of: &received) { frames.append(frame.withoutReason) }
            #expect(frames == webSocketCase.answers && received.isEmpty)
            #expect(noted.value.messages == webSocketCase.messages)
            switch webSocketCase.events.last {
            case .closed, .failed: #expect(client.answer(on: 1).hasEnded && noted.value.closures == 1)
            default: #expect(!client.answer(on: 1).hasEnded)
            }
        }
    }
}

extension WebSocketCase {
    fileprivate var messages: [Event] {
        events.filter {
            switch $0 {
            case .text, .binary: true
            default: false
            }
        }
    }
}

extension WebSocketCase.Event {
    fileprivate init(_ message: WebSocketMessage) {
        switch message {
        case .text(let text): self = .text(text)
        case .binary(let bytes): self = .binary(Array(bytes.readableBytesView))
        }
    }
}
