import Glibc
import Testing

@testable import Roost

@Suite("Input that is read for several connections in a row", .timeLimit(.minutes(1)))
struct FetchedInputTests {
    /// What holds one, for expectations take nothing that cannot be copied.
    private final class Holder {
        var fetched = FetchedInput()
        var asked: [Int] = []

        func fetch(_ start: Int, _ end: Int, stop: Int) {
            asked = []
            fetched.fetch(from: start, to: end) { event, buffer in
                asked.append(event)
                if event == stop { return nil }
                // Of the others there is nothing, one byte, or more than is taken.
                let count = [0, 1, buffer.count][event % 3]
                for index in 0..<count { buffer[index] = UInt8(event) }
                return count
            }
        }

        var covered: [Int] { (0..<50).filter { fetched.covers($0) } }
        var cut: [Int] { (0..<50).filter { FetchedInput.isCut(fetched.input(for: $0)) } }
        func input(_ event: Int) -> [UInt8] { Array(fetched.input(for: event)) }
    }

    @Test("is that of each event, up to one before which nothing may be read")
    func events() {
        let holder = Holder()
        #expect(holder.covered == [])
        holder.fetch(3, 9, stop: 7)
        #expect(holder.asked == [3, 4, 5, 6, 7] && holder.covered == [3, 4, 5, 6] && holder.cut == [5])
        #expect((0..<12).map { holder.input($0).count } == [0, 0, 0, 0, 1, 4096, 0, 0, 0, 0, 0, 0])
        #expect(holder.input(4) == [4] && holder.input(5) == [UInt8](repeating: 5, count: 4096))
        holder.fetch(7, 9, stop: 7)
        #expect(holder.asked == [7] && holder.covered == [])
        holder.fetch(8, 200, stop: 150)
        #expect(holder.asked == Array(8..<40), "there is room for so many")
        #expect(holder.input(37) == [37] && holder.input(40) == [])
        holder.fetched.forget()
        #expect(holder.covered == [] && holder.input(37) == [])
    }

    // MARK: In a server

    /// A server that is driven by hand, and so decides nothing by how long this machine takes.
    private final class Hand {
        let server: DrivenServer
        private let directory = TemporaryDirectory()
        private let endpoint: Endpoint

        init(_ app: @escaping ASGIFramework, _ configure: (inout Config) -> Void = { _ in }) throws {
            let path = "\(directory.path)/s"
            endpoint = Endpoint(host: path, port: nil)
            server = try DrivenServer(
                runner: ASGIRunner(application: app, executor: .eventLoop),
                config: testConfig(bind: .unix(path: path), log: LogCapture(), configure))
            _ = try server.listen()
        }

        deinit { server.close() }

        /// Clients whose connections are between requests.
        func clients(_ count: Int) throws -> [RawClient] {
            let clients = try (0..<count).map { _ in try RawClient(endpoint) }
            for client in clients {
                try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                try drive { !client.staysSilent(milliseconds: 0) }
                _ = try client.response()
            }
            return clients
        }

        /// Goes through what there is to do in one round, as if many connections had just had short turns.
        func fetchingRound() {
            var last = [UInt64](repeating: server.transport.policy.turn, count: 200)
            for turn in 0..<2000 { server.transport.policy.connectionTurn(last: &last[turn % 200]) }
            server.transport.policy.roundBegins(at: .now(), turns: 1000)
            server.transport.policy.roundEnds(at: .now(), turns: 1000)
            server.drain()
        }

        func drive(until isOver: () throws -> Bool) throws {
            let deadline = monotonicSeconds() + 20
            while try !isOver() {
                guard monotonicSeconds() < deadline else { throw NotInTime(last: "the server") }
                var readable = pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&readable, 1, 10) > 0 { server.drain() }
            }
        }
    }

    private func echo(_ scope: HTTPScope, _ receive: ASGIReceive, _ send: ASGISend) async throws {
        var body: [UInt8] = []
        while case .httpRequest(let piece, let more) = try await receive() {
            body.append(contentsOf: piece.readableBytesView)
            if !more { break }
        }
        try await send.answer("\(scope.method) \(scope.path) \(scope.headers["x"]?.count ?? 0) \(body.count) \(body.reduce(0) { $0 &+ Int($1) })")
    }

    @Test("is answered as if it had been read for one: pieces of heads, long heads, bodies, requests behind each other, ends")
    func answers() throws {
        let hand = try Hand(httpApp { scope, receive, send in try await echo(scope, receive, send) })
        let get = "GET /a HTTP/1.1\r\nhost: a\r\n"
        let upload = String(repeating: "u", count: 100_000)
        let sum = 100_000 * 0x75
        // What is sent before the round, what after it, and what is to come back.
        let all: [(first: String, then: String, expected: [String])] = [
            ("\(get)\r\n", "", ["GET /a 0 0 0"]),
            (String(get.prefix(9)), "\(get.dropFirst(9))\r\n", ["GET /a 0 0 0"]),
            ("\(get)x: \(String(repeating: "x", count: 6000))\r\n\r\n", "", ["GET /a 6000 0 0"]),
            ("\(get)x: \(String(repeating: "x", count: 4096 - 31))\r\n\r\n", "\(get)\r\n", ["GET /a 4065 0 0", "GET /a 0 0 0"]),
            (String(repeating: "\(get)\r\n", count: 5), "", [String](repeating: "GET /a 0 0 0", count: 5)),
            (String(repeating: "\(get)\r\n", count: 300), "", [String](repeating: "GET /a 0 0 0", count: 300)),
            ("POST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n\(upload)", "", ["POST /b 0 100000 \(sum)"]),
            ("POST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n", upload, ["POST /b 0 100000 \(sum)"]),
            ("POST /b HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "0\r\n\r\n\(get)\r\n", ["POST /b 0 3 294", "GET /a 0 0 0"]),
            ("\(get)connection: close\r\n\r\n", "", ["GET /a 0 0 0"]),
            ("\r\n", "\(get)\r\n", ["GET /a 0 0 0"]),
        ]
        for _ in 0..<3 {
            let clients = try hand.clients(all.count)
            for (client, content) in zip(clients, all) { try client.send(content.first) }
            hand.fetchingRound()
            for (client, content) in zip(clients, all) { try client.send(content.then) }
            for (client, content) in zip(clients, all) {
                for expected in content.expected {
                    try hand.drive { !client.staysSilent(milliseconds: 0) }
                    #expect(try client.response().text == expected)
                }
            }
        }
    }

    @Test("is not taken from a connection before what may end it is looked at: who is in time is answered")
    func inTime() throws {
        let hand = try Hand(Apps.hello) { $0.keepAliveTimeout = .milliseconds(300) }
        let clients = try hand.clients(8)
        for client in clients.dropLast() { try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n") }
        // All their time is over now, but nobody has looked.
        usleep(500_000)
        try clients[7].send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        hand.fetchingRound()
        for client in clients {
            try hand.drive { !client.staysSilent(milliseconds: 0) }
            #expect(try client.response().status == 200)
        }
    }

    @Test("of connections that another ends in the same round goes nowhere")
    func cutOff() throws {
        let started = Watched<[String]>([])
        let cut = Watched<(@Sendable () -> Void)?>(nil)
        let hand = try Hand(httpApp { scope, _, send in
            started.change { $0.append(scope.path) }
            if scope.path == "/cut" { cut.value?() }
            try await send.answer("here")
        })
        let server = Unshared(hand.server)
        cut.change { $0 = { server.value.transport.cutOff {} } }
        let clients = try hand.clients(10)
        started.change { $0 = [] }
        for (index, client) in clients.enumerated() { try client.send("GET /\(index == 0 ? "cut" : "later") HTTP/1.1\r\nhost: a\r\n\r\n") }
        hand.fetchingRound()
        for client in clients { #expect(try client.isClosed()) }
        #expect(started.value == ["/cut"] && hand.server.connections == 0)
    }

    /// Carries something to a closure that is called on the thread that it comes from.
    private struct Unshared<Value>: @unchecked Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }
}
