import FoundationEssentials
import NIOCore
import Roost
import Testing

@testable import RoostHost

@Suite("The built-in apps")
struct BuiltinAppTests {
    @Test("the apps have the names by which the command knows them")
    func names() {
        #expect(BuiltinApp.allCases.map(\.rawValue) == ["hello", "hello-wsgi", "echo", "echo-wsgi"])
        #expect(BuiltinApp.hello.framework.mode == .asgi)
        #expect(BuiltinApp.helloWSGI.framework.mode == .wsgi)
        #expect(BuiltinApp.echo.framework.mode == .asgi)
        #expect(BuiltinApp.echoWSGI.framework.mode == .wsgi)
    }

    @Test("hello answers everything with Hello World", arguments: [BuiltinApp.hello, .helloWSGI])
    func hello(app: BuiltinApp) async throws {
        try await withTestClient(app.framework) { client in
            for (method, target) in [("GET", "/"), ("POST", "/x?y"), ("DELETE", "/a/b")] {
                let response = try await client.request(method, target)
                #expect(response.status == 200)
                #expect(response.headers["content-type"] == "text/plain")
                #expect(response.headers["content-length"] == "11")
                #expect(response.text == "Hello World")
            }
            let head = try await client.request("HEAD", "/")
            #expect(head.headers["content-length"] == "11")
            #expect(head.body.readableBytes == 0)
        }
    }

    @Test("the apps answer both halves of the lifespan", arguments: [BuiltinApp.hello, .echo])
    func lifespan(app: BuiltinApp) async throws {
        var config = Config()
        config.lifespan = .on
        try await withTestClient(app.framework, config) { _ in }
    }
}

@Suite("builtin:echo")
struct EchoAppTests {
    private struct Answer: Decodable, Equatable {
        var method: String
        var path: String
        var raw_path: String
        var query_string: String
        var headers: [[String]]
        var body_len: Int
        var body_sha256: String
        var body_head: String
        var scheme: String
        var http_version: String
        var root_path: String
        var request_id: String
        var seq: Int
    }

    private func answer(_ response: TestResponse) throws -> Answer {
        #expect(response.status == 200)
        #expect(response.headers["content-type"] == "application/json")
        #expect(response.headers["content-length"] == "\(response.body.readableBytes)")
        return try JSONDecoder().decode(Answer.self, from: Data(response.body.readableBytesView))
    }

    private func client(_ config: Config = Config()) throws -> TestClient {
        try TestClient(BuiltinApp.echo.framework, config)
    }

    @Test("a request is echoed with every key")
    func everything() async throws {
        var config = Config()
        config.rootPath = "/root"
        let response = try await client(config).request(
            "PATCH", "/a%20b/%C3%A9?x=%20&y", headers: ["x-latin": "caf\u{E9}", "x-quote": #"a"\"#], body: "abc"
        )
        let answer = try answer(response)
        #expect(answer.request_id.utf8.count == 32)
        #expect(response.headers["x-request-id"] == answer.request_id)
        #expect(answer == Answer(
            method: "PATCH", path: "/a b/é", raw_path: "/a%20b/%C3%A9", query_string: "x=%20&y",
            headers: [["host", "test"], ["x-latin", "caf\u{E9}"], ["x-quote", #"a"\"#], ["content-length", "3"]],
            body_len: 3, body_sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", body_head: "abc",
            scheme: "http", http_version: "1.1", root_path: "/root", request_id: answer.request_id, seq: 1
        ))
        #expect(response.text.contains(#""client": ["127.0.0.1", 50000], "server": ["127.0.0.1", 8000]"#))
    }

    @Test("on a Unix socket there is no client, and the server has no port")
    func unixSocket() async throws {
        let client = try TestClient(BuiltinApp.echo.framework, client: nil, address: Endpoint(host: "/run/x.sock", port: nil))
        #expect(try await client.get("/").text.contains(#""client": null, "server": ["/run/x.sock", null]"#))
    }

    @Test("a large body is measured whole, and its first 64 bytes are shown")
    func largeBody() async throws {
        let body = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &+ 0x80) })
        let echoed = try answer(try await client().post("/", body: body))
        #expect(echoed.body_len == 100_000)
        #expect(echoed.body_head.unicodeScalars.map(\.value) == (0x80..<0xC0).map { UInt32($0) })
        var hash = SHA256()
        hash.update(Array(body.readableBytesView).span.bytes)
        #expect(echoed.body_sha256 == hash.finish())
    }

    @Test("requests are counted as they come whole")
    func sequence() async throws {
        let client = try client()
        for number in 1...3 { #expect(try answer(try await client.get("/")).seq == number) }
    }

    @Test("/early is answered before the body has come")
    func early() async throws {
        let connection = try await client().connect()
        connection.send("POST /x/early HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
        var all = ""
        while !all.hasSuffix("early"), let bytes = try await connection.receive() { all += String(buffer: bytes) }
        #expect(all.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("/status/NNN is that status without a body", arguments: [200, 204, 304, 404, 503, 599])
    func status(code: Int) async throws {
        let response = try await client().get("/prefix/status/\(code)")
        #expect(response.status == code)
        #expect(response.body.readableBytes == 0)
    }

    @Test("/stream/N is that many thousand bytes without a length", arguments: [0, 1, 300])
    func stream(pieces: Int) async throws {
        let response = try await client().get("/stream/\(pieces)")
        #expect(response.headers["content-length"] == (pieces == 0 ? response.headers["content-length"] : nil))
        #expect(response.body.readableBytes == pieces * 1000)
    }

    @Test("/sleep/MS is the echo, later")
    func sleep() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let echoed = try answer(try await client().get("/sleep/50"))
        #expect(clock.now - start >= .milliseconds(50))
        #expect(echoed.raw_path == "/sleep/50")
    }

    @Test("/__seen/TOKEN lists what came whole, and what was cut off, of that token")
    func seen() async throws {
        let client = try client()
        _ = try await client.get("/a/token1?q")
        _ = try await client.post("/token1/b", body: "x")
        _ = try await client.get("/token2")
        _ = try await client.post("/token1/early", body: "x")
        let connection = await client.connect()
        connection.send("POST /cut/token1 HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
        try await Task.sleep(for: .milliseconds(50))
        connection.disconnect()
        try await Task.sleep(for: .milliseconds(50))
        let expected = #"["GET /a/token1", "POST /token1/b", "POST /token1/early", "INCOMPLETE POST /cut/token1"]"#
        for _ in 0..<2 { #expect(try await client.get("/__seen/token1").text == expected) }
        #expect(try await client.get("/__seen/none").text == "[]")
    }

    @Test("the end of a path is what counts", arguments: [
        ("/", EchoPath.echo), ("", .echo), ("*", .echo), ("early", .echo), ("/early", .early), ("/a/early", .early), ("/early/", .echo),
        ("/status/204", .status(204)), ("/a/status/500", .status(500)), ("/status/99", .echo), ("/status/100", .echo), ("/status/0200", .echo),
        ("/status/2xx", .echo), ("/stream/3", .stream(3)), ("/stream/-1", .echo), ("/stream/+1", .echo), ("/stream/", .echo),
        ("/stream/99999999999999999999", .echo), ("/sleep/10", .sleep(10)), ("/__seen/abc", .seen("abc")), ("/x/__seen/", .seen("")),
        ("/__seen/early", .seen("early")),
    ])
    func paths(path: String, meaning: EchoPath) {
        #expect(EchoPath(path) == meaning)
    }
}
