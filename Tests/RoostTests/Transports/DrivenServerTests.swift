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
