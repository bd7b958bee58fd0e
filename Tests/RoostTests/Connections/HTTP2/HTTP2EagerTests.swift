import HTTPWire
import NIOCore
import Testing

@testable import Roost

/// Applications that act while their request is being received, as those in Python do, and without waiting for room.
@Suite("Eager applications over HTTP/2")
struct HTTP2EagerTests {
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
}
