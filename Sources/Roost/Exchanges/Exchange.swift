package import HTTPWire
import Logging
import NIOCore

/// One HTTP request and its response, between an application and whatever wire the request came on.
///
/// It belongs to one request only: an application that keeps it beyond the response can harm nothing.
///
/// `@unchecked Sendable`: the `let` properties are immutable values or loop-bound classes; every `var` is read and written only while
/// `loop.isCurrent`. Exclusivity is not checked at run time: no method calls out while it changes one of them.
package final class Exchange: @unchecked Sendable {
    /// How far the application has come with its response.
    private enum Response {
        case unstarted
        /// Status and fields are known and not yet sent.
        case started(status: Int, headers: Headers)
        case streaming
        /// The body is sent, and trailer fields are yet to come.
        case trailing
        case complete
    }

    /// After so many bytes an application that never had to wait does.
    private static let turn = 64 << 10
    /// What a send counts for beyond its bytes, so that empty ones count too.
    private static let sendCost = 64

    package let head: RequestHead
    let origin: ConnectionOrigin
    let shared: LoopContext
    /// How many requests there were on the connection, this one among them.
    private let number: Int
    private let madeID: RequestID
    /// The request's span; nil without a tracer.
    let trace: RequestTrace?
    /// Who is calling according to forwarded fields, once somebody has asked on the loop.
    @exclusivity(unchecked) private var forwarded: ForwardedClient?
    var loop: LoopExecutor { shared.loop }

    /// The WebSocket that the request asks for; nil if it does not, or if the application knows of none.
    private(set) var webSocket: WebSocketLink?

    /// Where the response goes; nil once it is complete or the client is gone.
    @exclusivity(unchecked) private var wire: (any ExchangeWire)?

    /// Body that has arrived and that the application has not taken.
    @exclusivity(unchecked) private var body = ByteBuffer()
    @exclusivity(unchecked) private var isBodyComplete: Bool
    @exclusivity(unchecked) private var isBodyDelivered = false
    @exclusivity(unchecked) private var isDisconnected = false
    @exclusivity(unchecked) private var isDisconnectDelivered = false
    /// Whether the application was told by `isWebSocketLost`.
    private var isLossKnown = false
    @exclusivity(unchecked) private var response = Response.unstarted
    /// Whether the application said that trailer fields follow the body.
    @exclusivity(unchecked) private var announcesTrailers = false
    private var trailers = Headers()
    private var eventWaits: [EventWait] = []
    @exclusivity(unchecked) private var roomWaiter: (() -> Void)?
    /// The task that runs the application, if a task does.
    @exclusivity(unchecked) private var task: Task<Void, Never>?
    /// Cancels the application, if no Swift task runs it.
    @exclusivity(unchecked) private var canceller: (() -> Void)?
    @exclusivity(unchecked) private var isCancelled = false
    /// What the application has sent since it last waited, in bytes.
    @exclusivity(unchecked) private var sentInTurn = 0
    @exclusivity(unchecked) private var isEnded = false
    /// Whether what is sent is written at once, and not at the end of the round: for an application that goes on on the loop's thread.
    @exclusivity(unchecked) package var writesAtOnce = false
    /// When the request's head had arrived.
    let startTime: MonotonicTime
    /// Where `ExchangeRegister` has it.
    @exclusivity(unchecked) var place = 0
    // For the logs.
    /// The response's head as it was sent, if somebody wants to know.
    @exclusivity(unchecked) private(set) var responseHead: [UInt8] = []
    @exclusivity(unchecked) private var sentStatus = 0
    @exclusivity(unchecked) private var sentBytes = 0
    /// Whether the response has a file in it, which may be sent after the response is complete.
    @exclusivity(unchecked) private var hasFile = false
    /// Whether less body was sent than was announced.
    private var isShort = false

    init(head: RequestHead, hasBody: Bool, number: Int, origin: ConnectionOrigin, shared: LoopContext, wire: any ExchangeWire) {
        self.head = head
        isBodyComplete = !hasBody
        self.origin = origin
        self.shared = shared
        self.wire = wire
        self.number = number
        madeID = shared.makeRequestID()
        trace = shared.tracing?.begin(head, isSenderTrusted: origin.isForwarderTrusted)
        startTime = shared.loop.now
        trace?.describe(self)
    }

    /// Makes this the exchange of a WebSocket; called once, before anything else.
    func isForWebSocket(_ offer: WebSocketOffer) {
        webSocket = WebSocketLink(offer, for: self)
    }

    // MARK: Who is calling

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
    var taskName: String? { shared.namesTasks && shared.runner.usesTasks ? "request \(requestID)" : nil }

    /// The trace that the request belongs to, that of its span or else the one that a trusted proxy names, and its span. May be asked for on any thread.
    package var traceIDs: (trace: String?, span: String?) {
        if let parent = trace?.parent { return (parent.traceID, parent.spanID) }
        guard head.namesRequest, origin.isForwarderTrusted else { return (nil, nil) }
        return (TraceParent(in: head)?.traceID, nil)
    }

    /// Calls `body` as the loop's own code, on the thread that drives the loop: for an application whose tasks run between the loop's rounds.
    package func onLoop<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        // The time of the last round may be long ago.
        loop.refreshClock()
        return try loop.asCurrent(body)
    }

    /// Writes what was sent, unless that comes at the end of the round that is under way. Only on the loop.
    package func settle() { loop.settle() }

    /// Whether the application sees other fields than those of `head`: a trusted proxy has told of another host, or fields are hidden.
    package var hasOtherHeaders: Bool {
        guard origin.isForwarderTrusted else { return false }
        return told { $0.host != nil || $0.hiddenFields != nil }
    }

    /// Calls `action` on the loop in a later round, after other connections had their turn.
    package func later(_ action: @escaping @Sendable () -> Void) { loop.later(action) }

    /// Calls `action` at the end of this round.
    package func inNextRound(_ action: @escaping () -> Void) { loop.inNextRound(action) }

    // MARK: The application's side

    /// The next event for the application, or nil if it has to wait.
    func nextEvent() -> ASGIReceiveEvent? {
        if let webSocket {
            if let event = webSocket.nextEvent() { return event }
            guard webSocket.closure != nil || wire == nil || isDisconnected else { return nil }
            isDisconnectDelivered = true
            return webSocket.disconnectEvent
        }
        if !isBodyDelivered {
            if isBodyComplete {
                isBodyDelivered = true
                return .httpRequest(body: takeBody(), more: false)
            }
            if body.readableBytes > 0 {
                return .httpRequest(body: takeBody(), more: true)
            }
        }
        if wire == nil || isDisconnected {
            isDisconnectDelivered = true
            return .httpDisconnect
        }
        if !isBodyDelivered { wire?.applicationWantsBody() }
        return nil
    }

    /// The next event, if the application need not wait for it, nor leave others their turn: one that asks again and again after
    /// it was told that its client is gone does.
    package func immediateEvent() -> ASGIReceiveEvent? {
        isDisconnectDelivered ? nil : nextEvent()
    }

    /// Calls `action` with the next event: at once, or when there is one. Of several calls that wait, each gets an event, in order.
    ///
    /// - Parameter wait: what `cancelWait` is given to end this call without an event.
    package func whenEvent(_ wait: EventWait = EventWait(), _ action: @escaping EventWait.Action) {
        if wait.isCancelled {
            action(.failure(CancellationError()))
        } else if isDisconnectDelivered {
            let event = webSocket?.disconnectEvent ?? .httpDisconnect
            loop.inNextRound { action(.success(event)) }
        } else if hasNoWaits, let event = nextEvent() {
            action(.success(event))
        } else {
            wait.action = action
            eventWaits.append(wait)
        }
    }

    /// Whether nobody waits for an event any more.
    private var hasNoWaits: Bool {
        if !eventWaits.isEmpty { eventWaits.removeAll { $0.isAbandoned?() ?? false } }
        return eventWaits.isEmpty
    }

    /// Ends a call of `whenEvent` that waits, or is yet to come, with a `CancellationError`.
    package func cancelWait(_ wait: EventWait) {
        wait.isCancelled = true
        guard let index = eventWaits.firstIndex(where: { $0 === wait }) else { return }
        eventWaits.remove(at: index).action?(.failure(CancellationError()))
    }

    /// Takes an event of the response; false if the application should wait for room before it sends more.
    package func send(_ event: ASGISendEvent) throws(ASGIError) -> Bool {
        if let webSocket { return try send(event, to: webSocket) }
        return try sendResponse(event)
    }

    /// Whether the request asks for a WebSocket, and the application knows of these.
    package var asksForWebSocket: Bool { webSocket != nil }

    /// Whether a message that is sent reaches nobody, because the WebSocket is closed or the client gone. An application that is told so knows it.
    package func isWebSocketLost() -> Bool {
        guard let webSocket, !webSocket.isConnecting, webSocket.closure != nil || isCancelled else { return false }
        isLossKnown = true
        return true
    }

    /// Sends a message on the WebSocket, text as UTF-8; false if the application should wait for room before it sends more.
    package func send(_ kind: WebSocketMessageKind, _ bytes: Span<UInt8>) throws(ASGIError) -> Bool {
        guard let webSocket else { throw .unexpectedEvent("a websocket event was sent in an http scope") }
        if isCancelled { throw .clientGone }
        let mayGoOn = try webSocket.send(kind, bytes)
        if writesAtOnce { wire?.flush() }
        return mayGoOn && self.mayGoOn(after: bytes.count)
    }

    private func send(_ event: ASGISendEvent, to webSocket: WebSocketLink) throws(ASGIError) -> Bool {
        if isCancelled { throw .clientGone }
        switch event {
        case .websocketAccept(let subprotocol, let headers):
            try webSocket.accept(subprotocol: subprotocol, headers: headers, on: wire)
            response = .streaming
            sentStatus = head.version == .http2 ? 200 : 101
            return true
        case .websocketSend(let message):
            let mayGoOn = try webSocket.send(message)
            if writesAtOnce { wire?.flush() }
            return mayGoOn && self.mayGoOn(after: message.byteCount)
        case .websocketClose(let code, let reason):
            guard webSocket.isConnecting else {
                guard let code = UInt16(exactly: code) else { throw .invalidResponse("\(code) is no code to close a WebSocket with") }
                try webSocket.close(code: code, reason: reason)
                if writesAtOnce { wire?.flush() }
                return true
            }
            try webSocket.deny()
            _ = try sendResponse(.httpResponseStart(status: 403))
            return try sendResponse(.httpResponseBody())
        case .websocketHTTPResponseStart(let status, let headers):
            try webSocket.deny()
            return try sendResponse(.httpResponseStart(status: status, headers: headers))
        case .websocketHTTPResponseBody(let body, let more):
            return try sendResponse(.httpResponseBody(body, more: more))
        default:
            throw .unexpectedEvent("an event that is not for a WebSocket was sent in a websocket scope")
        }
    }

    private func sendResponse(_ event: ASGISendEvent) throws(ASGIError) -> Bool {
        switch event {
        case .websocketAccept, .websocketSend, .websocketClose, .websocketHTTPResponseStart, .websocketHTTPResponseBody:
            throw .unexpectedEvent("a websocket event was sent in an http scope")
        case .httpResponseStart(let status, let headers, let trailers):
            guard case .unstarted = response else {
                throw .unexpectedEvent("http.response.start was sent before")
            }
            response = .started(status: status, headers: headers)
            announcesTrailers = trailers
            return true
        case .httpResponseEarlyHint(let links):
            try send(hints: links)
            return true
        case .httpResponseTrailers(let fields, let more):
            if isCancelled { throw .clientGone }
            try send(trailers: fields, more: more)
            return true
        case .httpResponseBody(let body, let more):
            if isCancelled { throw .clientGone }
            try send(body: body, more: more)
            guard more else { return true }
            // An application that streams for ever leaves the loop time for others, be its client fast, gone, or one that asked with HEAD.
            return mayGoOn(after: body.readableBytes)
        case .httpResponsePathsend(let path):
            try send(path: path)
            return true
        case .httpResponseZerocopysend(let descriptor, let offset, let count, let more):
            return try send(descriptor, from: offset, count, more: more)
        case .lifespanStartupComplete, .lifespanStartupFailed, .lifespanShutdownComplete, .lifespanShutdownFailed:
            throw .unexpectedEvent("a lifespan event was sent in an http scope")
        }
    }

    /// The fields of a response with those that every one has.
    @inline(__always)
    private func withPolicy(_ headers: Headers) -> Headers { shared.hstsValue == nil ? headers : withHSTS(headers) }

    private func withHSTS(_ headers: Headers) -> Headers {
        guard let value = shared.hstsValue, told(\.scheme) == .https, !headers.contains(name: HSTSPolicy.field) else { return headers }
        var headers = headers
        headers.append(name: HSTSPolicy.field, value: value)
        return headers
    }

    /// Whether the application may send more at once, after so many bytes.
    @inline(__always)
    private func mayGoOn(after count: Int) -> Bool {
        sentInTurn &+= count &+ Self.sendCost
        if let wire, wire.hasRoom, sentInTurn < Self.turn { return true }
        sentInTurn = 0
        return false
    }

    private func send(body: ByteBuffer, more: Bool) throws(ASGIError) {
        switch response {
        case .unstarted:
            throw .unexpectedEvent("http.response.body was sent before http.response.start")
        case .complete, .trailing:
            throw .unexpectedEvent("http.response.body was sent after the response was complete")
        case .started(let status, let headers):
            if let wire {
                do {
                    sentStatus = status
                    try wire.start(status: status, headers: withPolicy(headers), body: body, more: more || awaitsTrailers)
                    sentBytes = body.readableBytes
                } catch {
                    // An invalid head left nothing on the wire: an error of the server's own may still be sent.
                    if case .invalidResponse = error {
                        response = .unstarted
                        sentStatus = 0
                    } else {
                        response = .streaming
                    }
                    throw error
                }
            }
            response = .streaming
        case .streaming:
            try wire?.write(body, more: more || awaitsTrailers)
            sentBytes &+= body.readableBytes
        }
        if writesAtOnce { wire?.flush() }
        guard !more else { return }
        if awaitsTrailers { response = .trailing } else { finish() }
    }

    /// Whether the response goes on behind its body.
    private var awaitsTrailers: Bool { announcesTrailers && head.takesTrailers }

    private func send(trailers fields: Headers, more: Bool) throws(ASGIError) {
        guard announcesTrailers else { throw .unexpectedEvent("http.response.trailers was sent, but http.response.start has not announced it") }
        switch response {
        case .unstarted, .started, .streaming:
            throw .unexpectedEvent("http.response.trailers was sent before the body was complete")
        case .trailing:
            for field in fields { trailers.append(field) }
            guard !more else { return }
            do throws(ASGIError) {
                try wire?.end(trailers: trailers)
            } catch {
                trailers = Headers()
                throw error
            }
            if writesAtOnce { wire?.flush() }
            finish()
        case .complete:
            guard trailers.isEmpty else { throw .unexpectedEvent("http.response.trailers was sent after the response was complete") }
        }
    }

    private func send(hints links: [String]) throws(ASGIError) {
        guard case .unstarted = response else { throw .unexpectedEvent("http.response.early_hint was sent after http.response.start") }
        guard takesEarlyHints, let wire else { return }
        try wire.hint(Headers(links.map { HeaderField(name: "link", value: $0) }))
        if writesAtOnce { wire.flush() }
    }

    /// Whether the client may be sent interim responses that it has not asked for.
    var takesEarlyHints: Bool { shared.offersEarlyHints && head.version != .http10 }

    /// Notes that the whole response is on the wire.
    @inline(__always)
    private func finish() {
        if let wire {
            let isComplete = !wire.lacksBody
            if !isComplete {
                trace?.note(.incompleteResponse)
                isShort = true
            }
            // Until a file is sent it is not known how much of it was.
            if !hasFile || !wire.sendsFile { logAccess(isComplete: isComplete) }
        }
        complete()
    }

    @inline(__always)
    private func complete() {
        response = .complete
        let wire = self.wire
        self.wire = nil
        resumeEventWaits()
        resumeRoomWaiter()
        wire?.responseComplete()
    }

    private func send(path: String) throws(ASGIError) {
        if try handOver(path.utf8) { return }
        let file: FilePart
        do throws(FilePart.Refusal) {
            guard path.utf8.first == UInt8(ascii: "/") else { throw FilePart.Refusal("not an absolute path") }
            file = try FilePart(opening: path.utf8)
        } catch {
            refuseFile()
            throw .unsendableFile(path: path, code: error.code, reason: error.reason)
        }
        try send(file)
    }

    /// Whether a proxy has files of its own.
    package var hasAccelMap: Bool { !shared.accelMap.isEmpty }

    /// Whether a trusted proxy sends the file with this path if it is the whole response.
    func isLeftToProxy(_ path: [UInt8]) -> Bool {
        !shared.accelMap.isEmpty && origin.isForwarderTrusted && shared.accelMap.contains { $0.location(of: path) != nil }
    }

    /// Completes the response that was started by telling the proxy which of its files is the body, if it has this one; false if it has not.
    package func handOver(_ path: some Collection<UInt8>) throws(ASGIError) -> Bool {
        guard !shared.accelMap.isEmpty, origin.isForwarderTrusted, case .started(200, var headers) = response,
            let location = shared.accelMap.lazy.compactMap({ $0.location(of: path) }).first
        else { return false }
        // The proxy knows the length of what it sends.
        headers.remove(name: "content-length")
        headers.replaceOrAdd(name: "x-accel-redirect", value: location)
        response = .started(status: 200, headers: headers)
        announcesTrailers = false
        try send(body: ByteBuffer(), more: false)
        return true
    }

    /// Notes that a file that was to be sent cannot be: the application may answer anew.
    package func refuseFile() {
        if case .started = response { response = .unstarted }
    }

    /// Completes the response that was started with a file as its whole body, which is sent from now on.
    package func send(_ file: FilePart) throws(ASGIError) {
        if isCancelled { throw .clientGone }
        switch response {
        case .unstarted: throw .unexpectedEvent("http.response.pathsend was sent before http.response.start")
        case .complete, .trailing: throw .unexpectedEvent("http.response.pathsend was sent after the response was complete")
        case .streaming: throw .unexpectedEvent("http.response.pathsend was sent after http.response.body")
        case .started(_, let headers):
            // An announced length is how much of the file is meant. One that is no number, or too much, is refused with the rest of the head.
            if let announced = headers["content-length"].flatMap({ Int($0) }) { file.shorten(to: announced) }
            try put(file, more: false, isWhole: true)
        }
    }

    /// Takes a part of an open file as a piece of the body; false if the application should wait until it is sent.
    private func send(_ descriptor: Int32, from offset: Int?, _ count: Int?, more: Bool) throws(ASGIError) -> Bool {
        if isCancelled { throw .clientGone }
        let file: FilePart
        let end: Int
        do throws(FilePart.Refusal) {
            let start = if let offset { offset } else { try FilePart.position(of: descriptor) }
            file = try FilePart(sharing: descriptor, from: start, count: count)
            end = start + file.count
        } catch {
            refuseFile()
            throw .unsendableFile(path: "descriptor \(descriptor)", code: error.code, reason: error.reason)
        }
        let mayGoOn = try send(file, more: more)
        if offset == nil { FilePart.setPosition(of: descriptor, to: end) }
        return mayGoOn
    }

    /// Takes a file as a piece of the body; false if the application should wait until it is sent.
    package func send(_ file: FilePart, more: Bool) throws(ASGIError) -> Bool {
        if isCancelled { throw .clientGone }
        switch response {
        case .unstarted: throw .unexpectedEvent("http.response.zerocopysend was sent before http.response.start")
        case .complete, .trailing: throw .unexpectedEvent("http.response.zerocopysend was sent after the response was complete")
        case .started, .streaming: try put(file, more: more)
        }
        return more ? mayGoOn(after: 0) : true
    }

    /// - Parameter isWhole: whether nothing comes behind the file, not even trailer fields.
    private func put(_ file: FilePart, more: Bool, isWhole: Bool = false) throws(ASGIError) {
        let count = file.count
        let awaitsTrailers = !isWhole && self.awaitsTrailers
        hasFile = true
        if let wire {
            if case .started(let status, let headers) = response {
                sentStatus = status
                do throws(ASGIError) {
                    try wire.start(status: status, headers: withPolicy(headers), file: file, more: more || awaitsTrailers)
                } catch {
                    if case .invalidResponse = error {
                        response = .unstarted
                        sentStatus = 0
                    } else {
                        response = .streaming
                    }
                    throw error
                }
            } else {
                try wire.write(file, more: more || awaitsTrailers)
            }
            sentBytes &+= count
        }
        response = .streaming
        guard !more else { return }
        if awaitsTrailers { response = .trailing } else { finish() }
    }

    /// Calls `action` when the client has taken enough of what was sent, but not before others had their turn.
    package func whenRoom(_ action: @escaping () -> Void) {
        guard let wire, !wire.hasRoom else { return loop.inNextRound(action) }
        if let earlier = roomWaiter {
            roomWaiter = {
                earlier()
                action()
            }
        } else {
            roomWaiter = action
        }
    }

    /// Notes what cancels the application, if that is no Swift task.
    package func isCancelled(by canceller: @escaping () -> Void) {
        guard !isEnded else { return }
        self.canceller = canceller
        if isCancelled { canceller() }
    }

    /// Notes the task that runs the application, so that it can be cancelled.
    func runs(in task: Task<Void, Never>) {
        guard !isEnded else { return }
        self.task = task
        if isCancelled { task.cancel() }
    }

    /// Notes that the application has returned or thrown; called exactly once.
    package func end(_ error: (any Error)?) {
        isEnded = true
        task = nil
        if canceller != nil { canceller = nil }
        shared.exchangeEnded(self)
        guard let wire else {
            if let error, !isExpected(error) { report(error) }
            return
        }
        if let webSocket, webSocket.isOpen {
            if let error, !isExpected(error) { report(error) }
            // The exchange stays the wire's until the WebSocket is closed.
            return webSocket.applicationEnded(failed: error != nil && !isDisconnectDelivered)
        }
        detach()
        switch response {
        case .unstarted:
            // Whoever was told that the client is gone need not answer it.
            if error != nil || !isDisconnectDelivered {
                report(error ?? ASGIError.unexpectedEvent("the application returned without sending a response"), status: 500)
            }
            fail(wire)
        case .started(let status, let headers):
            report(error ?? ASGIError.unexpectedEvent("the application returned without completing its response"), status: status)
            do throws(ASGIError) {
                try wire.start(status: status, headers: headers, body: ByteBuffer(), more: true)
                sentStatus = status
                logAccess(isComplete: false)
                wire.cut()
            } catch {
                fail(wire)
            }
        case .streaming, .trailing:
            report(error ?? ASGIError.unexpectedEvent("the application returned without completing its response"))
            logAccess(isComplete: false)
            wire.cut()
        case .complete:
            break
        }
    }

    private func fail(_ wire: any ExchangeWire) {
        noteOwnAnswer(status: 500)
        logAccess(isComplete: true)
        wire.fail(status: 500)
    }

    /// Whether an error only says that the client has gone, which is no failure of the application.
    private func isExpected(_ error: any Error) -> Bool {
        error is CancellationError || error as? ASGIError == .clientGone
    }

    /// Logs what went wrong in the application.
    ///
    /// - Parameter status: that of the response that will be sent all the same.
    package func report(_ error: any Error, status: Int? = nil) {
        let kind = (error as? any ApplicationFailure)?.kind ?? "\(type(of: error))"
        trace?.record(error, kind: kind)
        var metadata = outcomeMetadata
        metadata["error_type"] = "\(kind)"
        if let status { metadata["status"] = .stringConvertible(status) }
        shared.logger.error("application failed: \(error)", metadata: metadata)
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
    private func noteOwnAnswer(status: Int) {
        sentStatus = status
        sentBytes = ReasonPhrase.text(for: status).utf8CodeUnitCount
    }

    /// The length of the request's body, if that is known and all of it has arrived.
    private var receivedBodyBytes: Int? { if case .length(let length) = head.framing, isBodyComplete { length } else { nil } }

    private var sentBodyBytes: Int { head.isHead || sentStatus == 204 || sentStatus == 304 ? 0 : sentBytes }

    /// - Parameter isComplete: whether the response was sent whole.
    private func logAccess(isComplete: Bool) {
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

    /// Whether nobody takes the response any more: the client is gone, or the response is complete.
    package var isAbandoned: Bool { wire == nil }

    // MARK: The WebSocket's side

    /// Notes that there may be an event for the application.
    func webSocketChanged() { resumeEventWaits() }

    /// Notes that the WebSocket is closed in order, or given up.
    func webSocketEnded() {
        guard let wire else { return }
        sentBytes = webSocket?.sentBytes ?? 0
        logAccess(isComplete: webSocket?.closure?.code != WebSocketCloseCode.abnormal)
        response = .complete
        self.wire = nil
        resumeEventWaits()
        resumeRoomWaiter()
        if !isEnded { shared.schedule(after: shared.disconnectGrace) { [weak self] in self?.cancelIfUnaware() } }
        wire.responseComplete()
    }

    /// Ends an application that has not heard that its WebSocket is closed. One that has may have something left to do.
    private func cancelIfUnaware() {
        if !isDisconnectDelivered, !isLossKnown, !isEnded { cancel() }
    }

    // MARK: The wire's side

    /// How many bytes of the request's body wait for the application.
    var waitingBodyBytes: Int { body.readableBytes }

    /// Appends to the request's body.
    func append(body bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        body.writeBytes(bytes.bytes)
        resumeEventWaits()
    }

    /// Notes that the whole body has arrived.
    func completeBody() {
        isBodyComplete = true
        resumeEventWaits()
    }

    /// Notes that the file of a complete response is sent, or will not be sent any more.
    ///
    /// - Parameter unsent: how many bytes at the end of the response, its head included, the client was not sent.
    func fileEnded(unsent: Int, _ failure: FilePart.Failure?) {
        noteUnsent(unsent, failure)
        logAccess(isComplete: unsent == 0 && !isShort)
    }

    /// Notes that the end of what was sent does not reach the client.
    ///
    /// - Parameter unsent: as in `fileEnded`.
    func noteUnsent(_ unsent: Int, _ failure: FilePart.Failure?) {
        let missing = min(unsent, sentBytes)
        sentBytes -= missing
        if let failure {
            trace?.note(.unreadableFile)
            shared.logger.error("the client was cut off: \(missing) bytes of the file that was its response are missing: \(failure)", metadata: outcomeMetadata)
        }
    }

    /// Notes that the client sends nothing more but may still take the response.
    func receiveDisconnect() {
        isDisconnected = true
        resumeEventWaits()
    }

    /// Notes that the client is gone: what the application sends from now on goes nowhere, and after a grace its task is cancelled.
    ///
    /// - Parameter status: of the server's own answer, if there will be one.
    func disconnect(answering status: Int? = nil) {
        if let status { noteOwnAnswer(status: status) }
        if let webSocket {
            sentBytes = webSocket.isOpen ? webSocket.sentBytes : sentBytes
            webSocket.wireGone()
        }
        if wire != nil { logAccess(isComplete: status != nil) }
        detach()
        if webSocket != nil {
            return shared.schedule(after: shared.disconnectGrace) { [weak self] in self?.cancelIfUnaware() }
        }
        shared.schedule(after: shared.disconnectGrace) { [weak self] in self?.cancel() }
    }

    /// Ends the exchange at once: the client is cut off and the application's task cancelled.
    func cancel() {
        if wire != nil {
            trace?.note(.serverStopped)
            logAccess(isComplete: false)
        }
        webSocket?.wireGone()
        detach()
        isCancelled = true
        task?.cancel()
        canceller?()
    }

    /// Notes that there is room again for the application to send.
    func resumeRoomWaiter() {
        guard let waiter = roomWaiter else { return }
        roomWaiter = nil
        waiter()
    }

    var isWaitingForRoom: Bool { roomWaiter != nil }

    private func detach() {
        isDisconnected = true
        wire = nil
        resumeEventWaits()
        resumeRoomWaiter()
    }

    private func resumeEventWaits() {
        while !hasNoWaits, let event = nextEvent() {
            eventWaits.removeFirst().action?(.success(event))
        }
    }

    private func takeBody() -> ByteBuffer {
        let taken = body
        body = ByteBuffer()
        if taken.readableBytes > 0 { wire?.applicationTookBody() }
        return taken
    }
}

/// What went wrong in an application that is not written in Swift.
package protocol ApplicationFailure: Error {
    /// The name of the exception's class.
    var kind: String { get }
}

/// What forwarded fields say of a request.
private final class ForwardedClient: Sendable {
    let client: Client

    init(_ client: Client) {
        self.client = client
    }
}

/// One call of `receive` that waits for its event.
///
/// `@unchecked Sendable`: it is touched on its exchange's loop only.
package final class EventWait: @unchecked Sendable {
    package typealias Action = (Result<ASGIReceiveEvent, CancellationError>) -> Void

    fileprivate var action: Action?
    /// Whether whoever waited has gone without a word; nobody's event would be lost on it.
    package var isAbandoned: (() -> Bool)?
    fileprivate var isCancelled = false

    package init() {}
}

/// The wire that an exchange's request came on, as the exchange sees it.
protocol ExchangeWire: AnyObject {
    /// Whether an application that streams should send more now.
    var hasRoom: Bool { get }
    /// Whether less of the response's body is on the wire than was announced.
    var lacksBody: Bool { get }
    /// The application waits for body that has not arrived: `100 (Continue)` is due, if the client expects it.
    func applicationWantsBody()
    /// The application has taken body that was waiting; more may be read.
    func applicationTookBody()
    /// Puts the response's head and the first piece of its body on the wire. On an error nothing is on the wire.
    func start(status: Int, headers: Headers, body: ByteBuffer, more: Bool) throws(ASGIError)
    /// Whether a file is yet to be sent. If one is when the response is complete, the wire calls `fileEnded` later.
    var sendsFile: Bool { get }
    /// Puts the response's head and a file as the first piece of its body on the wire. On an error nothing is on the wire.
    func start(status: Int, headers: Headers, file: FilePart, more: Bool) throws(ASGIError)
    /// Puts a file on the wire as a further piece of the body.
    func write(_ file: FilePart, more: Bool) throws(ASGIError)
    /// Puts a further piece of the body on the wire.
    func write(_ body: ByteBuffer, more: Bool) throws(ASGIError)
    /// Ends the body, with these fields behind it if there is a place for them. On an error nothing is on the wire.
    func end(trailers: Headers) throws(ASGIError)
    /// Opens the WebSocket that the request asks for. On an error nothing is on the wire.
    func accept(_ acceptance: WebSocketAcceptance) throws(ASGIError) -> any WebSocketWire
    /// Puts an interim response with these fields on the wire (103). On an error nothing is on the wire.
    func hint(_ fields: Headers) throws(ASGIError)
    /// Writes what it can at once.
    func flush()
    /// The whole response is on the wire.
    func responseComplete()
    /// Answers with an error of the server's own, in place of a response that the application did not start.
    func fail(status: Int)
    /// Breaks off a response that was begun, so that the client sees that it is not whole.
    func cut()
}
