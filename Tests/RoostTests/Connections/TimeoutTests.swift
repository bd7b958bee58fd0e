import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Timeouts of a connection", .timeLimit(.minutes(1)))
struct TimeoutTests {
    private static let short = Duration.milliseconds(150)

    @Test("a head that drips in is answered with 408 when its time is over, however steadily it drips")
    func headerTimeout() async throws {
        try await serving(Apps.hello, { $0.headerTimeout = Self.short }) { served in
            let start = monotonicSeconds()
            let client = try served.connect()
            let head = Array("GET / HTTP/1.1\r\nhost: a\r\nx: \(String(repeating: "y", count: 5000))".utf8)
            for byte in head {
                // Whoever goes on after the end may be told so.
                guard (try? client.send([byte])) != nil, client.staysSilent(milliseconds: 5) else { break }
            }
            #expect(monotonicSeconds() - start >= 0.1)
            let response = try client.response()
            #expect(response.status == 408 && response.closes)
            #expect(try client.isClosed())
            try served.logged("header_timeout")
        }
    }

    @Test("the time for a later request's head counts from its first byte")
    func laterHead() async throws {
        try await serving(Apps.hello, { $0.headerTimeout = Self.short }) { served in
            let client = try served.connect()
            #expect(try client.ask("/").text == "hello")
            usleep(300_000)
            #expect(try client.ask("/").text == "hello")
            try client.send("GET / HT")
            #expect(try client.response().status == 408)
        }
    }

    @Test("a connection on which nothing comes is closed without a word")
    func nothingCame() async throws {
        try await serving(Apps.hello, { $0.headerTimeout = Self.short }) { served in
            let client = try served.connect()
            #expect(try client.isClosed())
            #expect(served.log.lines(containing: "refused").isEmpty)
        }
    }

    @Test("a connection that has served is closed without a word when nothing more comes")
    func keepAliveTimeout() async throws {
        try await serving(Apps.hello, { $0.keepAliveTimeout = Self.short }) { served in
            let client = try served.connect()
            let start = monotonicSeconds()
            #expect(try client.ask("/").text == "hello")
            #expect(try client.isClosed())
            #expect(monotonicSeconds() - start >= 0.1)
        }
    }

    @Test("each request starts the keep-alive time anew")
    func keepAliveAnew() async throws {
        try await serving(Apps.hello, { $0.keepAliveTimeout = .milliseconds(400) }) { served in
            let client = try served.connect()
            for _ in 0..<4 {
                let answer = try client.ask("/").text
                #expect(answer == "hello")
                usleep(150_000)
            }
            #expect(try client.isClosed())
        }
    }

    @Test("a body that stops coming is answered with 408, and its application told")
    func readTimeout() async throws {
        let told = Watched(false)
        let app = httpApp { _, receive, send in
            if try await receive.body() == nil { told.value = true }
            try await send.answer("too late")
        }
        try await serving(app, { $0.readTimeout = Self.short }) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01234")
            let response = try client.response()
            #expect(response.status == 408 && response.closes)
            try told.waitUntilTrue()
            #expect(try client.isClosed())
        }
    }

    @Test("a body that stops coming after the response has begun cuts the connection")
    func readTimeoutAfterStart() async throws {
        let app = httpApp { _, receive, send in
            try await send.start()
            try await send.piece("begun")
            _ = try await receive.body()
        }
        try await serving(app, { $0.readTimeout = Self.short }) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01234")
            #expect(throws: ResponseError.self) { try client.response() }
        }
    }

    @Test("a body that comes slowly but steadily is waited for")
    func slowBody() async throws {
        try await serving(Apps.echo, { $0.readTimeout = .milliseconds(400) }) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\n")
            for byte in "steady".utf8 {
                usleep(120_000)
                try client.send([byte])
            }
            #expect(try client.response().text == "steady")
        }
    }

    @Test("an application that takes its time with the body is not the client's fault")
    func slowApplication() async throws {
        let app = httpApp { _, receive, send in
            try await Task.sleep(for: .milliseconds(400))
            let body = try await receive.body()
            try await send.answer("\(body?.readableBytes ?? -1)")
        }
        try await serving(app, { $0.readTimeout = .milliseconds(250) }) { served in
            let client = try served.connect()
            // More than is read ahead: the rest waits for the application, not for the client.
            let size = 4 << 20
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: \(size)\r\n\r\n")
            let sent = try client.sendWhatIsTaken(of: size, quietMilliseconds: 3000)
            #expect(sent == size)
            #expect(try client.response().text == "\(size)")
        }
    }

    @Test("a client that waits to be asked for its body is not late while the application does not ask")
    func notYetAsked() async throws {
        let app = httpApp { _, receive, send in
            try await Task.sleep(for: .milliseconds(400))
            let body = try await receive.body()
            try await send.answer("\(body?.readableBytes ?? -1)")
        }
        try await serving(app, { $0.readTimeout = .milliseconds(200) }) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n")
            #expect(try client.response().status == 100)
            usleep(100_000)
            try client.send("body")
            #expect(try client.response().text == "4")

            // Once asked, it is the client's turn.
            try client.send("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n")
            #expect(try client.response().status == 100)
            #expect(try client.response().status == 408)
        }
    }

    @Test("a rest of a body that nobody wants and that does not come ends the connection")
    func discardTimeout() async throws {
        try await serving(Apps.path, { $0.readTimeout = Self.short }) { served in
            let client = try served.connect()
            try client.send("POST /early HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n01234")
            #expect(try client.response().text == "/early")
            #expect(try client.isClosed())
        }
    }

    @Test("no time limit ends an application that thinks for long")
    func longThought() async throws {
        let app = httpApp { _, _, send in
            try await Task.sleep(for: .milliseconds(500))
            try await send.answer("at last")
        }
        let configure = { @Sendable (config: inout Config) in
            config.headerTimeout = .milliseconds(50)
            config.keepAliveTimeout = .milliseconds(50)
            config.readTimeout = .milliseconds(50)
            config.writeTimeout = .milliseconds(50)
        }
        try await serving(app, configure) { served in
            #expect(try served.connect().ask("/").text == "at last")
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody")
            #expect(try client.response().text == "at last")
        }
    }

    @Test("without limits nothing is ever due")
    func off() throws {
        try withMemoryConnection(Apps.hello) {
            $0.headerTimeout = nil
            $0.keepAliveTimeout = nil
            $0.readTimeout = nil
            $0.writeTimeout = nil
        } _: { memory in
            #expect(memory.connection.deadline == .distantFuture)
            memory.receive("GET / HT")
            #expect(memory.connection.deadline == .distantFuture)
            memory.receive("TP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.connection.deadline == .distantFuture)
            _ = memory.written()
            #expect(memory.connection.deadline == .distantFuture)
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n")
            #expect(memory.connection.deadline == .distantFuture)
        }
    }

    @Test("a deadline that was announced and has come to nothing harms nothing")
    func reachedTooLate() throws {
        let app = httpApp { _, receive, _ in
            _ = try await receive.body()
            _ = try await receive()
        }
        try withMemoryConnection(app) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            memory.connection.deadlineReached()
            #expect(memory.isOpen && memory.written() == "")
        }
    }
}
