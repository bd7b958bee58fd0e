import HTTPWire
import InMemoryTracing
import NIOCore
import Testing
import Tracing

@testable import Roost

@Suite("The span of a request")
struct RequestSpanTests {
    private static let client = Endpoint(host: "192.0.2.7", port: 40000)
    private static let server = Endpoint(host: "192.0.2.1", port: 8000)

    /// The span of the one request that `text` is.
    private func span(
        _ text: String, _ app: @escaping ASGIFramework = Apps.hello, from client: Endpoint? = client, _ configure: (inout Config) -> Void = { _ in }
    ) throws -> FinishedInMemorySpan {
        let tracer = TraceContextTracer()
        try withMemoryConnection(app, from: client, to: client == nil ? Endpoint(host: "/test.sock", port: nil) : Self.server) {
            $0.tracer = tracer
            configure(&$0)
        } _: { memory in
            memory.receive(text)
            #expect(tracer.requests.count == 1 && tracer.memory.activeSpans.isEmpty)
        }
        return try #require(tracer.requests.first)
    }

    @Test("has OpenTelemetry's names for what is known of request and response")
    func attributes() throws {
        let echoed = try span("POST /a%20b?q=1 HTTP/1.1\r\nhost: shop.example:8443\r\nuser-agent: \u{E9}/1\r\nx-request-id: x\r\ncontent-length: 3\r\n\r\nabc", Apps.echo)
        #expect(echoed.kind == .server && echoed.operationName == "POST" && echoed.parentSpanID == nil)
        #expect(echoed.status == nil && echoed.errors.isEmpty)
        var texts = echoed.attributes.texts
        #expect(texts.removeValue(forKey: "roost.request_id")?.utf8.count == 32)
        #expect(
            texts == [
                "http.request.method": "POST", "url.path": "/a%20b", "url.query": "q=1", "url.scheme": "http", "server.address": "shop.example",
                "server.port": "8443", "client.address": "192.0.2.7", "client.port": "40000", "network.peer.address": "192.0.2.7",
                "network.peer.port": "40000", "network.protocol.version": "1.1", "user_agent.original": "\u{C3}\u{A9}/1", "http.request.body.size": "3",
                "http.response.status_code": "200", "http.response.body.size": "3",
            ])
    }

    @Test("has no attribute for what is not known")
    func unknown() throws {
        var texts = try span("GET / HTTP/1.0\r\n\r\n", from: nil).attributes.texts
        texts["roost.request_id"] = nil
        #expect(
            texts == [
                "http.request.method": "GET", "url.path": "/", "url.scheme": "http", "server.address": "/test.sock", "network.protocol.version": "1.0",
                "http.response.status_code": "200", "http.response.body.size": "5",
            ])
    }

    @Test("has the client, scheme and host that a trusted proxy tells, and the proxy as the peer")
    func forwarded() throws {
        let request = "GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\nx-forwarded-host: shop.example\r\n\r\n"
        let proxy = try TrustedPeer("192.0.2.7")
        let believed = try span(request, Apps.hello) {
            $0.forwardedAllowIPs = [proxy]
            $0.forwardedHeaders.insert(.xForwardedHost)
        }.attributes.texts
        #expect(believed["client.address"] == "203.0.113.9" && believed["client.port"] == nil && believed["url.scheme"] == "https")
        #expect(believed["server.address"] == "shop.example" && believed["server.port"] == "443")
        #expect(believed["network.peer.address"] == "192.0.2.7" && believed["network.peer.port"] == "40000")
        let other = try span(request).attributes.texts
        #expect(other["client.address"] == "192.0.2.7" && other["url.scheme"] == "http" && other["server.address"] == "a" && other["server.port"] == "80")
    }

    @Test("has the client of a PROXY header, and who sent it as the peer")
    func proxied() throws {
        let proxy = try TrustedPeer("192.0.2.7")
        let texts = try span("PROXY TCP4 203.0.113.9 192.0.2.1 51824 443\r\nGET / HTTP/1.1\r\nhost: [2001:db8::1]\r\n\r\n", Apps.hello) {
            $0.proxyProtocol = .v1
            $0.proxyAllowFrom = [proxy]
        }.attributes.texts
        #expect(texts["client.address"] == "203.0.113.9" && texts["client.port"] == "51824")
        #expect(texts["network.peer.address"] == "192.0.2.7" && texts["network.peer.port"] == "40000")
        #expect(texts["server.address"] == "2001:db8::1" && texts["server.port"] == "80")
    }

    @Test("is named by a method that is known, in its very case", arguments: [("GET", true), ("PATCH", true), ("get", false), ("PROPFIND", false)])
    func methods(_ method: String, _ isKnown: Bool) throws {
        let span = try span("\(method) / HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(span.operationName == (isKnown ? method : "HTTP"))
        #expect(span.attributes.texts["http.request.method"] == (isKnown ? method : "_OTHER"))
        #expect(span.attributes.texts["http.request.method_original"] == (isKnown ? nil : method))
    }

    @Test("is named by methods that a list of the operator's has")
    func methodList() {
        #expect(RequestTracing.methods("GET, PROPFIND,,") == ["GET", "PROPFIND"])
        #expect(RequestTracing.methods("").contains("PATCH") && RequestTracing.methods(nil) == RequestTracing.methods(""))
    }

    @Test("can be named by the application, which knows the route")
    func route() throws {
        let app = httpApp { scope, _, send in
            scope.span?.operationName = "GET /users/{id}"
            scope.span?.attributes["http.route"] = "/users/{id}"
            try await send.answer("")
        }
        let span = try span("GET /users/7 HTTP/1.1\r\nhost: a\r\n\r\n", app)
        #expect(span.operationName == "GET /users/{id}" && span.attributes.texts["http.route"] == "/users/{id}")
        #expect(span.attributes.texts["http.response.status_code"] == "200")
    }

    @Test("counts no body where the response has none", arguments: [("HEAD", 200), ("GET", 304), ("GET", 204)])
    func bodiless(_ method: String, _ status: Int) throws {
        let app = httpApp { _, _, send in try await send.answer(status == 200 ? "hello" : "", status: status) }
        #expect(try span("\(method) / HTTP/1.1\r\nhost: a\r\n\r\n", app).attributes.texts["http.response.body.size"] == "0")
    }

    @Test("lasts from the request's head to the response's end")
    func duration() throws {
        let (tracer, gate) = (TraceContextTracer(), Gate())
        let app = httpApp { _, receive, send in
            _ = try await receive.body()
            try await send.start()
            try await send.piece("ab")
            await gate.opened()
            try await send.piece("cd", more: false)
        }
        try withMemoryConnection(app) {
            $0.tracer = tracer
        } _: { memory in
            memory.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na")
            #expect(tracer.memory.activeSpans.count == 1)
            memory.receive("b")
            #expect(memory.written().contains("ab"))
            #expect(tracer.memory.activeSpans.count == 1 && tracer.requests.isEmpty)
            gate.open()
            memory.loop.runReady()
            let span = try #require(tracer.requests.first)
            #expect(span.attributes.texts["http.response.body.size"] == "4" && span.status == nil)
            #expect(span.endInstant.nanosecondsSinceEpoch >= span.startInstant.nanosecondsSinceEpoch)
        }
    }

    @Test("does without what signs a URL", arguments: [
        ("a=1&sig=abc&b=2", "a=1&sig=REDACTED&b=2"), ("AWSAccessKeyId=a&Signature=b=c&X-Goog-Signature=", "AWSAccessKeyId=REDACTED&Signature=REDACTED&X-Goog-Signature=REDACTED"),
        ("sig", "sig"), ("SIG=a&signature=b&x=sig=c", "SIG=a&signature=b&x=sig=c"), ("&&sig=a&", "&&sig=REDACTED&"), ("", ""),
    ])
    func redacted(_ query: String, _ text: String) throws {
        #expect(RedactedQuery.text(query) == text)
        let span = try span("GET /?\(query) HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(span.attributes.texts["url.query"] == (text.isEmpty ? nil : text))
    }
}
