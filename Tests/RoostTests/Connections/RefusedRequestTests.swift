import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("Requests that are refused")
struct RefusedRequestTests {
    private static let neverApp = httpApp { _, _, _ in Issue.record("the application saw a refused request") }

    @Test("the client gets the status and a closed connection, and the application nothing", arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        ("GET / HTTP/2.0\r\nhost: a\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nhost: a\r\nexpect: tea\r\ncontent-length: 1\r\n\r\n", 417),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nhost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nhost: a\r\nx: \(String(repeating: "a", count: 9000))\r\n\r\n", 431),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400),
    ])
    func refused(_ request: String, _ status: Int) throws {
        let log = LogCapture()
        try withMemoryConnection(Self.neverApp, log: log) { memory in
            memory.receive(request)
            let response = try #require(memory.responses().first)
            #expect(response.status == status)
            #expect(response.closes)
            #expect(response.text == response.reason)
            #expect(memory.closesAfterOutput && !memory.connection.wantsRead)
        }
        #expect(log.lines(containing: "request refused").first?.metadata["status"] == "\(status)")
        #expect(log.errors.isEmpty)
    }

    @Test("nothing behind a refused request is answered")
    func nothingBehind() throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\nBAD\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().map(\.status) == [200, 400])
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.written() == "")
        }
    }

    @Test("the answer to a bad request behind a HEAD or an HTTP/1.0 request is an ordinary one", arguments: [
        "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    ])
    func independent(_ first: String) throws {
        try withMemoryConnection(Apps.hello) { memory in
            memory.receive(first)
            _ = memory.written()
            memory.receive("BAD\r\n\r\n")
            let response = try #require(memory.responses().first)
            #expect(response.status == 400)
            #expect(response.text == "Bad Request")
            #expect(response.closes)
        }
    }

    @Test("a large body with a bad chunk behind a head that came in two pieces is refused like any other")
    func largeInput() throws {
        try withMemoryConnection(Apps.echo) { memory in
            let padding = (0..<4).map { "x\($0): \(String(repeating: "p", count: 7000))\r\n" }.joined()
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\(padding)")
            let chunk = String(repeating: "c", count: 60_000)
            memory.receive("\r\n\(String(chunk.utf8.count, radix: 16))\r\n\(chunk)\r\nnonsense\r\n")
            let response = try #require(memory.responses().first)
            #expect(response.status == 400)
            #expect(memory.closesAfterOutput)
        }
    }

    @Test("a body that is announced too large is refused before the application runs")
    func announcedTooLarge() throws {
        try withMemoryConnection(Self.neverApp) { $0.maxBodySize = 100 } _: { memory in
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 101\r\n\r\n")
            #expect(memory.responses().first?.status == 413)
            #expect(memory.closesAfterOutput)
        }
        try withMemoryConnection(Self.neverApp) { $0.maxBodySize = 100 } _: { memory in
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: \(Int.max)\r\n\r\n")
            #expect(memory.responses().first?.status == 413)
        }
    }

    @Test("a body of exactly the largest size is taken")
    func largest() throws {
        try withMemoryConnection(Apps.echo) { $0.maxBodySize = 100 } _: { memory in
            let body = String(repeating: "b", count: 100)
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n\(body)")
            #expect(memory.responses().first?.text == body)
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n64\r\n\(body)\r\n0\r\n\r\n")
            #expect(memory.responses().first?.text == body)
        }
    }

    @Test("a limit for WSGI applications holds for them alone")
    func limitOfWSGI() async throws {
        var config = Config()
        (config.maxBodySize, config.wsgiMaxBodySize) = (10, 100)
        let wsgi: WSGIFramework = { environment, startResponse in
            try startResponse("200 OK")
            return WSGIBody("\(try environment.input.read().readableBytes)")
        }
        for (app, longest) in [(Framework.wsgi(wsgi), 100), (.asgi(Apps.echo), 10)] {
            let client = try TestClient(app, config)
            #expect(try await client.request("POST", "/", body: ByteBuffer(repeating: 0x62, count: longest)).status == 200)
            #expect(try await client.request("POST", "/", body: ByteBuffer(repeating: 0x62, count: longest + 1)).status == 413)
        }
    }

    @Test("a chunked body that grows too large is refused while the application runs, which sees a disconnect")
    func growsTooLarge() throws {
        let events = Watched<[String]>([])
        let app = httpApp { _, receive, send in
            for _ in 0..<3 {
                switch try await receive() {
                case .httpRequest(let body, let more): events.change { $0.append("\(body.readableBytes) \(more)") }
                case .httpDisconnect: events.change { $0.append("disconnect") }
                default: break
                }
            }
            try await send.answer("too late")
        }
        try withMemoryConnection(app) { $0.maxBodySize = 100 } _: { memory in
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n32\r\n\(String(repeating: "b", count: 50))\r\n")
            memory.receive("33\r\n\(String(repeating: "b", count: 51))\r\n0\r\n\r\n")
            let responses = memory.responses()
            #expect(responses.map(\.status) == [413])
            #expect(memory.closesAfterOutput)
        }
        #expect(events.value == ["50 true", "disconnect", "disconnect"])
    }

    @Test("a body that turns out bad after the response was begun cuts the connection")
    func badAfterStart() throws {
        let app = httpApp { _, receive, send in
            try await send.start()
            try await send.piece("begun")
            _ = try await receive.body()
            try await send.piece("whole", more: false)
        }
        try withMemoryConnection(app) { memory in
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
            #expect(memory.written().hasSuffix("5\r\nbegun\r\n"))
            memory.receive("nonsense")
            #expect(memory.closesNow)
            #expect(memory.written() == "")
        }
    }
}
