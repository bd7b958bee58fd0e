import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// Applications that act while their request is being received, as those in Python do, and without waiting for room.
@Suite("Eager applications over HTTP/2")
struct HTTP2EagerTests {
    private struct Failure: Error {}

    /// Begins each response before `run` returns, and leaves the rest to the test.
    private struct EagerRunner: ApplicationRunner {
        let exchanges = Watched<[Exchange]>([])

        func run(_ exchange: Exchange) {
            exchanges.value.append(exchange)
            do { try send(on: exchange, 1) } catch { Issue.record(error) }
        }

        func send(on exchange: Exchange, _ count: Int) throws {
            if case .unstarted = exchange.response { _ = try exchange.send(.httpResponseStart(status: 200, headers: [:], trailers: false)) }
            _ = try exchange.send(.httpResponseBody(ByteBuffer(repeating: 0x78, count: count), more: true))
        }
    }

    @Test("an application whose head is not sent because the connection ends with an error is told that its client is gone")
    func unsentHead() throws {
        let runner = EagerRunner()
        try withHTTP2(runner) { client in
            client.begin()
            client.send(.request(on: 1), .data("x", on: 0))
            #expect(client.answers.goAways.last?.code == .protocolError && !client.isOpen && client.answer(on: 1).status == 0)
            let exchange = try #require(runner.exchanges.value.first)
            #expect(exchange.isAbandoned)
            try runner.send(on: exchange, 100)
            exchange.end(nil)
            #expect(client.context.exchangeCount == 0)
        }
    }

    @Test("a stream that the client resets, be it without an error, is not reset in answer", arguments: [0, 8])
    func resetByClient(code: UInt32) throws {
        let runner = EagerRunner()
        try withHTTP2(runner) { client in
            client.begin()
            client.send(.request(on: 1), .reset(code, on: 1))
            #expect(client.answer(on: 1) == ServerAnswers.Stream() && client.connection.isIdle && client.isOpen)
            let exchange = try #require(runner.exchanges.value.first)
            #expect(exchange.isAbandoned)
            exchange.end(nil)
        }
    }

    @Test("a stream that is reset while its body waits for room leaves the connection's frames whole")
    func resetWithoutRoom() throws {
        let runner = EagerRunner()
        try withHTTP2(runner) { client in
            client.begin([(4, 1 << 20)])
            client.send(.window(1 << 20, on: 0), .request(on: 1), .request(on: 3))
            client.reads = false
            let exchanges = runner.exchanges.value
            // What fills the room, and half of what is yet to come behind it.
            try runner.send(on: exchanges[0], 60_000)
            client.run()
            try runner.send(on: exchanges[1], 30_000)
            client.run()
            exchanges[1].end(Failure())
            client.reads = true
            client.run()
            #expect(client.answer(on: 3).reset == .internalError && client.answer(on: 1).body.count == 60_001)
            #expect(client.ask(on: 5).body.count == 1 && client.isOpen)
            for exchange in runner.exchanges.value where !exchange.isEnded { exchange.end(Failure()) }
        }
    }
}
