import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The http scope", .timeLimit(.minutes(1)))
struct ScopeTests {
    /// Gives one request to `look`, in memory.
    private func scope(of request: String, rootPath: String = "", _ look: @escaping @Sendable (HTTPScope) -> Void) throws {
        let seen = Watched(0)
        let app = httpApp { scope, _, send in
            look(scope)
            seen.add()
            try await send.answer("")
        }
        try withMemoryConnection(app) { $0.rootPath = rootPath } _: { memory in memory.receive(request) }
        #expect(seen.value == 1)
    }

    @Test("it says what came")
    func received() throws {
        try scope(of: "PUT /a%20b/%C3%A4?x=%201&y HTTP/1.1\r\nHost: example.org\r\nX-Two: 1\r\nx-two: 2\r\n\r\n", rootPath: "/app") { scope in
            #expect(scope.method == "PUT" && scope.httpVersion == "1.1" && scope.scheme == "http")
            #expect(scope.path == "/a b/ä" && scope.rawPath == "/a%20b/%C3%A4" && scope.queryString == "x=%201&y")
            #expect(scope.rootPath == "/app")
            #expect(scope.headers.map { "\($0.name): \($0.value)" } == ["host: example.org", "x-two: 1", "x-two: 2"])
            #expect(scope.client == nil)
            #expect(scope.server == Endpoint(host: "/test.sock", port: nil))
            #expect(scope.state.isEmpty)
        }
        try scope(of: "GET / HTTP/1.0\r\n\r\n") { scope in
            #expect(scope.httpVersion == "1.0" && scope.queryString == "" && scope.rootPath == "" && scope.headers.isEmpty)
        }
    }

    @Test("absolute and asterisk targets")
    func targets() throws {
        try scope(of: "GET http://example.org/p?q HTTP/1.1\r\nhost: example.org\r\n\r\n") { scope in
            #expect(scope.path == "/p" && scope.rawPath == "/p" && scope.queryString == "q")
        }
        try scope(of: "OPTIONS * HTTP/1.1\r\nhost: example.org\r\n\r\n") { scope in
            #expect(scope.method == "OPTIONS" && scope.path == "*")
        }
    }

    @Test("what middleware sets replaces what came, for whom it is given to only")
    func overrides() throws {
        try scope(of: "GET /p HTTP/1.1\r\nhost: a\r\n\r\n") { original in
            var scope = original
            scope.scheme = "https"
            scope.path = "/q"
            scope.rootPath = "/r"
            scope.headers = ["host": "b"]
            scope.client = Endpoint(host: "::1", port: 7)
            scope.state["key"] = 1
            #expect(scope.scheme == "https" && scope.path == "/q" && scope.rootPath == "/r" && scope.headers["host"] == "b")
            #expect(scope.client?.description == "[::1]:7" && scope.state["key"] as? Int == 1)
            #expect(scope.rawPath == "/p" && scope.method == "GET")
            #expect(original.scheme == "http" && original.path == "/p" && original.headers["host"] == "a" && original.client == nil)
            scope.client = nil
            #expect(scope.client == nil && scope.path == "/q")
        }
    }

    @Test("a scope that is kept is still whole when its connection is gone")
    func kept() throws {
        let kept = Watched<HTTPScope?>(nil)
        try scope(of: "GET /kept HTTP/1.1\r\nhost: a\r\n\r\n") { kept.value = $0 }
        #expect(kept.value?.rawPath == "/kept" && kept.value?.headers["host"] == "a")
    }

    @Test("on TCP it names both ends as they are")
    func ends() async throws {
        let app = httpApp { scope, _, send in try await send.answer("\(scope.client?.description ?? "") \(scope.server?.description ?? "")") }
        try await serving(app, { $0.bind = [.anyLoopbackPort] }) { served in
            let client = try served.connect()
            let answer = try client.ask("/").text
            #expect(answer == "127.0.0.1:\(try client.localPort()) \(served.endpoint)")
        }
    }

    @Test("on a Unix socket the client has no address, and the server is the path")
    func unixEnds() async throws {
        let app = httpApp { scope, _, send in try await send.answer("\(scope.client?.description ?? "none") \(scope.server?.host ?? "")") }
        try await serving(app) { served in
            let answer = try served.connect().ask("/").text
            #expect(answer == "none \(served.endpoint.host)")
        }
    }
}
