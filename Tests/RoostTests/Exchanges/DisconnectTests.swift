import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Clients that go away", .timeLimit(.minutes(1)))
struct DisconnectTests {
    private static let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"
    private static let tcp: @Sendable (inout Config) -> Void = { $0.bind = [.anyLoopbackPort] }

    @Test("an application that waits in receive is told", arguments: [false, true])
    func told(onTCP: Bool) async throws {
        let (inside, told) = (Gate(), Watched(false))
        let app = httpApp { _, receive, _ in
            _ = try await receive()
            inside.open()
            if case .httpDisconnect = try await receive() { told.value = true }
        }
        try await serving(app, onTCP ? Self.tcp : { _ in }) { served in
            let client = try served.connect()
            try client.send(Self.get)
            try inside.wait()
            #expect(!told.value)
            client.close()
            try told.waitUntilTrue()
        }
    }

    @Test("every receive from then on says the same, and sends do nothing")
    func afterwards() async throws {
        let (inside, done) = (Gate(), Watched(0))
        let app = httpApp { _, receive, send in
            _ = try await receive()
            inside.open()
            for _ in 0..<3 { if case .httpDisconnect = try await receive() { done.add() } }
            try await send.start()
            for _ in 0..<50 { try await send(.httpResponseBody(ByteBuffer(repeating: 1, count: 100_000), more: true)) }
            try await send.piece("", more: false)
            done.add()
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send(Self.get)
            try inside.wait()
            client.close()
            try done.wait { $0 == 4 }
            try Watched(0).wait { _ in served.log.errors.isEmpty }
        }
    }

    @Test("an application that waits for something else is cancelled when the grace is over")
    func cancelled() async throws {
        let (inside, cancelledAfter) = (Gate(), Watched(-1.0))
        let app = httpApp { _, _, _ in
            inside.open()
            let start = monotonicSeconds()
            do { try await Task.sleep(for: .seconds(60)) } catch {
                cancelledAfter.value = monotonicSeconds() - start
                throw error
            }
        }
        try await serving(app, { $0.disconnectGrace = .milliseconds(200) }) { served in
            let client = try served.connect()
            try client.send(Self.get)
            try inside.wait()
            client.close()
            try cancelledAfter.wait { $0 >= 0.1 }
            usleep(20_000)
            #expect(served.log.errors.isEmpty)
        }
    }

    @Test("an application that notices by itself within the grace is not cancelled")
    func withinGrace() async throws {
        let (inside, ended) = (Gate(), Watched<Bool?>(nil))
        let app = httpApp { _, receive, _ in
            _ = try await receive()
            inside.open()
            _ = try await receive()
            try? await Task.sleep(for: .milliseconds(50))
            ended.value = Task.isCancelled
        }
        try await serving(app, { $0.disconnectGrace = .seconds(30) }) { served in
            let client = try served.connect()
            try client.send(Self.get)
            try inside.wait()
            client.close()
            #expect(try ended.wait { $0 != nil } == false)
        }
    }

    @Test("an application that streams for ever, without waiting for anything, ends when its client has gone, and others are served meanwhile",
        arguments: ["GET", "HEAD"])
    func endlessStream(method: String) async throws {
        let (inside, ended) = (Gate(), Watched(false))
        let app = httpApp { scope, _, send in
            guard scope.rawPath == "/endless" else { return try await send.answer("other") }
            defer { ended.value = true }
            try await send.start()
            inside.open()
            while true { try await send(.httpResponseBody(ByteBuffer(string: "again and again"), more: true)) }
        }
        try await serving(app, { $0.disconnectGrace = .milliseconds(50) }) { served in
            let (client, other) = (try served.connect(), try served.connect())
            try client.send("\(method) /endless HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            #expect(try other.ask("/").text == "other")
            client.close()
            for _ in 0..<10 {
                let answer = try other.ask("/").text
                #expect(answer == "other")
            }
            try ended.waitUntilTrue()
            #expect(served.log.errors.isEmpty)
        }
    }

    @Test("a client that resets its connection leaves no trace but the log's silence")
    func reset() async throws {
        let (inside, told) = (Gate(), Watched(false))
        let app = httpApp { scope, receive, send in
            guard scope.rawPath == "/wait" else { return try await send.answer("fine") }
            _ = try await receive()
            inside.open()
            _ = try await receive()
            told.value = true
        }
        try await serving(app, Self.tcp) { served in
            let client = try served.connect()
            try client.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
            try inside.wait()
            try client.reset()
            try told.waitUntilTrue()
            #expect(try served.connect().ask("/").text == "fine")
        }
    }

    @Test("a request whose client is gone before it was read is still given to the application, with its body")
    func goneBefore() async throws {
        let body = Watched("")
        let app = httpApp { _, receive, send in
            if let got = try await receive.body() { body.value = String(buffer: got) }
            try await send.answer("to nobody")
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello")
            client.close()
            try body.wait { $0 == "hello" }
        }
    }

    @Test("a send or receive that is kept beyond its request does nothing to the next request on the same connection")
    func keptBeyond() async throws {
        let kept = Watched<(ASGIReceive, ASGISend)?>(nil)
        let outcome = Watched<[String]>([])
        let app = httpApp { scope, receive, send in
            if scope.rawPath == "/first" {
                kept.value = (receive, send)
                return try await send.answer("first")
            }
            guard let (oldReceive, oldSend) = kept.value else { throw Deliberate() }
            try await send.start(headers: ["content-length": "6"])
            do { try await oldSend.piece("stolen") } catch { outcome.change { $0.append("\(type(of: error))") } }
            do { try await oldSend.start(500) } catch { outcome.change { $0.append("\(type(of: error))") } }
            if case .httpRequest(let body, false) = try await oldReceive() { outcome.change { $0.append("\(body.readableBytes)") } }
            if case .httpDisconnect = try await oldReceive() { outcome.change { $0.append("disconnect") } }
            try await send.piece("second", more: false)
        }
        try await serving(app) { served in
            let client = try served.connect()
            #expect(try client.ask("/first").text == "first")
            #expect(try client.ask("/second").text == "second")
            #expect(outcome.value == ["ASGIError", "ASGIError", "0", "disconnect"])
        }
    }

    @Test("a send that is kept beyond the server itself does nothing, and returns")
    func keptBeyondServer() async throws {
        let kept = Watched<(ASGIReceive, ASGISend)?>(nil)
        let app = httpApp { _, receive, send in
            _ = try await receive()
            kept.value = (receive, send)
            try await send.start()
            try await send.piece("begun")
        }
        try await serving(app) { served in
            let client = try served.connect()
            #expect(throws: ResponseError.self) { try client.ask("/") }
        }
        // The loop's thread ends a moment after `serve` has returned.
        try await Task.sleep(for: .milliseconds(100))
        let (receive, send) = try #require(kept.value)
        if case .httpDisconnect = try await receive() {} else { Issue.record("the client is gone") }
        try? await send.piece("too late", more: true)
        try? await send.piece("too late", more: false)
    }

    @Test("an application that waits in receive is told although its client has pipelined more", arguments: [false, true])
    func toldBehindPipelined(halfClosing: Bool) async throws {
        let (inside, told) = (Watched(0), Watched(0))
        let app = httpApp { scope, receive, send in
            _ = try await receive()
            inside.add()
            if case .httpDisconnect = try await receive() { told.add() }
            try await send.answer(scope.rawPath)
        }
        try await serving(app, Self.tcp) { served in
            let client = try served.connect()
            try client.send((1...3).map { "GET /\($0) HTTP/1.1\r\nhost: a\r\n\r\n" }.joined())
            try inside.wait { $0 == 1 }
            usleep(20_000)
            #expect(told.value == 0)
            if halfClosing {
                client.halfClose()
                for number in 1...3 {
                    let answer = try client.response().text
                    #expect(answer == "/\(number)")
                }
                #expect(try client.isClosed())
                #expect(told.value == 3)
            } else {
                client.close()
                try told.wait { $0 >= 1 }
            }
        }
    }

    @Test("two receives at once each get an event")
    func twoReceives() async throws {
        let (inside, events) = (Watched(0), Watched<[String]>([]))
        let app = httpApp { _, receive, send in
            await withTaskGroup(of: String.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        inside.add()
                        switch try? await receive() {
                        case .httpRequest(let body, let more): return "\(String(buffer: body)) \(more)"
                        case .httpDisconnect: return "disconnect"
                        default: return "?"
                        }
                    }
                }
                for await event in group { events.change { $0.append(event) } }
            }
            try await send.answer("both")
        }
        try await serving(app) { served in
            let client = try served.connect()
            try client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            try inside.wait { $0 == 2 }
            usleep(20_000)
            try client.send("3\r\nabc\r\n")
            try events.wait { $0.count == 1 }
            try client.send("0\r\n\r\n")
            #expect(try client.response().text == "both")
            #expect(events.value == ["abc true", " false"])
        }
    }

    @Test("an application that waits for a disconnect after its response was sent is told that it is over")
    func afterResponse() async throws {
        let told = Watched(false)
        let app = httpApp { _, receive, send in
            _ = try await receive()
            async let next = receive()
            try await send.answer("done")
            if case .httpDisconnect = try await next { told.value = true }
        }
        try await serving(app) { served in
            let client = try served.connect()
            #expect(try client.ask("/").text == "done")
            try told.waitUntilTrue()
            #expect(try client.ask("/").text == "done")
        }
    }
}
