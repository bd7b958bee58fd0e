import HTTPWire
import Logging

/// What is logged, counted and traced of the request.
extension Exchange {
    /// Logs what went wrong in the application.
    ///
    /// - Parameters:
    ///   - status: that of the response that will be sent all the same.
    ///   - isAware: whether the application knew that its client is gone, which then is likely why it has failed.
    package func report(_ error: any Error, status: Int? = nil, isAware: Bool = false) {
        let kind = (error as? any ApplicationFailure)?.kind ?? "\(type(of: error))"
        trace?.record(error, kind: kind)
        var metadata = outcomeMetadata
        metadata["error_type"] = "\(kind)"
        if let status { metadata["status"] = .stringConvertible(status) }
        guard !isAware else { return shared.logger.warning("application failed after its client had gone: \(error)", metadata: metadata) }
        shared.logger.error("application failed: \(error)", metadata: metadata)
    }

    /// Logs what went wrong in the application while nobody was there to be answered.
    func reportOfLoss(_ error: any Error) {
        guard !isExpected(error) else { return }
        if let failure = error as? any ApplicationFailure, failure.isOfLoss {
            return shared.logger.info("application ended because its client had gone: \(failure.summary)", metadata: outcomeMetadata)
        }
        report(error, isAware: isDisconnectDelivered)
    }

    /// Whether an error comes of what the application was told when it sent something.
    func isOfLoss(_ error: any Error) -> Bool {
        error as? ASGIError == .clientGone || (error as? any ApplicationFailure)?.isOfLoss ?? false
    }

    /// Whether an error only says that the client has gone, which is no failure of the application.
    func isExpected(_ error: any Error) -> Bool {
        error is CancellationError || error as? ASGIError == .clientGone
    }

    /// What lines of the log about this request say of it. May be asked for on any thread.
    var metadata: Logger.Metadata {
        var metadata = origin.metadata
        metadata["method"] = "\(head.method)"
        metadata["path"] = "\(head.rawPath)"
        metadata["request_id"] = "\(requestID)"
        if let userAgent = head.headers["user-agent"] { metadata["user_agent"] = "\(userAgent)" }
        let (traceID, spanID) = traceIDs
        if let traceID { metadata["trace_id"] = "\(traceID)" }
        if let spanID { metadata["span_id"] = "\(spanID)" }
        guard origin.isForwarderTrusted else { return metadata }
        metadata["client"] = "\(clientName)"
        metadata["client_port"] = told(\.address)?.port.flatMap { $0 > 0 ? .stringConvertible($0) : nil }
        return metadata
    }

    /// The same, and what has come of it so far. Only on the loop.
    var outcomeMetadata: Logger.Metadata {
        var metadata = metadata
        if sentStatus > 0 {
            metadata["status"] = .stringConvertible(sentStatus)
            metadata["bytes"] = .stringConvertible(sentBytes)
        }
        let nanoseconds = MonotonicTime.now().nanoseconds
        metadata["duration_us"] = .stringConvertible((nanoseconds - min(nanoseconds, startTime.nanoseconds)) / 1000)
        return metadata
    }

    /// Who is calling, for logs: an address, or what is known instead. May be asked for on any thread.
    var clientName: String { told(\.address)?.host ?? (origin.isForwarderTrusted ? "unknown" : ConnectionOrigin.unixName) }

    /// Tells the operator, now and then, that not all fields of this request reach the application.
    func noteDroppedFields() {
        shared.refusals.log(
            .ambiguousField, "fields with an underscore in their name, or a second Content-Type or Authorization, are left out (header_map)",
            of: told(\.address)?.host ?? origin.source, metadata, with: shared.logger
        )
    }

    /// Notes that the server itself answers.
    func noteOwnAnswer(status: Int) {
        sentStatus = status
        sentBytes = ReasonPhrase.text(for: status).utf8CodeUnitCount
    }

    /// The length of the request's body, if that is known and all of it has arrived.
    private var receivedBodyBytes: Int? { if case .length(let length) = head.framing, isBodyComplete { length } else { nil } }

    private var sentBodyBytes: Int { head.isHead || sentStatus == 204 || sentStatus == 304 ? 0 : sentBytes }

    /// - Parameter isComplete: whether the response was sent whole.
    func logAccess(isComplete: Bool) {
        trace?.end(status: sentStatus, receivedBytes: receivedBodyBytes, sentBytes: sentBodyBytes, isComplete: isComplete)
        guard shared.metrics != nil || shared.timesRequests else { return }
        let elapsed = MonotonicTime.now().nanoseconds &- startTime.nanoseconds
        shared.metrics?.requestEnded(RequestMethod(head), status: sentStatus, after: elapsed)
        guard shared.timesRequests else { return }
        shared.logAccess(
            AccessEntry(
                exchange: self, status: sentStatus, bodyBytes: sentBodyBytes,
                duration: .nanoseconds(Int64(clamping: elapsed)), isComplete: isComplete
            )
        )
    }

    /// Notes the response's head as it goes on the wire.
    func note(responseHead: [UInt8]) {
        self.responseHead = responseHead
    }
}

/// What went wrong in an application that is not written in Swift.
package protocol ApplicationFailure: Error {
    /// The name of the exception's class.
    var kind: String { get }
    /// The exception in one line.
    var summary: String { get }
    /// Whether it comes of what `send` has raised because the client is gone.
    var isOfLoss: Bool { get }
}
