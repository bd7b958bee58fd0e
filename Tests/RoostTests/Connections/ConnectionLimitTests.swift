import CLinux
import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("How many connections are taken", .timeLimit(.minutes(1)))
struct ConnectionLimitTests {
    @Test("beyond limit_connections new ones wait, and are served when others have closed")
    func limit() async throws {
        try await serving(Apps.hello, { $0.limitConnections = 2 }) { served in
            let (one, two) = (try served.connect(), try served.connect())
            #expect(try one.ask("/").text == "hello")
            #expect(try two.ask("/").text == "hello")
            let three = try served.connect()
            try three.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(three.staysSilent(milliseconds: 250))
            #expect(try one.ask("/").text == "hello")
            one.close()
            #expect(try three.response().text == "hello")
            #expect(try two.ask("/").text == "hello")
            #expect(served.log.lines(containing: "accepting is paused").count == 1)
        }
    }

    @Test("beyond limit_concurrency requests are answered 503 at once, and served again when others are done")
    func concurrency() async throws {
        let go = Gate()
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/slow" { await go.opened() }
            try await send.answer(scope.rawPath)
        }
        try await serving(app, { $0.limitConcurrency = 2 }) { served in
            let slow = try (0..<2).map { _ in try served.connect() }
            for client in slow { try client.send("GET /slow HTTP/1.1\r\nhost: a\r\n\r\n") }
            var refused: Response?
            for _ in 0..<1000 where refused?.status != 503 { refused = try served.connect().ask("/") }
            #expect(refused?.status == 503 && refused?["retry-after"] == "1" && refused?.closes == true)
            go.open()
            for client in slow { #expect(try client.response().text == "/slow") }
            #expect(try slow[0].ask("/again").text == "/again")
            #expect(!served.log.lines(containing: "limit_concurrency").isEmpty)
        }
    }

    @Test("many more clients than the limit are all served in turn")
    func turns() async throws {
        try await serving(Apps.hello, { $0.limitConnections = 5 }) { served in
            let clients = try (0..<20).map { _ in try served.connect() }
            for client in clients { try client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n") }
            for client in clients {
                let answer = try client.response().text
                #expect(answer == "hello")
            }
        }
    }

    @Test("a server stops in order while accepting is paused")
    func stopsWhilePaused() async throws {
        try await serving(Apps.hello, { $0.limitConnections = 1 }) { served in
            let one = try served.connect()
            #expect(try one.ask("/").text == "hello")
            _ = try served.connect()
            try served.logged("accepting is paused")
            served.stop()
            #expect(try one.isClosed())
            try served.ended.wait()
        }
    }

    @Test("out of descriptors, accepting pauses without spinning, those who are in are served, and others are when there are some again")
    func outOfDescriptors() async {
        // In a process of its own: the limit is for all of it.
        await #expect(processExitsWith: .success) {
            try await serving(Apps.hello) { served in
                let inside = try served.connect()
                guard try inside.ask("/").text == "hello" else { throw Deliberate() }
                let waiting = try (0..<4).map { _ in try served.connect() }
                for client in waiting { guard try client.ask("/").text == "hello" else { throw Deliberate() } }
                // Two for clients below, none left for the server.
                let late = [socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0), socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)]
                var taken: [Int32] = []
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                limit.rlim_cur = 64
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                while true {
                    let descriptor = dup(0)
                    if descriptor < 0 { break }
                    taken.append(descriptor)
                }
                let clients = try late.map { try RawClient(taking: $0, served.endpoint) }
                for client in clients { try client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n") }
                try served.logged("accepting is paused: accept4: Too many open files")
                let before = processorSeconds()
                guard clients[0].staysSilent(milliseconds: 500) else { throw Deliberate() }
                guard processorSeconds() - before < 0.2 else { throw Deliberate() }
                guard try inside.ask("/").text == "hello" else { throw Deliberate() }
                for descriptor in taken { close(descriptor) }
                for client in clients { guard try client.response().text == "hello" else { throw Deliberate() } }
                guard served.log.lines(containing: "accepting is paused").count == 1 else { throw Deliberate() }
            }
        }
    }
}

/// The processor time of this process.
private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
