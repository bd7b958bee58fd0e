import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The end of connections of HTTP/2")
struct HTTP2EndingTests {
    private typealias GoAway = ServerAnswers.GoAway

    /// Answers when its gate opens.
    private static func waiting(for gate: Gate) -> ASGIFramework {
        httpApp { scope, _, send in
            if scope.rawPath == "/wait" { await gate.opened() }
            try await send.answer("done")
        }
    }

    @Test("a server that shuts down says so, still answers what comes until the client knows, and then nothing more")
    func drain() throws {
        let gate = Gate()
        try withHTTP2(Self.waiting(for: gate)) { client in
            client.begin()
            client.send(.request("GET", "/wait", on: 1))
            client.connection.drain()
            client.run()
            #expect(client.answers.goAways == [GoAway(last: 0x7fff_ffff, code: .none)])
            #expect(client.ask(on: 3).text == "done")
            client.wait(.milliseconds(1100))
            #expect(client.answers.goAways.last == GoAway(last: 3, code: .none) && client.isOpen)
            client.send(.request(on: 5))
            #expect(client.answer(on: 5).status == 0)
            gate.open()
            client.run()
            #expect(client.answer(on: 1).text == "done" && !client.isOpen)
        }
    }

    @Test("an idle connection ends soon when the server shuts down")
    func drainIdle() throws {
        try withHTTP2(Apps.hello) { client in
            client.begin()
            #expect(client.ask(on: 1).text == "hello")
            client.connection.drain()
            client.run()
            #expect(client.isOpen)
            client.wait(.milliseconds(1100))
            #expect(client.answers.goAways == [GoAway(last: 0x7fff_ffff, code: .none), GoAway(last: 1, code: .none)] && !client.isOpen)
        }
    }

    @Test("a connection that is cut off ends at once, and its applications are cancelled")
    func cutOff() throws {
        let cancelled = Watched(0)
        let app = httpApp { _, _, _ in
            do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.add() }
        }
        try withHTTP2(app) { client in
            client.begin()
            client.send(.request(on: 1), .request(on: 3))
            client.connection.cutOff()
            client.run()
            #expect(!client.isOpen)
            while cancelled.value < 2 { client.run() }
        }
    }

    @Test("a connection ends after as many requests as keep_alive_max_requests says")
    func maxRequests() throws {
        try withHTTP2(Apps.hello, { $0.keepAliveMaxRequests = 2 }) { client in
            client.begin()
            #expect(client.ask(on: 1).text == "hello" && client.answers.goAways.isEmpty)
            #expect(client.ask(on: 3).text == "hello" && client.answers.goAways == [GoAway(last: 0x7fff_ffff, code: .none)])
            client.wait(.milliseconds(1100))
            #expect(!client.isOpen && client.answers.goAways.last == GoAway(last: 3, code: .none))
        }
    }

    @Test("an application that says connection: close ends the connection in order")
    func closes() throws {
        let app = httpApp { _, _, send in try await send.answer("bye", headers: ["connection": "close"]) }
        try withHTTP2(app) { client in
            client.begin()
            #expect(client.ask(on: 1).text == "bye" && client.answers.goAways.count == 1)
            client.wait(.milliseconds(1100))
            #expect(!client.isOpen)
        }
    }

    @Test("a client that says it goes is answered, and the connection then closed")
    func clientGoes() throws {
        let gate = Gate()
        try withHTTP2(Self.waiting(for: gate)) { client in
            client.begin()
            client.send(.request("GET", "/wait", on: 1), .goAway())
            #expect(client.isOpen)
            gate.open()
            client.run()
            #expect(client.answer(on: 1).text == "done" && !client.isOpen)
        }
    }

    @Test("a connection without a request ends when its time is over, with a word: header_timeout before the first one, keep_alive_timeout after")
    func idle() throws {
        try withHTTP2(Apps.hello, { $0.headerTimeout = .milliseconds(20) }) { client in
            client.begin()
            client.wait(.milliseconds(30))
            #expect(!client.isOpen && client.answers.goAways == [GoAway(last: 0, code: .none)])
        }
        try withHTTP2(Apps.hello, { $0.keepAliveTimeout = .milliseconds(20) }) { client in
            client.begin()
            #expect(client.ask(on: 1).text == "hello")
            client.wait(.milliseconds(30))
            #expect(!client.isOpen && client.answers.goAways == [GoAway(last: 1, code: .none)])
        }
    }

    @Test("pings do not keep a connection open for ever")
    func pingsWhileIdle() throws {
        try withHTTP2(Apps.hello, { $0.keepAliveTimeout = .milliseconds(50) }) { client in
            client.begin()
            _ = client.ask(on: 1)
            for _ in 0..<10 where client.isOpen {
                client.wait(.milliseconds(10))
                client.send(.ping())
            }
            #expect(!client.isOpen)
        }
    }

    @Test("a head that does not become whole in time ends the connection")
    func headerTimeout() throws {
        try withHTTP2(Apps.hello, { $0.headerTimeout = .milliseconds(20) }) { client in
            client.begin()
            let request = ClientFrame.request(on: 1).bytes
            client.send(Array(request.dropLast()))
            client.wait(.milliseconds(30))
            #expect(!client.isOpen)
        }
    }

    @Test("a body that stops coming is answered with 408, on its stream alone")
    func readTimeout() throws {
        try withHTTP2(Apps.echo, { $0.readTimeout = .milliseconds(20) }) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false), .data("some", on: 1))
            client.wait(.milliseconds(30))
            #expect(client.answer(on: 1).status == 408 && client.answer(on: 1).hasEnded && client.isOpen)
            #expect(client.ask(on: 3).status == 200)
        }
    }

    @Test("a refused request with HEAD is over too, though its body never comes")
    func refusedHead() throws {
        try withHTTP2(Apps.echo, { $0.readTimeout = .milliseconds(20) }) { client in
            client.begin()
            client.send(.request("HEAD", on: 1, ends: false))
            client.wait(.milliseconds(30))
            #expect(client.answer(on: 1).status == 408 && client.answer(on: 1).hasEnded && client.answer(on: 1).reset == ServerAnswers.ErrorCode.none)
            #expect(client.connection.isIdle && client.isOpen)
        }
    }

    @Test("a request whose rest is yet to be read is served, though its client has sent everything")
    func endIsNear() throws {
        try withHTTP2(Apps.echo) { client in
            client.begin()
            client.send(.request("POST", on: 1, ends: false), .data("first ", on: 1))
            client.connection.endIsNear()
            client.send(.data("last", on: 1, ends: true))
            client.connection.readEnded()
            client.run()
            #expect(client.answer(on: 1).text == "first last" && client.answer(on: 1).hasEnded && !client.isOpen)
        }
    }

    @Test("a client that leaves its window closed is cut off when write_timeout is over, on its stream alone")
    func writeTimeout() throws {
        let log = LogCapture()
        let app = httpApp { _, _, send in try await send.answer(String(repeating: "x", count: 1000)) }
        try withHTTP2(app, log: log, { $0.writeTimeout = .milliseconds(20) }) { client in
            client.begin([(4, 100)])
            client.send(.request(on: 1))
            client.wait(.milliseconds(30))
            #expect(client.answer(on: 1).reset == .cancel && client.isOpen)
            #expect(log.lines(containing: "took nothing").count == 1)
        }
    }

    @Test("a client that reads nothing is cut off when write_timeout is over")
    func unreadOutput() throws {
        try withHTTP2(Apps.hello, { $0.writeTimeout = .milliseconds(20) }) { client in
            client.begin()
            client.reads = false
            client.send(.request(on: 1))
            client.wait(.milliseconds(30))
            #expect(!client.isOpen)
        }
    }
}
