package import HTTPWire

/// Who is calling, and what the request is called.
extension Exchange {
    /// Who is calling, and how the request reached the first proxy. May be asked for on any thread.
    var client: Client { told { $0 } }

    /// One thing about who is calling. May be asked for on any thread.
    @inline(__always)
    func told<Value>(_ read: (Client) -> Value) -> Value {
        origin.isForwarderTrusted ? read(forwardedClient.client) : read(origin.client)
    }

    private var forwardedClient: ForwardedClient {
        // On another thread it is found out anew: the same comes of it.
        guard loop.isCurrent else { return resolved() }
        if let forwarded { return forwarded }
        let made = resolved()
        forwarded = made
        return made
    }

    private func resolved() -> ForwardedClient {
        let resolution = ClientResolver.resolve(origin.client, from: origin.hop, head, origin.policy.forwarded)
        if let problem = resolution.problem {
            shared.refusals.log(.forwardedField, "\(problem), and is ignored", of: origin.source, origin.metadata, with: shared.logger)
        }
        return ForwardedClient(resolution.client)
    }

    /// What the request is called. May be asked for on any thread.
    package var requestID: RequestID {
        if head.namesRequest, origin.isForwarderTrusted, let id = ReceivedRequestID.text(in: head).flatMap({ RequestID($0) }) { return id }
        if let uniqueID = origin.uniqueID, let id = RequestID(number > 1 ? "\(uniqueID)-\(number)" : uniqueID) { return id }
        return madeID
    }

    /// How many nanoseconds have passed since the request reached the proxy, if a trusted one tells; nil too if its clock is far from this one.
    var queueTime: UInt64? {
        guard origin.isForwarderTrusted, let index = head.firstIndex(ofField: "x-request-start"),
            let start = RequestStart(head.bytes[head.fieldValueRange(at: index)])
        else { return nil }
        return start.elapsed
    }

    /// What an application is called with.
    var scope: Scope { webSocket == nil ? .http(HTTPScope(self)) : .websocket(WebSocketScope(self)) }

    /// What the Swift task is called that runs the application; nil for one that has no name, or is no Swift task.
    var taskName: String? { shared.namesTasks && shared.usesTasks ? "request \(requestID)" : nil }

    /// The trace that the request belongs to, that of its span or else the one that a trusted proxy names, and its span. May be asked for on any thread.
    package var traceIDs: (trace: String?, span: String?) {
        if let parent = trace?.parent { return (parent.traceID, parent.spanID) }
        guard head.namesRequest, origin.isForwarderTrusted else { return (nil, nil) }
        return (TraceParent(in: head)?.traceID, nil)
    }

    /// Calls `body` as the loop's own code, on the thread that drives the loop: for an application whose tasks run between the loop's rounds.
    @inline(__always)
    package func onLoop<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        if shared.loop.isInRound, shared.loop.isCurrent { return try body() }
        return try betweenRounds(body)
    }

    private func betweenRounds<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        // The time of the last round may be long ago.
        loop.refreshClock()
        return try loop.asCurrent(body)
    }

    /// Writes what was sent, unless that comes at the end of the round that is under way. Only on the loop.
    package func settle() { loop.settle() }

    /// What stands for the connection's ends, if all that the scope says of client, server, scheme and root path comes from them: requests for which it is
    /// the same object have the same there. Nil if a request's own fields may tell otherwise.
    package var constantOrigin: AnyObject? { origin.isForwarderTrusted ? nil : origin }

    /// Whether `constantOrigin` is this one, which nothing need be retained for to ask.
    package func isOf(_ origin: ObjectIdentifier?) -> Bool { !self.origin.isForwarderTrusted && ObjectIdentifier(self.origin) == origin }

    /// The prefix under which the application is mounted, as a trusted proxy tells or as it is configured; empty at the root.
    package var rootPath: String { told(\.rootPath) ?? shared.rootPath }

    /// Whether the application sees other fields than those of `head`: a trusted proxy has told of another host, or fields are hidden.
    package var hasOtherHeaders: Bool {
        guard origin.isForwarderTrusted else { return false }
        return told { $0.host != nil || $0.hiddenFields != nil }
    }

    /// Calls `action` on the loop in a later round, after other connections had their turn.
    package func later(_ action: @escaping @Sendable () -> Void) { loop.later(action) }

    /// Calls `action` at the end of this round.
    package func inNextRound(_ action: @escaping () -> Void) { loop.inNextRound(action) }
}

/// What forwarded fields say of a request.
final class ForwardedClient: Sendable {
    let client: Client

    init(_ client: Client) {
        self.client = client
    }
}
