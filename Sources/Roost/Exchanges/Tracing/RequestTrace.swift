import HTTPWire
import Tracing

/// The span of one request, from the request's head to the response's end.
final class RequestTrace: Sendable {
    /// What a span's `error.type` says where no error of the application's does, nor the response's status.
    enum Failure: String, Sendable {
        /// The client went, or was cut off because it was late, before its response was whole.
        case clientGone = "client_gone"
        /// The application sent less than it had announced.
        case incompleteResponse = "incomplete_response"
        /// A file that was the response could not be read to its end.
        case unreadableFile = "unreadable_file"
        /// The server ended before the response did.
        case serverStopped = "server_stopped"
    }

    private static let errorType = "error.type"

    let span: any Tracing.Span
    private let tracing: RequestTracing
    /// Nil if it is not one of those that are known.
    private let method: String?

    init(_ span: any Tracing.Span, _ tracing: RequestTracing, method: String?) {
        self.span = span
        self.tracing = tracing
        self.method = method
    }

    /// Runs `body` so that spans which it makes are children of this one.
    nonisolated(nonsending) func asCurrent(_ body: @Sendable () async -> Void) async {
        await ServiceContext.withValue(span.context) {
            guard let tracer = tracing.applicationTracer else { return await body() }
            await withTracer(tracer) { await body() }
        }
    }

    /// The same for code that does not wait.
    func asCurrent(_ body: () -> Void) {
        ServiceContext.withValue(span.context) {
            guard let tracer = tracing.applicationTracer else { return body() }
            withTracer(tracer, body)
        }
    }

    /// Says what was asked for, and by whom.
    func describe(_ exchange: Exchange) {
        guard span.isRecording else { return }
        span.updateAttributes { $0.describe(exchange, method: method) }
    }

    /// Notes what went wrong in the application.
    func record(_ error: any Error, kind: String) {
        guard span.isRecording else { return }
        span.recordError(error)
        span.attributes[Self.errorType] = kind
        span.setStatus(SpanStatus(code: .error, message: "\(error)"))
    }

    /// Notes why the response will not be whole.
    func note(_ failure: Failure) {
        guard span.isRecording, span.attributes.get(Self.errorType) == nil else { return }
        span.attributes[Self.errorType] = failure.rawValue
        span.setStatus(SpanStatus(code: .error))
    }

    /// - Parameters:
    ///   - status: 0 if no response was sent.
    ///   - receivedBytes: the length of the request's body; nil if it is not known, or did not arrive.
    ///   - sentBytes: how much of the response's body was sent.
    ///   - isComplete: whether the response was sent whole.
    func end(status: Int, receivedBytes: Int?, sentBytes: Int, isComplete: Bool) {
        if span.isRecording {
            let errorType = errorType(status: status, isComplete: isComplete)
            span.updateAttributes { attributes in
                if let receivedBytes { attributes.put("http.request.body.size", receivedBytes) }
                if status > 0 {
                    attributes.put("http.response.status_code", status)
                    attributes.put("http.response.body.size", sentBytes)
                }
                if let errorType { attributes.put(Self.errorType, errorType) }
            }
            if errorType != nil { span.setStatus(SpanStatus(code: .error)) }
        }
        span.end()
    }

    /// Nil if nothing went wrong, and if it is said already what did.
    private func errorType(status: Int, isComplete: Bool) -> String? {
        guard span.attributes.get(Self.errorType) == nil else { return nil }
        guard isComplete else { return Failure.clientGone.rawValue }
        return status >= 500 ? "\(status)" : nil
    }

    /// What the span tells those whom the application asks; nil if the tracer speaks no W3C Trace Context.
    var parent: TraceParent? {
        var fields: [String: String] = [:]
        tracing.instrument.inject(span.context, into: &fields, using: MadeTraceFields())
        return fields["traceparent"].flatMap { TraceParent(ArraySlice($0.utf8)) }
    }
}
