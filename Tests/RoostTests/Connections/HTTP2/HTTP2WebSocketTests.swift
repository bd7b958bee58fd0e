import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// What is of streams and not of WebSockets; for these see `WebSocketConformanceTests`.
@Suite("WebSockets over HTTP/2")
struct HTTP2WebSocketTests {
    private static let head: ClientFrame.Fields = [
        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/"), (":authority", "test"), ("sec-websocket-version", "13"),
    ]
    /// Empty pings, masked by nothing.
    private static let pings = [UInt8]((0..<2700).map { _ in [0x89, 0x80, 0, 0, 0, 0] }.joined())

    /// Accepts when its gate opens, and takes messages until its client is gone.
    private static func accepting(when gate: Gate) -> ASGIFramework {
        { _, receive, send in
            await gate.opened()
            _ = try await receive()
            try await send(.websocketAccept(subprotocol: nil, headers: [:]))
            while case .websocketReceive = try await receive() {}
        }
    }

    @Test("a WebSocket that is not open yet has no deadline, least of all one that is over")
    func unanswered() throws {
        let gate = Gate()
        try withHTTP2(Self.accepting(when: gate), { $0.websocketPingInterval = .milliseconds(10) }) { client in
            client.begin()
            client.send(.headers(Self.head, on: 1, ends: false))
            client.wait(.milliseconds(20))
            #expect(client.connection.deadline > client.loop.now && client.answer(on: 1).status == 0)
            gate.open()
            client.run()
            #expect(client.answer(on: 1).status == 200 && client.connection.deadline < .distantFuture)
            client.wait(.milliseconds(20))
            #expect(client.answer(on: 1).body == [0x89, 0])
        }
    }

    @Test("a stream that its client ends before it is a WebSocket is over")
    func endedTooSoon() throws {
        try withHTTP2(Self.accepting(when: Gate()), { $0.disconnectGrace = .zero }) { client in
            client.begin()
            client.send(.headers(Self.head, on: 1, ends: false), .data("", on: 1, ends: true))
            #expect(client.answer(on: 1).reset == .cancel)
            client.send(.headers(Self.head, on: 3))
            #expect(client.answer(on: 3).status == 400 && client.answer(on: 3).hasEnded)
            #expect(client.connection.isIdle && client.isOpen)
            client.scheduler.runAll()
        }
    }

    @Test("of a client that does not take the answers to its pings only so many are taken, until it does")
    func unreadPongs() throws {
        let gate = Gate()
        gate.open()
        try withHTTP2(Self.accepting(when: gate)) { client in
            client.begin([(4, 0)])
            client.send(.headers(Self.head, on: 1, ends: false))
            var sent = 0
            func send(upTo limit: Int) {
                while sent < limit, sent + Self.pings.count <= 65536 + client.answer(on: 1).window {
                    client.send(.data(Self.pings, on: 1))
                    sent += Self.pings.count
                }
            }
            send(upTo: 10 << 20)
            #expect(sent > 65536 && sent < 1 << 20)
            let taken = sent
            client.send(.window(1 << 20, on: 1), .window(1 << 20, on: 0))
            #expect(client.answer(on: 1).body.count == taken / 3)
            send(upTo: taken + 2 << 20)
            #expect(sent >= taken + 2 << 20 && client.answer(on: 1).body.count == sent / 3 && client.isOpen)
        }
    }
}
