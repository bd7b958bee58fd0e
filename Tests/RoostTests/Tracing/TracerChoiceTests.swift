import InMemoryTracing
import NIOCore
import Testing
import Tracing

@testable import Roost

@Suite("Which tracer requests are traced with")
struct TracerChoiceTests {
    /// Answers whether there is a span, for the server and for the application.
    private static let app = httpApp { scope, _, send in
        try await send.answer("\(scope.span != nil) \(ServiceContext.current != nil) \(scope.traceID != nil)")
    }

    @Test("is none by default, and nothing is then current in the application")
    func none() async throws {
        try await serving(Self.app) { served in
            let response = try served.connect().ask("/")
            #expect(response.text == "false false false")
        }
    }

    @Test("is that which withTracer has set around the call of serve")
    func scoped() async throws {
        let tracer = TraceContextTracer()
        try await withTracer(tracer) {
            try await serving(
                httpApp { _, _, send in
                    try await withSpan("inner") { _ in try await send.answer("hello") }
                }
            ) { served in
                let response = try served.connect().ask("/")
                #expect(response.text == "hello")
            }
        }
        #expect(tracer.requests.count == 1)
        #expect(tracer.finished.first { $0.operationName == "inner" }?.parentSpanID == tracer.requests.first?.spanID)
    }

    @Test("is that of the configuration before any other, which may be none")
    func configured() async throws {
        let (outer, own) = (TraceContextTracer(), TraceContextTracer())
        try await withTracer(outer) {
            var config = Config()
            config.tracer = own
            let traced = try await withTestClient(Self.app, config) { try await $0.get("/").text }
            #expect(traced == "true true true")
            config.tracer = NoOpTracer()
            let untraced = try await withTestClient(Self.app, config) { try await $0.get("/").text }
            #expect(untraced == "false false false")
        }
        #expect(own.requests.count == 1 && outer.finished.isEmpty)
    }

    @Test("is that which the program has bootstrapped, or the application in its startup")
    func bootstrapped() async {
        await #expect(processExitsWith: .success) {
            let tracer = TraceContextTracer()
            let app: ASGIFramework = { scope, receive, send in
                switch scope {
                case .websocket: throw Deliberate()
                case .lifespan:
                    _ = try await receive()
                    InstrumentationSystem.bootstrap(MultiplexInstrument([tracer]))
                    try await send(.lifespanStartupComplete)
                    _ = try await receive()
                    try await send(.lifespanShutdownComplete)
                case .http:
                    try await withSpan("inner") { _ in try await send.answer("hello") }
                }
            }
            try await serving(app) { served in
                _ = try served.connect().ask("/")
            }
            let inner = tracer.finished.first { $0.operationName == "inner" }
            guard tracer.requests.count == 1, inner?.parentSpanID == tracer.requests[0].spanID else { fatalError("\(tracer.finished)") }
        }
    }
}
