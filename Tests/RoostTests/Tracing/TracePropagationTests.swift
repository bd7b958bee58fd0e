import HTTPWire
import InMemoryTracing
import NIOCore
import Testing
import Tracing

@testable import Roost

@Suite("The trace that a request belongs to")
struct TracePropagationTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"
    private static let field = "traceparent: 00-\(trace)-\(parent)-01\r\n"

    private static func trusting(_ config: inout Config) { config.forwardedAllowIPs = [.unix] }

    private func span(_ fields: String, _ configure: (inout Config) -> Void = { _ in }) throws -> FinishedInMemorySpan {
        let tracer = TraceContextTracer()
        try withMemoryConnection(Apps.hello) {
            $0.tracer = tracer
            configure(&$0)
        } _: { memory in
            memory.receive("GET / HTTP/1.1\r\nhost: a\r\n\(fields)\r\n")
        }
        return try #require(tracer.requests.first)
    }

    @Test("is the trusted proxy's, and nobody else's")
    func trust() throws {
        let believed = try span(Self.field + "tracestate: a=1\r\nTraceState: b=2\r\n", Self.trusting)
        #expect(believed.traceID == Self.trace && believed.parentSpanID == Self.parent && believed.spanID != Self.parent)
        #expect(believed.context[TraceState.self] == "a=1,b=2")
        let other = try span(Self.field + "tracestate: a=1\r\n")
        #expect(other.traceID != Self.trace && other.parentSpanID == nil && other.context[TraceState.self] == nil && other.links.isEmpty)
    }

    @Test("is a new one if the proxy's field is malformed, or there are two", arguments: [
        field + field, "traceparent: 00-\(trace)-\(parent)\r\n", "traceparent: 00-\(trace.uppercased())-\(parent)-01\r\n",
        "traceparent: 00-\(String(repeating: "0", count: 32))-\(parent)-01\r\n", "traceparent:\r\n", "traceparent: -\r\n", "",
    ])
    func malformed(_ fields: String) throws {
        let span = try span(fields + "tracestate: a=1\r\n", Self.trusting)
        #expect(span.traceID != Self.trace && span.parentSpanID == nil && span.context[TraceState.self] == nil)
    }

    @Test("is that of spans which the application makes", arguments: [AppExecutor.eventLoop, .concurrentPool])
    func children(_ executor: AppExecutor) async throws {
        let tracer = TraceContextTracer()
        let app = httpApp { scope, _, send in
            try await withSpan("outer") { _ in
                try await withSpan("inner") { _ in try await Task.sleep(for: .milliseconds(1)) }
            }
            try await send.answer(scope.traceID ?? "none")
            // After the response, in the same task.
            withSpan("after") { _ in }
        }
        var config = Config()
        config.tracer = tracer
        config.appExecutor = executor
        try await withTestClient(app, config) { client in
            for _ in 0..<3 {
                let response = try await client.get("/")
                #expect(response.text.utf8.count == 32)
            }
            let isDone = try await eventually { tracer.finished.count == 12 }
            #expect(isDone)
        }
        #expect(Set(tracer.requests.map(\.traceID)).count == 3 && tracer.requests.allSatisfy { $0.parentSpanID == nil })
        for request in tracer.requests {
            let spans = tracer.finished.filter { $0.traceID == request.traceID }
            let outer = try #require(spans.first { $0.operationName == "outer" })
            #expect(outer.parentSpanID == request.spanID)
            #expect(spans.first { $0.operationName == "inner" }?.parentSpanID == outer.spanID)
            #expect(spans.first { $0.operationName == "after" }?.parentSpanID == request.spanID)
        }
    }

    @Test("is that of spans which a WSGI application makes, on the threads of which nothing stays")
    func threads() async throws {
        let tracer = TraceContextTracer()
        var config = wsgiConfig(threads: 1)
        config.tracer = tracer
        let app = answering { environment in
            #expect(environment.span != nil && environment.traceID?.utf8.count == 32)
            if environment.pathInfo == "/fail" { throw Deliberate() }
            return withSpan("inner") { _ in "hello" }
        }
        try await withTestClient(app, config) { client in
            for (path, status) in [("/", 200), ("/fail", 500), ("/", 200)] {
                let response = try await client.get(path)
                #expect(response.status == status)
            }
        }
        #expect(tracer.requests.map(\.parentSpanID) == [nil, nil, nil])
        #expect(tracer.finished.filter { $0.operationName == "inner" }.map(\.parentSpanID) == [tracer.requests[0].spanID, tracer.requests[2].spanID])
        #expect(tracer.requests[1].attributes.texts["error.type"] == "Deliberate")
    }

    @Test("is not inherited by a request behind it on the connection")
    func pipelined() throws {
        let tracer = TraceContextTracer()
        let app = httpApp { scope, _, send in
            try await withSpan("inner") { _ in try await send.answer(scope.path) }
        }
        try withMemoryConnection(app) {
            $0.tracer = tracer
            Self.trusting(&$0)
        } _: { memory in
            memory.receive("GET /1 HTTP/1.1\r\nhost: a\r\n\(Self.field)\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\nGET /3 HTTP/1.1\r\nhost: a\r\n\r\n")
            #expect(memory.responses().map(\.text) == ["/1", "/2", "/3"])
        }
        let requests = tracer.requests
        #expect(requests.map(\.parentSpanID) == [Self.parent, nil, nil] && Set(requests.map(\.traceID)).count == 3)
        let inner = tracer.finished.filter { $0.operationName == "inner" }
        #expect(Set(inner.map(\.parentSpanID)) == Set(requests.map(\.spanID)) && inner.count == 3)
    }

    @Test("is in the log's lines about the request, with its span")
    func logged() throws {
        let failing = httpApp { _, _, _ in throw Deliberate() }
        func line(_ fields: String, _ configure: (inout Config) -> Void) throws -> LogCapture.Line {
            let log = LogCapture()
            try withMemoryConnection(failing, log: log, configure) { $0.receive("GET / HTTP/1.1\r\nhost: a\r\n\(fields)\r\n") }
            return try #require(log.errors.first)
        }
        let tracer = TraceContextTracer()
        let traced = try line(Self.field) {
            $0.tracer = tracer
            Self.trusting(&$0)
        }
        #expect(traced.metadata["trace_id"] == Self.trace && traced.metadata["span_id"] == tracer.requests[0].spanID)
        let begun = try line(Self.field) { $0.tracer = tracer }
        #expect(begun.metadata["trace_id"] == tracer.requests[1].traceID && begun.metadata["span_id"] == tracer.requests[1].spanID)
        // Without a tracer, that of the proxy.
        let untraced = try line(Self.field + "x-request-id: abc\r\n", Self.trusting)
        #expect(untraced.metadata["trace_id"] == Self.trace && untraced.metadata["span_id"] == nil && untraced.metadata["request_id"] == "abc")
        let unbelieved = try line(Self.field) { _ in }
        #expect(unbelieved.metadata["trace_id"] == nil && unbelieved.metadata["span_id"] == nil)
        // A tracer that does not speak Trace Context tells no ids that anybody could look for.
        let foreign = try line("") { $0.tracer = InMemoryTracer() }
        #expect(foreign.metadata["trace_id"] == nil && foreign.metadata["span_id"] == nil)
    }
}
