import Glibc
import HTTPWire
import Tracing

/// Makes a span for each request, as OpenTelemetry's conventions for HTTP want it (https://opentelemetry.io/docs/specs/semconv/http/http-spans).
final class RequestTracing: Sendable {
    let tracer: any Tracer
    /// Reads the trace that a request continues, and writes that which a span belongs to.
    let instrument: any Instrument
    /// What spans of the application's own go to, unless they go there anyway.
    let applicationTracer: (any Tracer)?
    private let knownMethods: Set<String>

    /// Nil if there is no tracer: neither one that is configured, nor one that the task or the program has.
    init?(_ config: Config) {
        let tracer = config.tracer ?? InstrumentationSystem.tracer
        if tracer is NoOpTracer { return nil }
        self.tracer = tracer
        instrument = config.tracer ?? InstrumentationSystem.instrument
        // Requests run in tasks that inherit nothing, neither the one that `withTracer` has set.
        applicationTracer = instrument as? any Tracer
        knownMethods = Self.methods(getenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS").map { String(cString: $0) })
    }

    /// Begins the span of a request. It continues the trace that a trusted proxy names, and else begins one.
    func begin(_ head: RequestHead, isSenderTrusted: Bool) -> RequestTrace {
        // Not what is current: a pipelined request begins within the task of the one before.
        var context = ServiceContext.topLevel
        if isSenderTrusted { instrument.extract(head, into: &context, using: ReceivedTraceFields()) }
        let method = head.method
        let isKnown = knownMethods.contains(method)
        let span = startSpan(of: tracer, isKnown ? method : "HTTP", in: context)
        return RequestTrace(span, self, method: isKnown ? method : nil)
    }

    private func startSpan(of tracer: some Tracer, _ name: String, in context: ServiceContext) -> any Tracing.Span {
        tracer.startSpan(name, context: context, ofKind: .server)
    }

    /// The methods that a span is named by: those of RFC 9110 and PATCH, unless a list separated by commas says otherwise.
    static func methods(_ list: String?) -> Set<String> {
        guard let list, !list.isEmpty else {
            return ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"]
        }
        return Set(list.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init))
    }
}
