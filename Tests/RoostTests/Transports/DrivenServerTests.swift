import Glibc
import NIOCore
import Testing

@testable import Roost

@Suite("A server that another event loop drives", .timeLimit(.minutes(1)))
struct DrivenServerTests {
    private func server(_ app: @escaping ASGIFramework, at path: String, _ log: LogCapture = LogCapture()) throws -> DrivenServer {
        try DrivenServer(
            runner: ASGIRunner(application: app, executor: .eventLoop), config: testConfig(bind: .unix(path: path), log: log))
    }

    /// Drains until `isOver`; fails when that takes too long.
    private func drive(_ servers: DrivenServer..., until isOver: () -> Bool) {
        let deadline = monotonicSeconds() + 20
        while !isOver() {
            guard monotonicSeconds() < deadline else {
                Issue.record("not in time")
                return
            }
            var readable = servers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            poll(&readable, nfds_t(readable.count), 10)
            for (server, entry) in zip(servers, readable) where entry.revents != 0 { server.drain() }
        }
    }

    @Test("two on one thread do not know of each other")
    func two() throws {
        let directory = TemporaryDirectory()
        let paths = ["a", "b"].map { "\(directory.path)/\($0)" }
        let servers = try paths.map { path in try server(httpApp { _, _, send in try await send.answer(path) }, at: path) }
        for server in servers { _ = try server.listen() }
        let clients = try paths.map { try RawClient(Endpoint(host: $0, port: nil)) }
        for client in clients { try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n") }
        drive(servers[0], servers[1]) { clients.allSatisfy { !$0.staysSilent(milliseconds: 0) } }
        #expect(try clients.map { try $0.response().text } == paths)
        for server in servers { server.close() }
        #expect(!directory.holds("a") && !directory.holds("b"))
    }

    @Test("wakes its loop for what is left for the next round")
    func leftOver() throws {
        let directory = TemporaryDirectory()
        // An application that streams without end is made to wait every 64 KiB; its client reads all the time.
        let app = httpApp { _, _, send in
            try await send.start()
            for _ in 0..<100 { try await send.piece(String(repeating: "x", count: 10_000)) }
            try await send.piece("", more: false)
        }
        let server = try server(app, at: "\(directory.path)/s")
        _ = try server.listen()
        let client = try RawClient(Endpoint(host: "\(directory.path)/s", port: nil))
        try client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        var received = 0
        drive(server) {
            while !client.staysSilent(milliseconds: 0) {
                guard let count = try? client.receive().count, count > 0 else { return true }
                received += count
            }
            return false
        }
        #expect(received > 1_000_000)
        server.close()
    }

    /// Runs an app whose work is all done within the server's rounds.
    private struct InRounds: ApplicationRunner {
        let runner: ASGIRunner
        var answersInRounds: Bool { true }

        func run(_ exchange: Exchange) { runner.run(exchange) }
    }

    @Test("waits for clients by what it was given, a moment and only where there was much to do, and serves who comes meanwhile")
    func waiting() throws {
        let directory = TemporaryDirectory()
        let runner = InRounds(runner: ASGIRunner(application: Apps.hello, executor: .eventLoop))
        let server = try DrivenServer(runner: runner, config: testConfig(bind: .unix(path: "\(directory.path)/s"), log: LogCapture()))
        _ = try server.listen()
        let clients = try (0..<3).map { _ in try RawClient(Endpoint(host: "\(directory.path)/s", port: nil)) }
        let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"
        for client in clients {
            try client.send(get)
            drive(server) { !client.staysSilent(milliseconds: 0) }
            _ = try client.response()
        }
        func turn(of clients: ArraySlice<RawClient>, meanwhile: @escaping () throws -> Void = {}) throws -> Int {
            for client in clients { try client.send(get) }
            var waits = 0
            server.drain { wait in
                waits += 1
                if waits == 1 { #expect(throws: Never.self) { try meanwhile() } }
                let start = monotonicSeconds()
                wait()
                // Nothing is asserted of how short it is: this machine may be busy.
                if waits > 1 { #expect(monotonicSeconds() - start < 10) }
            }
            return waits
        }
        #expect(try turn(of: clients[..<1]) == 0, "one alone is no reason to wait")
        #expect(try clients[0].response().status == 200)

        // On a slow machine the time for a turn may be over before there is nothing left to do.
        var waits: [Int] = []
        while !waits.contains(where: { $0 > 0 }), waits.count < 1000 {
            waits.append(try turn(of: clients[..<2]) { try clients[2].send(get) })
            for client in clients[..<2] { #expect(try client.response().status == 200) }
        }
        #expect(waits.last.map { $0 > 0 } == true)
        // Its request came while the server waited, and nobody has called `drain` since.
        #expect(!clients[2].staysSilent(milliseconds: 0))
        #expect(try clients[2].response().status == 200)
        server.close()
    }

    @Test("ends in order: nobody new, then the rest, then its socket")
    func ending() throws {
        let directory = TemporaryDirectory()
        let gate = Gate()
        let server = try server(httpApp { _, _, send in
            await gate.opened()
            try await send.answer("late")
        }, at: "\(directory.path)/s")
        _ = try server.listen()
        let client = try RawClient(Endpoint(host: "\(directory.path)/s", port: nil))
        try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        drive(server) { server.requestsInFlight == 1 }
        server.stopListening()
        #expect(throws: RawClient.Failure.self) { _ = try RawClient(Endpoint(host: "\(directory.path)/s", port: nil)) }
        var isIdle = false
        server.drainConnections { isIdle = true }
        #expect(!isIdle)
        gate.open()
        drive(server) { isIdle }
        let answer = try client.response()
        #expect(answer.text == "late" && answer.closes)
        #expect(server.connections == 0 && server.requestsInFlight == 0)
        server.close()
        #expect(!directory.holds("s"))
    }

    @Test("cuts off what does not end by itself")
    func cutOff() throws {
        let directory = TemporaryDirectory()
        let log = LogCapture()
        let server = try server(httpApp { _, receive, _ in
            while true {
                try Task.checkCancellation()
                _ = try await receive()
            }
        }, at: "\(directory.path)/s", log)
        _ = try server.listen()
        let client = try RawClient(Endpoint(host: "\(directory.path)/s", port: nil))
        try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        drive(server) { server.requestsInFlight == 1 }
        var isIdle = false
        server.cutOff { isIdle = true }
        drive(server) { isIdle }
        #expect(try client.isClosed())
        server.close()
    }
}
