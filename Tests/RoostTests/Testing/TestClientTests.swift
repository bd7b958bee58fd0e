import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The test client")
struct TestClientTests {
    private struct Failure: Error, Equatable {}

    /// Answers with method, path, fields and body.
    private static let describing: ASGIFramework = { scope, receive, send in
        guard case .http(let scope) = scope else { throw Failure() }
        var body = ByteBuffer()
        while case .httpRequest(var piece, let more) = try await receive() {
            body.writeBuffer(&piece)
            if !more { break }
        }
        let fields = scope.headers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        try await send(.httpResponseStart(status: 200, headers: ["x-fields": fields]))
        try await send(.httpResponseBody(ByteBuffer(string: "\(scope.method) \(scope.rawPath)?\(scope.queryString) \(String(buffer: body))")))
    }

    @Test("a request reaches the application as it was made, and its response comes back")
    func roundTrip() async throws {
        let client = try TestClient(Self.describing)
        let response = try await client.request("PUT", "/a%20b?c=d", headers: ["x-one": "1", "x-two": "é"], body: "body")
        #expect(response.status == 200)
        #expect(response.text == "PUT /a%20b?c=d body")
        #expect(response.headers["X-Fields"] == "host=test,x-one=1,x-two=é,content-length=4")
        #expect(response.headers["content-length"] == "19")
        #expect(try await client.get("/").text == "GET /? ")
        #expect(try await client.post("/", body: ByteBuffer(string: "x")).text == "POST /? x")
    }

    @Test("it is the real core that answers: what is malformed never reaches the application")
    func realCore() async throws {
        let client = try TestClient(Self.describing)
        #expect(try await client.get("/%zz").status == 400)
        #expect(try await client.request("GET", "/", headers: ["bad name": "x"]).status == 400)
        #expect(try await client.request("POST", "/", headers: ["content-length": "99999999999"]).status == 413)
    }

    @Test("the lifespan runs around the client's requests, and its state reaches them")
    func lifespan() async throws {
        let events = Watched<[String]>([])
        let app: ASGIFramework = { scope, receive, send in
            switch scope {
            case .http(let scope):
                events.change { $0.append("request") }
                try await send(.httpResponseStart(status: 200))
                try await send(.httpResponseBody(ByteBuffer(string: "\(scope.state["answer"] ?? "none")")))
            case .websocket: throw Deliberate()
            case .lifespan(let scope):
                _ = try await receive()
                scope.state["answer"] = 42
                events.change { $0.append("startup") }
                try await send(.lifespanStartupComplete)
                _ = try await receive()
                events.change { $0.append("shutdown") }
                try await send(.lifespanShutdownComplete)
            }
        }
        let text = try await withTestClient(app) { client in
            try await client.get("/").text
        }
        #expect(text == "42")
        #expect(events.value == ["startup", "request", "shutdown"])
        await #expect(throws: Failure()) {
            try await withTestClient(app) { _ in throw Failure() }
        }
        #expect(events.value == ["startup", "request", "shutdown", "startup", "shutdown"])
    }

    @Test("an application that fails to start fails the test, not the requests")
    func failedStartup() async throws {
        let app: ASGIFramework = { scope, receive, send in
            guard case .lifespan = scope else { return }
            _ = try await receive()
            try await send(.lifespanStartupFailed(message: "no database"))
        }
        await #expect(throws: LifespanError.self) {
            try await withTestClient(app) { _ in Issue.record("it was started") }
        }
    }

    @Test("a response that the application does not finish is told apart from a whole one")
    func truncated() async throws {
        let log = LogCapture()
        var config = Config()
        config.logger = log.logger
        let app: ASGIFramework = { scope, _, send in
            guard case .http(let scope) = scope else { throw Failure() }
            try await send(.httpResponseStart(status: 200, headers: scope.path == "/length" ? ["content-length": "9"] : [:]))
            try await send(.httpResponseBody(ByteBuffer(string: "begun"), more: true))
            throw Failure()
        }
        let client = try TestClient(app, config)
        for path in ["/length", "/chunked"] {
            do {
                _ = try await client.get(path)
                Issue.record("\(path) was whole")
            } catch TestClientError.truncated(let partial) {
                #expect(partial?.text == "begun")
            }
        }
    }

    @Test("a response until the connection's end is whole with it, and cut short it is a reset")
    func untilEnd() async throws {
        var config = Config()
        config.logger = LogCapture().logger
        let app: ASGIFramework = { scope, _, send in
            guard case .http(let scope) = scope else { throw Failure() }
            try await send(.httpResponseStart(status: 200))
            try await send(.httpResponseBody(ByteBuffer(string: "a"), more: true))
            if scope.path == "/cut" { throw Failure() }
            try await send(.httpResponseBody(ByteBuffer(string: "b")))
        }
        let client = try TestClient(app, config)
        let whole = await client.connect()
        whole.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try await whole.receiveAll().hasSuffix("\r\n\r\nab"))
        let cut = await client.connect()
        cut.send("GET /cut HTTP/1.0\r\n\r\n")
        await #expect(throws: TestClientError.self) { try await cut.receiveAll() }
    }

    @Test("a connection carries pipelined requests, split wherever")
    func pipelining() async throws {
        let connection = try await TestClient(Self.describing).connect()
        for byte in "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".utf8 {
            connection.send(ByteBuffer(bytes: [byte]))
        }
        let all = try await connection.receiveAll()
        #expect(all.contains("GET /1? "))
        #expect(all.hasSuffix("POST /2? x"))
    }

    @Test("an application sees a client that leaves")
    func disconnect() async throws {
        let seen = Watched(false)
        let app: ASGIFramework = { _, receive, _ in
            while true {
                if case .httpDisconnect = try await receive() { break }
            }
            seen.value = true
        }
        let connection = try await TestClient(app).connect()
        connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.disconnect()
        #expect(try await eventually { seen.value })
        #expect(try await connection.receive() == nil)
    }

    @Test("a connection that nobody refers to is closed")
    func dropped() async throws {
        let seen = Watched(false)
        let app: ASGIFramework = { _, receive, _ in
            while true {
                if case .httpDisconnect = try await receive() { break }
            }
            seen.value = true
        }
        let client = try TestClient(app)
        do {
            let connection = await client.connect()
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        #expect(try await eventually { seen.value })
    }

    @Test("a client that only stops sending still gets its response")
    func halfClose() async throws {
        let connection = try await TestClient(Self.describing).connect()
        connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.endSending()
        #expect(try await connection.receiveAll().hasSuffix("GET /? "))
    }

    @Test("a slow client holds the application up")
    func backPressure() async throws {
        let sent = Watched(0)
        let app: ASGIFramework = { _, _, send in
            try await send(.httpResponseStart(status: 200))
            for _ in 0..<1000 {
                try await send(.httpResponseBody(ByteBuffer(repeating: 0x78, count: 10_000), more: true))
                sent.add()
            }
            try await send(.httpResponseBody())
        }
        let connection = try await TestClient(app).connect()
        connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(try await eventually { sent.value > 3 })
        try await Task.sleep(for: .milliseconds(50))
        #expect(sent.value < 20)
        #expect(try await connection.receiveAll().utf8.count > 10_000_000)
    }

    @Test("time limits hold as they do on sockets")
    func timeouts() async throws {
        var config = Config()
        config.readTimeout = .milliseconds(100)
        config.logger = LogCapture().logger
        let connection = try await TestClient(Self.describing, config).connect()
        connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab")
        let all = try await connection.receiveAll()
        #expect(all.hasPrefix("HTTP/1.1 408 "))
    }

    @Test("a cancelled test does not wait for an application that never answers")
    func cancellation() async throws {
        let app: ASGIFramework = { _, receive, _ in
            while true {
                if case .httpDisconnect = try await receive() { break }
            }
        }
        let client = try TestClient(app)
        let request = Task { try await client.get("/") }
        try await Task.sleep(for: .milliseconds(20))
        request.cancel()
        await #expect(throws: CancellationError.self) { try await request.value }
    }
}
