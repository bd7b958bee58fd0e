import HTTPWire
import Testing

@testable import Roost

@Suite("Middleware", .timeLimit(.minutes(1)))
struct MiddlewareTests {
    /// Answers with its name and what it sees of the path.
    private static func named(_ name: String) -> ASGIFramework {
        httpApp { scope, _, send in try await send.answer("\(name) \(scope.rootPath) \(scope.path)") }
    }

    private static func lifespan(_ name: String, _ seen: Watched<[String]>, failsIn stage: String = "") -> ASGIFramework {
        { scope, receive, send in
            guard case .lifespan(let life) = scope else { return try await send.answer(name) }
            while true {
                switch try await receive() {
                case .lifespanStartup:
                    seen.change { $0.append("\(name) up") }
                    life.state[name] = "state"
                    if stage == "startup" { return try await send(.lifespanStartupFailed(message: "\(name) cannot")) }
                    try await send(.lifespanStartupComplete)
                case .lifespanShutdown:
                    seen.change { $0.append("\(name) down") }
                    if stage == "shutdown" { return try await send(.lifespanShutdownFailed(message: "\(name) cannot")) }
                    return try await send(.lifespanShutdownComplete)
                default: return
                }
            }
        }
    }

    private static func answer(_ app: @escaping ASGIFramework, _ target: String, headers: Headers = [:], _ change: (inout Config) -> Void = { _ in }) async throws -> TestResponse {
        var config = Config()
        change(&config)
        return try await TestClient(app, config).get(target, headers: headers)
    }

    /// As behind a trusted proxy that says that the client came by https.
    private static func secure(_ app: @escaping ASGIFramework, _ target: String) async throws -> TestResponse {
        try await answer(app, target, headers: ["x-forwarded-proto": "https"]) { $0.forwardedAllowIPs = peers("127.0.0.1") }
    }

    // MARK: Dispatcher

    @Test("the first mount whose prefix is a whole part of the path has the request", arguments: [
        ("/api", "api /api /api"), ("/api/", "api /api /api/"), ("/api/users?x", "api /api /api/users"), ("/apiary", "rest  /apiary"),
        ("/api/v2/x", "new /api/v2 /api/v2/x"), ("/", "rest  /"), ("/%61pi/x", "api /api /api/x"),
    ])
    func dispatch(_ target: String, _ expected: String) async throws {
        let site = Dispatcher([("/api/v2", Self.named("new")), ("/api/", Self.named("api")), ("", Self.named("rest"))])
        #expect(try await Self.answer(site.application, target).text == expected)
    }

    @Test("a path below no mount is not found")
    func unmounted() async throws {
        let response = try await Self.answer(Dispatcher([("/api", Self.named("api"))]).application, "/other")
        #expect(response.status == 404 && response.text == "Not Found\n")
    }

    @Test("mounts are below the root path, whether the proxy has taken it off or not", arguments: ["/shop/api/x", "/api/x"])
    func rootPath(_ target: String) async throws {
        let site = Dispatcher([("/api", Self.named("api"))])
        #expect(try await Self.answer(site.application, target) { $0.rootPath = "/shop" }.text == "api /shop/api \(target)")
    }

    @Test("a mount may be of static files, or a dispatcher itself")
    func nested() async throws {
        let files = StaticSite(["a.txt": "content", "index.html": "home"])
        let inner = Dispatcher([("/files", StaticFiles(directory: files.root).application), ("/api", Self.named("api"))])
        let site = Dispatcher([("/inner", inner.application)])
        #expect(try await Self.answer(site.application, "/inner/files/a.txt").text == "content")
        #expect(try await Self.answer(site.application, "/inner/files").headers["location"] == "./files/")
        #expect(try await Self.answer(site.application, "/inner/api/x").text == "api /inner/api /inner/api/x")
    }

    @Test("every app is started and shut down, and those without a lifespan are served")
    func lifespans() async throws {
        let seen = Watched<[String]>([])
        let site = Dispatcher([
            ("/a", Self.lifespan("a", seen)), ("/b", Self.named("b")),
            ("/state", httpApp { scope, _, send in try await send.answer(scope.state.keys.sorted().joined(separator: " ")) }), ("/c", Self.lifespan("c", seen)),
        ])
        try await withTestClient(site.application) { client in
            let (state, other) = (try await client.get("/state"), try await client.get("/b"))
            #expect(state.text == "a c" && other.text.hasPrefix("b"))
        }
        #expect(seen.value == ["a up", "c up", "a down", "c down"])
    }

    @Test("if one does not start, those before are shut down and the server says why")
    func failedStartup() async throws {
        let seen = Watched<[String]>([])
        let site = Dispatcher([("/a", Self.lifespan("a", seen)), ("/b", Self.lifespan("b", seen, failsIn: "startup")), ("/c", Self.lifespan("c", seen))])
        do {
            try await withTestClient(site.application) { _ in }
            Issue.record("started")
        } catch {
            #expect("\(error)" == "the application's lifespan startup failed: b cannot")
        }
        #expect(seen.value == ["a up", "b up", "a down"])
    }

    @Test("if one does not shut down, the others do all the same")
    func failedShutdown() async throws {
        let seen = Watched<[String]>([])
        let site = Dispatcher([("/a", Self.lifespan("a", seen, failsIn: "shutdown")), ("/b", Self.lifespan("b", seen))])
        do {
            try await withTestClient(site.application) { _ in }
            Issue.record("no error")
        } catch {
            #expect("\(error)" == "the application's lifespan shutdown failed: a cannot")
        }
        #expect(seen.value == ["a up", "b up", "a down", "b down"])
    }

    // MARK: HTTPS

    @Test("http is sent to https, with path and query as they came", arguments: [
        ("/a%2Fb?c=%26", "example.org", "https://example.org/a%2Fb?c=%26"), ("/", "example.org:8080", "https://example.org/"),
        ("//evil", "example.org", "https://example.org//evil"), ("/x", "[2001:db8::1]:80", "https://[2001:db8::1]/x"), ("/x", "[2001:db8::1]", "https://[2001:db8::1]/x"),
    ])
    func redirect(_ target: String, _ host: String, _ location: String) async throws {
        let response = try await Self.answer(HTTPSRedirect(Self.named("app")).application, target, headers: ["host": host])
        #expect(response.status == 307 && response.headers["location"] == location && response.text == "")
    }

    @Test("to another host, or for good, if that is asked for; and https is passed on")
    func redirectOptions() async throws {
        let app = HTTPSRedirect(Self.named("app"), host: "example.net:8443", isPermanent: true).application
        let response = try await Self.answer(app, "/x")
        #expect(response.status == 308 && response.headers["location"] == "https://example.net:8443/x")
        #expect(try await Self.secure(app, "/x").text == "app  /x")
        let seen = Watched<[String]>([])
        try await withTestClient(HTTPSRedirect(Self.lifespan("a", seen)).application) { _ in }
        #expect(seen.value == ["a up", "a down"])
    }

    @Test("a request that names no host is not redirected anywhere")
    func hostless() throws {
        try withMemoryConnection(HTTPSRedirect(Self.named("app")).application) { memory in
            memory.receive("GET /x HTTP/1.0\r\n\r\n")
            #expect(memory.responses().first?.status == 400)
        }
    }

    @Test("browsers are told to come by https, over https only")
    func strictTransport() async throws {
        let name = "strict-transport-security"
        let app = StrictTransportSecurity(Self.named("app"), maxAge: .seconds(60), includesSubdomains: true, preload: true).application
        #expect(try await Self.secure(app, "/").headers[name] == "max-age=60; includeSubDomains; preload")
        #expect(try await Self.answer(app, "/").headers[name] == nil)
        #expect(try await Self.secure(StrictTransportSecurity(Self.named("app")).application, "/").headers[name] == "max-age=31536000")
        let own = httpApp { _, _, send in try await send.answer("", headers: [name: "max-age=0"]) }
        #expect(try await Self.secure(StrictTransportSecurity(own).application, "/").headers.values(for: name) == ["max-age=0"])
    }
}
