import Glibc
import SeededRandom
import Testing

@testable import Roost

@Suite("Responses that are sent together", .timeLimit(.minutes(1)))
struct HeldResponsesTests {
    /// An application that answers with the path, as WSGI applications do: on the loop's thread, and under `/now` with pieces that are written at once.
    private final class PathRunner: ApplicationRunner {
        /// Called with each request's path, before the answer and, under `/now`, behind it.
        let work = Watched<@Sendable (String) -> Void> { _ in }

        func run(_ exchange: Exchange) {
            let path = exchange.head.path
            work.value(path)
            exchange.writesAtOnce = path.hasPrefix("/now")
            do {
                try Array((path + (path.hasPrefix("/big") ? Scene.padding : "")).utf8).withUnsafeBytes { try exchange.send(status: 200, headers: [:], whole: $0) }
                if exchange.writesAtOnce { work.value(path) }
                exchange.end(nil)
            } catch {
                exchange.end(error)
            }
        }
    }

    /// A server that is driven by hand, and clients whose requests all come in one round.
    private final class Scene {
        static let padding = String(repeating: ".", count: 3000)

        private let directory = TemporaryDirectory()
        private let server: DrivenServer
        let clients: [RawClient]
        private let runner = PathRunner()

        init(clients count: Int) throws {
            let path = "\(directory.path)/s"
            server = try DrivenServer(runner: runner, config: testConfig(bind: .unix(path: path), log: LogCapture()) { $0.keepAliveMaxRequests = nil })
            _ = try server.listen()
            clients = try (0..<count).map { _ in try RawClient(Endpoint(host: path, port: nil)) }
        }

        deinit { server.close() }

        func drain() { server.drain() }

        /// Serves a round of requests of which each takes some 20 µs, so that the next round's responses are held.
        func becomeBusy() throws {
            for client in clients { try client.send("GET /busy HTTP/1.1\r\nhost: a\r\n\r\n") }
            whileServing { _ in Self.spin(microseconds: 20) }
            for client in clients {
                while client.staysSilent(milliseconds: 0) { drain() }
                _ = try client.response()
            }
            // Once more, since accepting took turns of its own.
            for client in clients { try client.send("GET /busy HTTP/1.1\r\nhost: a\r\n\r\n") }
            drain()
            for client in clients { _ = try client.response() }
        }

        func whileServing(_ body: @escaping @Sendable (String) -> Void) { runner.work.value = body }

        static func spin(microseconds: UInt64) {
            let start = MonotonicTime.now().nanoseconds
            while MonotonicTime.now().nanoseconds - start < microseconds * 1000 {}
        }
    }

    /// What the application sees of the clients while it runs.
    ///
    /// `@unchecked Sendable`: it is touched on the test's thread only, which serves, too.
    private final class Looks: @unchecked Sendable {
        let clients: [RawClient]
        var answered: [Int] = []

        init(_ clients: [RawClient]) { self.clients = clients }

        /// Whether a client has something to read, or gets it in this time.
        func hasAnswer(_ index: Int, within milliseconds: Int32 = 0) -> Bool { !clients[index].staysSilent(milliseconds: milliseconds) }
    }

    @Test("the first waits for the others, and all are there after the round")
    func together() throws {
        // A machine that is busy with other things makes a turn long, and then nothing is held: tried again.
        for _ in 0..<50 {
            let scene = try Scene(clients: 4)
            try scene.becomeBusy()
            let looks = Looks(scene.clients)
            scene.whileServing { _ in looks.answered.append(looks.clients.indices.count { looks.hasAnswer($0) }) }
            for (index, client) in scene.clients.enumerated() { try client.send("GET /\(index) HTTP/1.1\r\nhost: a\r\n\r\n") }
            scene.drain()
            #expect(try scene.clients.map { try $0.response().text } == ["/0", "/1", "/2", "/3"])
            if looks.answered == [0, 0, 0, 0] { return }
        }
        Issue.record("nothing was ever held")
    }

    @Test("an application that keeps the loop keeps no response from another's client")
    func slow() throws {
        let scene = try Scene(clients: 4)
        try scene.becomeBusy()
        let looks = Looks(scene.clients)
        scene.whileServing { path in
            // Whether they were held or not: whoever was served before has an answer while this request has none.
            if path == "/2" { looks.answered = [0, 1].filter { looks.hasAnswer($0, within: 20_000) } }
        }
        for (index, client) in scene.clients.enumerated() { try client.send("GET /\(index) HTTP/1.1\r\nhost: a\r\n\r\n") }
        scene.drain()
        #expect(looks.answered == [0, 1])
        #expect(try scene.clients.map { try $0.response().text } == ["/0", "/1", "/2", "/3"])
    }

    @Test("keep their order on each connection, also where clients read late and sockets are full")
    func order() throws {
        let scene = try Scene(clients: 4)
        try scene.becomeBusy()
        scene.whileServing { _ in Scene.spin(microseconds: 10) }
        var random = SeededGenerator(seed: 7)
        var asked = [Int](repeating: 0, count: 4), answered = asked
        var readers = [ResponseReader](repeating: ResponseReader(), count: 4)
        while answered.contains(where: { $0 < 500 }) {
            for (index, client) in scene.clients.enumerated() where asked[index] - answered[index] < 150 {
                // Now and then more than a connection makes responses for at once.
                let count = Int.random(in: 0..<30, using: &random) == 0 ? 40 : 1
                for _ in 0..<count {
                    try client.send("GET /big/\(index)/\(asked[index]) HTTP/1.1\r\nhost: a\r\n\r\n")
                    asked[index] += 1
                }
            }
            scene.drain()
            let late = Int.random(in: 0..<40, using: &random)
            guard late < 4 else { continue }
            while answered[late] < asked[late] {
                let response = try readers[late].next(to: "GET") {
                    while scene.clients[late].staysSilent(milliseconds: 0) { scene.drain() }
                    return try scene.clients[late].receive()
                }
                #expect(response.text == "/big/\(late)/\(answered[late])" + Scene.padding)
                answered[late] += 1
            }
        }
    }

    @Test("those that are written at once come before what is written behind them", arguments: ["/now", "/soon"])
    func pipelined(path: String) throws {
        let scene = try Scene(clients: 3)
        try scene.becomeBusy()
        for client in scene.clients {
            try client.send("GET \(path)/1 HTTP/1.1\r\nhost: a\r\n\r\nGET /soon/2 HTTP/1.1\r\nhost: a\r\n\r\nGET \(path)/3 HTTP/1.1\r\nhost: a\r\n\r\n")
        }
        scene.drain()
        for client in scene.clients {
            for expected in ["\(path)/1", "/soon/2", "\(path)/3"] { #expect(try client.response().text == expected) }
        }
    }

    @Test("a connection's last response is not lost over its end", arguments: ["/now", "/soon"])
    func last(path: String) throws {
        let scene = try Scene(clients: 3)
        try scene.becomeBusy()
        for client in scene.clients { try client.send("GET \(path) HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n") }
        scene.drain()
        for client in scene.clients {
            #expect(try client.response().text == path)
            #expect(try client.isClosed())
        }
    }

    @Test("what an application does behind its response keeps that from nobody")
    func afterwards() throws {
        let scene = try Scene(clients: 3)
        try scene.becomeBusy()
        let looks = Looks(scene.clients)
        let isBehind = Watched(false)
        scene.whileServing { path in
            guard path == "/now/0" else { return }
            if isBehind.value { looks.answered = [0].filter { looks.hasAnswer($0, within: 20_000) } }
            isBehind.value = true
        }
        for (index, client) in scene.clients.enumerated() { try client.send("GET /now/\(index) HTTP/1.1\r\nhost: a\r\n\r\n") }
        scene.drain()
        #expect(looks.answered == [0])
        #expect(try scene.clients.map { try $0.response().text } == ["/now/0", "/now/1", "/now/2"])
    }
}
