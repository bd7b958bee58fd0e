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
    enum Response {
        case unstarted
        /// Status and fields are known and not yet sent.
        case started(status: Int, headers: Headers)
        case streaming
        /// The body is sent, and trailer fields are yet to come.
        case trailing
        case complete
    }

    /// After so many bytes an application that never had to wait does.
    static let turn = 64 << 10
    /// What a send counts for beyond its bytes, so that empty ones count too.
    static let sendCost = 64

    package let head: RequestHead
    let origin: ConnectionOrigin
    let shared: LoopContext
    /// How many requests there were on the connection, this one among them.
    let number: Int
    let madeID: RequestID
    /// The request's span; nil without a tracer.
    let trace: RequestTrace?
    /// Who is calling according to forwarded fields, once somebody has asked on the loop.
    @exclusivity(unchecked) var forwarded: ForwardedClient?
    var loop: LoopExecutor { shared.loop }

    /// The WebSocket that the request asks for; nil if it does not, or if the application knows of none.
    private(set) var webSocket: WebSocketLink?

    /// Where the response goes; nil once it is complete or the client is gone.
    @exclusivity(unchecked) var wire: (any ExchangeWire)?

    /// Body that has arrived and that the application has not taken.
    @exclusivity(unchecked) private var body: ByteBuffer?
    @exclusivity(unchecked) var isBodyComplete: Bool
    @exclusivity(unchecked) var isBodyDelivered = false
    @exclusivity(unchecked) var isDisconnected = false
    @exclusivity(unchecked) var isDisconnectDelivered = false
    /// Whether the application was told by `isWebSocketLost`.
    var isLossKnown = false
    @exclusivity(unchecked) var response = Response.unstarted
    /// Whether the application said that trailer fields follow the body.
    @exclusivity(unchecked) var announcesTrailers = false
    var trailers = Headers()
    @exclusivity(unchecked) var eventWaits: [EventWait] = []
    @exclusivity(unchecked) private var roomWaiter: (() -> Void)?
    /// The task that runs the application, if a task does.
    @exclusivity(unchecked) private var task: Task<Void, Never>?
    /// Cancels the application, if no Swift task runs it.
    @exclusivity(unchecked) private var canceller: (() -> Void)?
    @exclusivity(unchecked) var isCancelled = false
    /// What the application has sent since it last waited, in bytes.
    @exclusivity(unchecked) var sentInTurn = 0
    @exclusivity(unchecked) var isEnded = false
    /// Whether what is sent is written at once, and not at the end of the round: for an application that goes on on the loop's thread.
    @exclusivity(unchecked) package var writesAtOnce = false
    /// When the request's head had arrived.
    let startTime: MonotonicTime
    /// Where `ExchangeRegister` has it.
    @exclusivity(unchecked) var place = 0
    // For the logs.
    /// The response's head as it was sent, if somebody wants to know.
    @exclusivity(unchecked) var responseHead: [UInt8] = []
    @exclusivity(unchecked) var sentStatus = 0
    @exclusivity(unchecked) var sentBytes = 0
    /// Whether the response has a file in it, which may be sent after the response is complete.
    @exclusivity(unchecked) var hasFile = false
    /// Whether less body was sent than was announced.
    var isShort = false

    init(
        head: RequestHead, hasBody: Bool, number: Int, origin: borrowing ConnectionOrigin, shared: borrowing LoopContext,
        wire: borrowing any ExchangeWire
    ) {
        self.head = head
        isBodyComplete = !hasBody
        self.origin = copy origin
        self.shared = copy shared
        self.wire = copy wire
        self.number = number
        madeID = self.shared.makeRequestID()
        trace = self.shared.tracing == nil ? nil : Self.beginTrace(of: self.head, self.origin, self.shared)
        startTime = self.shared.loop.now
        trace?.describe(self)
    }

    /// Never inlined: without a tracer nothing need be retained for it.
    @inline(never)
    private static func beginTrace(of head: RequestHead, _ origin: ConnectionOrigin, _ shared: LoopContext) -> RequestTrace? {
        shared.tracing?.begin(head, isSenderTrusted: origin.isForwarderTrusted)
    }

    /// Makes this the exchange of a WebSocket; called once, before anything else.
    func isForWebSocket(_ offer: WebSocketOffer) {
        webSocket = WebSocketLink(offer, for: self)
    }

    // MARK: Its life

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
            if let error { reportOfLoss(error) }
            return
        }
        if let webSocket, webSocket.isOpen {
            if let error, !isExpected(error) { webSocket.closure == nil ? report(error) : reportOfLoss(error) }
            // The exchange stays the wire's until the WebSocket is closed.
            return webSocket.applicationEnded(failed: error != nil && !isDisconnectDelivered)
        }
        detach()
        switch response {
        case .unstarted:
            // Whoever was told that the client is gone need not answer it.
            guard error != nil || !isDisconnectDelivered else {
                logAccess(isComplete: false)
                return wire.cut()
            }
            report(error ?? ASGIError.unexpectedEvent("the application returned without sending a response"), status: 500)
            fail(wire)
        case .started(let status, let headers):
            reportIncomplete(error, status: status)
            do throws(ASGIError) {
                try wire.start(for: self, status: status, headers: headers, body: ByteBuffer(), more: true)
                sentStatus = status
                logAccess(isComplete: false)
                wire.cut()
            } catch {
                fail(wire)
            }
        case .streaming, .trailing:
            reportIncomplete(error)
            logAccess(isComplete: false)
            wire.cut()
        case .complete:
            break
        }
    }

    private func reportIncomplete(_ error: (any Error)?, status: Int? = nil) {
        // The same: it need not go on, either.
        guard error != nil || !isDisconnectDelivered else { return }
        if let error, isOfLoss(error) { return reportOfLoss(error) }
        report(error ?? ASGIError.unexpectedEvent("the application returned without completing its response"), status: status)
    }

    private func fail(_ wire: any ExchangeWire) {
        noteOwnAnswer(status: 500)
        logAccess(isComplete: true)
        wire.fail(status: 500)
    }

    // MARK: The wire's side

    /// How many bytes of the request's body wait for the application.
    var waitingBodyBytes: Int { body?.readableBytes ?? 0 }

    /// Appends to the request's body.
    func append(body bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        if body == nil { body = ByteBuffer() }
        body?.writeBytes(bytes.bytes)
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

    func resumeEventWaits() {
        while !hasNoWaits, let event = nextEvent() {
            eventWaits.removeFirst().action?(.success(event))
        }
    }

    func takeBody() -> ByteBuffer {
        guard let taken = body else { return ByteBuffer() }
        body = nil
        wire?.applicationTookBody()
        return taken
    }
}
