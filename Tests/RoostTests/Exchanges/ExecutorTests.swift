import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Where applications run", .timeLimit(.minutes(1)))
struct ExecutorTests {
    private actor Counter {
        private(set) var count = 0
        func next() -> Int {
            count += 1
            return count
        }
    }

    @Test("after a sleep, an actor's answer, async let and group children an application is back on its loop's thread")
    func staysOnLoop() async throws {
        let strays = Watched<[String]>([])
        let counter = Counter()
        let app = httpApp { _, receive, send in
            let home = threadNumber()
            let check = { @Sendable (place: String) in if threadNumber() != home { strays.change { $0.append(place) } } }
            try await Task.sleep(for: .milliseconds(1))
            check("sleep")
            _ = await counter.next()
            check("actor")
            async let child: Void = check("async let")
            await child
            check("after async let")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        check("group child")
                        await Task.yield()
                        check("group child after yield")
                    }
                }
            }
            check("after group")
            await Task.detached { if threadNumber() == home { strays.change { $0.append("detached") } } }.value
            check("after detached")
            _ = try await receive.body()
            check("receive")
            try await send.start()
            check("send")
            for _ in 0..<20 { try await send(.httpResponseBody(ByteBuffer(repeating: 1, count: 100_000), more: true)) }
            check("waiting send")
            try await send.piece("", more: false)
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n")
            usleep(20_000)
            try client.send("body")
            #expect(try client.response().body.count == 2_000_000)
            #expect(strays.value == [])
        }
    }

    @Test("send and receive work from any thread")
    func fromElsewhere() async throws {
        let app = httpApp { _, receive, send in
            let text = try await Task.detached {
                let body = try await receive.body() ?? ByteBuffer()
                try await send.start(headers: ["x-length": "\(body.readableBytes)"])
                for _ in 0..<30 { try await send(.httpResponseBody(ByteBuffer(repeating: 1, count: 100_000), more: true)) }
                return String(buffer: body)
            }.value
            try await send.piece(text, more: false)
        }
        try await serving(app) { served in
            let client = try served.connect()
            for _ in 0..<3 {
                try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n")
                usleep(5000)
                try client.send("body")
                let response = try client.response()
                #expect(response.body.count == 3_000_004 && response["x-length"] == "4")
                #expect(String(decoding: response.body.suffix(4), as: UTF8.self) == "body")
            }
        }
    }

    @Test("errors reach an application that sends from elsewhere")
    func errorsElsewhere() async throws {
        let app = httpApp { _, _, send in
            let error = await Task.detached { () -> String in
                do {
                    try await send.piece("too early")
                    return "none"
                } catch { return "\(error)" }
            }.value
            try await send.answer(error)
        }
        try await serving(app) { served in
            let answer = try served.connect().ask("/").text
            #expect(answer.hasPrefix("unexpected ASGI event"))
        }
    }

    @Test("on the pool, an application that blocks holds up nobody else")
    func pool() async throws {
        // In a process of its own, whose pool nobody else needs.
        await #expect(processExitsWith: .success) {
            let (blocked, go) = (Gate(), Gate())
            let app = httpApp { scope, receive, send in
                if scope.rawPath == "/block" {
                    blocked.open()
                    try go.wait()
                }
                let body = try await receive.body() ?? ByteBuffer()
                try await send.answer("\(scope.rawPath) \(String(buffer: body))")
            }
            try await serving(app, { $0.appExecutor = .concurrentPool }) { served in
                let (blocker, other) = (try served.connect(), try served.connect())
                try blocker.send("GET /block HTTP/1.1\r\nhost: a\r\n\r\n")
                try blocked.wait()
                for number in 0..<10 {
                    try other.send("POST /\(number) HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody")
                    guard try other.response().text == "/\(number) body" else { throw Deliberate() }
                }
                go.open()
                guard try blocker.response().text == "/block " else { throw Deliberate() }
            }
        }
    }

    @Test("on the pool, failures are what they are on the loop")
    func poolFailures() async throws {
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/late" {
                try await send.start()
                try await send.piece("half")
            }
            throw Deliberate()
        }
        try await serving(app, { $0.appExecutor = .concurrentPool }) { served in
            #expect(try served.connect().ask("/early").status == 500)
            let client = try served.connect()
            #expect(throws: ResponseError.self) { try client.ask("/late") }
            #expect(served.log.errors.count == 2)
        }
    }

    @Test("an application that yields for ever does not keep others from being served")
    func yields() async throws {
        let (inside, stop) = (Gate(), Gate())
        let app = httpApp { scope, _, send in
            if scope.rawPath == "/spin" {
                inside.open()
                while !stop.isOpen { await Task.yield() }
            }
            try await send.answer(scope.rawPath)
        }
        try await serving(app) { served in
            let (spinner, other) = (try served.connect(), try served.connect())
            try spinner.send("GET /spin HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            for _ in 0..<20 {
                let answer = try other.ask("/other").text
                #expect(answer == "/other")
            }
            #expect(try served.connect().ask("/new").text == "/new")
            stop.open()
            #expect(try spinner.response().text == "/spin")
        }
    }

    @Test("of two event loops both serve")
    func twoLoops() async throws {
        let (inside, threads) = (Watched(0), Watched<Set<UInt>>([]))
        let app = httpApp { _, _, send in
            threads.change { $0.insert(threadNumber()) }
            inside.add()
            // Holds its thread until the other request has come too, which only another thread can have taken.
            try inside.wait { $0 >= 2 }
            try await send.answer("met")
        }
        try await serving(app, { $0.eventLoops = 2 }) { served in
            let one = try served.connect()
            try one.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait { $0 == 1 }
            let two = try served.connect()
            try two.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(try one.response().text == "met")
            #expect(try two.response().text == "met")
            #expect(threads.value.count == 2)
        }
    }

    @Test("many loops drain and stop together")
    func manyLoops() async throws {
        try await serving(Apps.hello, { $0.eventLoops = 4 }) { served in
            let clients = try (0..<40).map { _ in try served.connect() }
            for client in clients {
                let answer = try client.ask("/").text
                #expect(answer == "hello")
            }
            served.stop()
            for client in clients {
                let isClosed = try client.isClosed()
                #expect(isClosed)
            }
            try served.ended.wait()
        }
    }
}
