import Testing

@testable import Roost

@Suite("Requests whose application is running")
struct ExchangeRegisterTests {
    @Test("are told of while the application runs, the oldest first, without the query")
    func listed() throws {
        let app = httpApp { _, receive, send in
            _ = try await receive()
            while case .httpRequest = try await receive() {}
            try await send.answer("late")
        }
        try withMemoryConnection(app) { memory in
            func oldest(_ count: Int) -> [RequestInFlight] { memory.context.status.exchanges.oldest(count, at: .now()) }
            #expect(oldest(10).isEmpty)
            memory.receive("GET /slow?token=secret HTTP/1.1\r\nhost: a\r\nx-request-id: r1\r\n\r\n")
            let seen = oldest(10)
            #expect(seen.map(\.path) == ["/slow"])
            #expect(seen.map(\.method) == ["GET"])
            #expect(seen.allSatisfy { $0.age >= .zero && !$0.id.isEmpty && $0.client == nil })
            #expect(oldest(0).isEmpty)
            memory.connection.peerGone()
            memory.loop.runReady()
            #expect(oldest(10).isEmpty)
        }
    }

    @Test("come and go in any order", .timeLimit(.minutes(1)))
    func anyOrder() async throws {
        let serverStatus = Watched<ServerStatus?>(nil)
        let gates = (0..<6).map { _ in Gate() }
        let entered = Watched(0)
        let app = httpApp { scope, _, send in
            entered.change { $0 += 1 }
            let gate = gates[Int(scope.path.dropFirst()) ?? 0]
            while !gate.isOpen { try await Task.sleep(for: .milliseconds(1)) }
            try await send.answer("done")
        }
        try await serving(app, { $0.onPhase = { _, status in serverStatus.value = status } }) { served in
            let status = try #require(serverStatus.value)
            var clients: [RawClient] = []
            let deadline = monotonicSeconds() + 30
            for index in 0..<6 {
                let client = try served.connect()
                try client.send("GET /\(index) HTTP/1.1\r\nhost: a\r\n\r\n")
                clients.append(client)
                while entered.value <= index, monotonicSeconds() < deadline { try await Task.sleep(for: .milliseconds(1)) }
            }
            var left = Set(0..<6)
            for index in [2, 0, 5, 3, 1, 4] {
                #expect(Set(status.oldestRequests(10).map(\.path)) == Set(left.map { "/\($0)" }))
                #expect(status.oldestRequests(1).map(\.path) == left.min().map { ["/\($0)"] })
                gates[index].open()
                _ = try clients[index].response()
                left.remove(index)
                while status.requestsInFlight > left.count, monotonicSeconds() < deadline { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(status.oldestRequests(10).isEmpty)
        }
    }
}
