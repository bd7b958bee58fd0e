import InMemoryTracing
import Synchronization
import Tracing

/// A tracer in memory that speaks W3C Trace Context, as those do that export to somewhere.
struct TraceContextTracer: Tracer {
    let memory: InMemoryTracer

    init() {
        let counter = Watched(0)
        @Sendable func next(_ digits: Int) -> String {
            counter.add()
            let number = String(counter.value, radix: 16)
            return String(repeating: "0", count: digits - number.utf8.count) + number
        }
        memory = InMemoryTracer(idGenerator: InMemoryTracer.IDGenerator(nextTraceID: { next(32) }, nextSpanID: { next(16) }))
    }

    var finished: [FinishedInMemorySpan] { memory.finishedSpans }

    /// The spans of requests, in the order in which they ended.
    var requests: [FinishedInMemorySpan] { finished.filter { $0.kind == .server } }

    func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind, at instant: @autoclosure () -> Instant,
        function: String, file fileID: String, line: UInt
    ) -> InMemorySpan {
        memory.startSpan(operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID, line: line)
    }

    func startAnySpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind, at instant: @autoclosure () -> Instant,
        function: String, file fileID: String, line: UInt
    ) -> any Tracing.Span {
        startSpan(operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID, line: line)
    }

    func forceFlush() {}

    func activeSpan(identifiedBy context: ServiceContext) -> InMemorySpan? { memory.activeSpan(identifiedBy: context) }

    func extract<Carrier, Extract: Extractor>(_ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract)
    where Extract.Carrier == Carrier {
        context[TraceState.self] = extractor.extract(key: "tracestate", from: carrier)
        guard let parts = extractor.extract(key: "traceparent", from: carrier)?.split(separator: "-"), parts.count == 4 else { return }
        context.inMemorySpanContext = InMemorySpanContext(traceID: String(parts[1]), spanID: String(parts[2]), parentSpanID: nil)
    }

    func inject<Carrier, Inject: Injector>(_ context: ServiceContext, into carrier: inout Carrier, using injector: Inject)
    where Inject.Carrier == Carrier {
        guard let span = context.inMemorySpanContext else { return }
        injector.inject("00-\(span.traceID)-\(span.spanID)-01", forKey: "Traceparent", into: &carrier)
    }
}

/// What came in `tracestate`.
enum TraceState: ServiceContextKey {
    typealias Value = String
}

extension SpanAttributes {
    /// As text, by name.
    var texts: [String: String] {
        var texts: [String: String] = [:]
        forEach { name, value in
            texts[name] =
                switch value {
                case .string(let text): text
                case .int64(let number): "\(number)"
                default: "\(value)"
                }
        }
        return texts
    }
}
