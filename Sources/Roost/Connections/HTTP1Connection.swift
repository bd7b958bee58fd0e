import HTTPWire
import NIOCore

/// One HTTP/1.x connection.
final class HTTP1Connection: WireConnection {
    /// Where the connection is in the life of a request.
    enum Phase {
        /// Between requests; no byte of the next one has come.
        case idle
        /// A part of a head is in `input`.
        case head
        /// An exchange is under way, and its body is arriving.
        case receivingBody
        /// An exchange is under way, and its body is complete.
        case responding
        /// A WebSocket is open.
        case webSocket
        /// The response is complete; the rest of the request's body is thrown away.
        case discardingBody
        /// Nothing more is read; the connection ends as `ending` says.
        case ended
    }

    /// Above this many bytes of body that the application has not taken, nothing is read.
    private static let bodyHighWater = 64 << 10
    /// How much of a body that nobody wants is read to keep the connection.
    static let discardLimit = 64 << 10

    var origin: ConnectionOrigin
    /// What has to come before the first request; nil once it has, or if nothing has to.
    @exclusivity(unchecked) private var preamble: ProxyPreamble?

    @exclusivity(unchecked) var phase = Phase.idle
    /// What was received and not yet used, from `inputStart` on.
    @exclusivity(unchecked) var input: [UInt8] = []
    @exclusivity(unchecked) var inputStart = 0
    /// Parses a head that did not arrive whole.
    @exclusivity(unchecked) var partialHead: HeadParser?
    /// Valid while a body is being received or discarded.
    @exclusivity(unchecked) var bodyReader = BodyReader.finished
    @exclusivity(unchecked) var isConsuming = false
    var readHasEnded = false
    /// The peer sends nothing beyond what waits to be read.
    var readWillEnd = false

    @exclusivity(unchecked) var exchange: Exchange?
    /// That whose response is complete but for a file that `output` still has: nothing begins behind it.
    @exclusivity(unchecked) var fileExchange: Exchange?
    /// The response to the request that came last.
    @exclusivity(unchecked) var response = ResponseWriter()
    @exclusivity(unchecked) var expectsContinue = false
    /// That of the request under way, if it asks for a WebSocket.
    var handshake: WebSocketHandshake?

    @exclusivity(unchecked) var requestCount = 0

    /// - Parameter expectsPreamble: whether a PROXY header may be yet to come.
    init(shared: LoopContext, origin: ConnectionOrigin, expectsPreamble: Bool = true) {
        self.origin = origin
        preamble = expectsPreamble ? ProxyPreamble(origin.policy, from: origin.hop) : nil
        super.init(shared: shared)
    }

    // MARK: What the transport acts on

    override var wantsRead: Bool {
        guard !readHasEnded else { return false }
        switch phase {
        // Who takes no answers gets no further ones made.
        case .idle, .head: return hasRoom
        case .discardingBody: return true
        case .receivingBody: return (exchange?.waitingBodyBytes ?? 0) < Self.bodyHighWater
        // To see that the client goes; but what it pipelines is not gathered without bound.
        case .responding: return inputStart == input.count
        case .webSocket: return exchange?.webSocket?.wantsBytes ?? false
        case .ended: return false
        }
    }

    override var deadline: MonotonicTime {
        if !output.isEmpty { return mark.advanced(by: shared.limits.writeTimeout) }
        switch phase {
        case .idle: return mark.advanced(by: idleTimeout)
        case .head: return mark.advanced(by: shared.limits.headerTimeout)
        // A client that waits for 100 (Continue), or for room, is not late.
        case .receivingBody: return wantsRead && !(expectsContinue && !response.hasStarted) ? mark.advanced(by: shared.limits.readTimeout) : .distantFuture
        case .discardingBody: return mark.advanced(by: shared.limits.readTimeout)
        case .webSocket: return exchange?.webSocket?.deadline ?? .distantFuture
        case .responding, .ended: return .distantFuture
        }
    }

    private var idleTimeout: Nanoseconds? {
        if shared.isDraining { return Self.lastMoment }
        return requestCount > 0 ? shared.limits.keepAliveTimeout : shared.limits.headerTimeout
    }

    override var isIdle: Bool {
        if case .idle = phase { inputStart == input.count } else { false }
    }

    // MARK: What the transport tells

    override func received(_ bytes: Span<UInt8>) {
        guard preamble == nil else { return receivedPreamble(bytes) }
        if inputStart == input.count {
            isConsuming = true
            let used = consume(bytes)
            isConsuming = false
            if used < bytes.count {
                input.append(copying: bytes.extracting(used..<bytes.count))
            }
        } else {
            input.append(copying: bytes)
            consumeInput()
        }
        // What is waited for has come: a piece of the body. Other marks are set where their wait begins.
        if case .receivingBody = phase { mark = shared.loop.now }
        if shared.isDraining { drain() }
    }

    override func readEnded() {
        readHasEnded = true
        switch phase {
        case .idle, .discardingBody:
            if preamble?.hasBegun ?? false {
                shared.logRefusedHeader("the connection ended within its PROXY header", status: 0, of: origin)
            }
            end(.afterOutput(lingering: false))
        case .head:
            shared.logRejection("the connection ended within a request's head", status: 0, origin.metadata)
            end(.afterOutput(lingering: false))
        case .receivingBody, .webSocket:
            abandonExchange()
            end(.now(reset: false))
        case .responding:
            exchange?.receiveDisconnect()
        case .ended:
            break
        }
    }

    override func endIsNear() {
        readWillEnd = true
        if case .responding = phase { exchange?.receiveDisconnect() }
    }

    override func peerGone() {
        abandonExchange()
        end(.now(reset: false))
    }

    override func wrote() {
        mark = shared.loop.now
        if fileExchange != nil, output.isEmpty { fileEnded(unsent: 0, nil) }
        if let exchange, exchange.isWaitingForRoom, output.file == nil, output.count < Self.lowWater {
            exchange.resumeRoomWaiter()
        }
        if case .idle = phase, inputStart < input.count, output.count < Self.lowWater { consumeInput() }
        if case .webSocket = phase { exchange?.webSocket?.wrote() }
    }

    override func deadlineReached() {
        if !output.isEmpty {
            shared.logRejection("the client took nothing of its response for too long", status: 0, (exchange ?? fileExchange)?.outcomeMetadata ?? origin.metadata)
            abandonExchange()
            return end(.now(reset: true))
        }
        switch phase {
        case .idle, .discardingBody:
            if preamble?.hasBegun ?? false {
                return refuseHeader(status: 408, "the PROXY header did not arrive in time (header_timeout)")
            }
            end(.afterOutput(lingering: false))
        case .head:
            rejectHead(RequestRejection(status: 408, reason: "the request's head did not arrive in time (header_timeout)"))
        case .receivingBody:
            reject(RequestRejection(status: 408, reason: "the request's body did not arrive in time (read_timeout)"))
        case .webSocket:
            exchange?.webSocket?.deadlineReached()
        case .responding, .ended:
            break
        }
    }

    /// A request may be on its way: a proxy that finds a connection closed that it has just used does not send a POST a second time. Whoever brings
    /// one within the last moment is answered, and told that it was the last one.
    override func drain() {
        if case .webSocket = phase { return exchange?.webSocket?.drain() ?? () }
        if isIdle { mark = shared.loop.now }
    }

    override func cutOff() {
        let exchange = self.exchange
        self.exchange = nil
        noteUnsentFile(of: exchange)
        exchange?.cancel()
        end(.now(reset: response.isTruncationInvisible))
    }

    // MARK: The PROXY header

    private func receivedPreamble(_ bytes: Span<UInt8>) {
        guard let outcome = preamble?.receive(bytes) else { return }
        if case .needMore = outcome { return }
        preamble = nil
        switch outcome {
        case .needMore:
            break
        case .header(let header, let used):
            origin = origin.proxied(by: header)
            if used < bytes.count { received(bytes.extracting(used..<bytes.count)) }
        case .none(let held):
            if !held.isEmpty { received(held.span) }
            received(bytes)
        case .forbidden:
            shared.metrics?.proxyHeaderRefused()
            shared.logRefusedConnection(PeerPolicy.mayNotSendHeader, of: origin)
            end(.now(reset: false))
        case .refused(let reason):
            refuseHeader(status: 400, reason)
        }
    }

    /// Answers bytes that are no PROXY header, or not one that is taken here, and ends the connection.
    func refuseHeader(status: Int, _ reason: String) {
        shared.logRefusedHeader(reason, status: status, of: origin)
        response = ResponseWriter()
        respondAndEnd(status: status)
    }

    // MARK: Refusals, and the end

    /// Answers a request that the application is not to see, or not to see the rest of, and ends the connection.
    func reject(_ rejection: RequestRejection) {
        shared.logRejection(rejection.reason, status: rejection.status, exchange?.outcomeMetadata ?? origin.metadata)
        let hadStarted = exchange != nil && response.hasStarted
        let id = shared.sendsRequestID ? exchange?.requestID : nil
        abandonExchange(answering: hadStarted ? nil : rejection.status)
        if hadStarted {
            end(.now(reset: response.isTruncationInvisible))
        } else {
            respondAndEnd(status: rejection.status, requestID: id)
        }
    }

    /// Answers a request of which nothing is known: least of all what was asked for before it.
    func rejectHead(_ rejection: RequestRejection) {
        response = ResponseWriter()
        reject(rejection)
    }

    func respondAndEnd(status: Int, requestID: RequestID? = nil) {
        if status == 426 {
            output.gather()
            output.gathered.appendUpgradeRequired(
                date: shared.sendsDate ? shared.loop.dateValue() : nil, server: shared.serverField, requestID: requestID)
            return end(.afterOutput(lingering: true))
        }
        do throws(ASGIError) {
            try response.writeError(status: status, requestID: requestID, to: &output, shared)
            end(.afterOutput(lingering: true))
        } catch {
            end(.now(reset: true))
        }
    }

    /// Lets go of the exchange under way, if there is one; its application sees a disconnect.
    ///
    /// - Parameter status: of the server's own answer, if there will be one.
    private func abandonExchange(answering status: Int? = nil) {
        let exchange = self.exchange
        self.exchange = nil
        noteUnsentFile(of: exchange)
        exchange?.disconnect(answering: status)
    }

    /// Tells an exchange that is broken off how much of its files was not sent.
    private func noteUnsentFile(of exchange: Exchange?) {
        if let file = output.file { exchange?.noteUnsent(output.count, file.failure) }
    }

    func end(_ ending: Ending) {
        if case .now = self.ending { return }
        if case .now = ending { discardOutput() }
        self.ending = ending
        phase = .ended
        input = []
        inputStart = 0
        changed()
    }

    private func discardOutput() {
        let (unsent, failure) = (output.count, output.file?.failure)
        output.discard()
        fileEnded(unsent: unsent, failure)
    }

    private func fileEnded(unsent: Int, _ failure: FilePart.Failure?) {
        guard let ended = fileExchange else { return }
        fileExchange = nil
        ended.fileEnded(unsent: unsent, failure)
    }

    func awaitNextRequest() {
        phase = .idle
        mark = shared.loop.now
        if inputStart < input.count {
            consumeInput()
        } else if readHasEnded {
            end(.afterOutput(lingering: false))
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(copying bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
