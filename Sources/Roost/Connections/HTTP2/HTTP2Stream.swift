import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One request and its response on a connection of HTTP/2.
///
/// Used on its connection's loop only.
final class HTTP2Stream {
    /// After so many bytes of body that the application took, the client may send as many again.
    static let windowStep = 16 << 10
    /// How much of a file is read at once.
    static let filePiece = 64 << 10

    enum Piece {
        case data(ByteBuffer, ends: Bool)
        case file(FilePart, ends: Bool)
        case trailers(HPACKHeaders)
    }

    let id: HTTP2StreamID
    /// Invariant: the connection owns its streams, and lets go of their exchanges before it goes.
    unowned(unsafe) let connection: HTTP2Connection
    var shared: LoopContext { connection.shared }
    var exchange: Exchange?
    var isHead = false

    // The request.
    /// The client has sent all that it will.
    var hasRequestEnded = false
    var expectsContinue = false
    private var receivedBytes = 0
    /// What the client sent and has not got back for its window.
    var unreturnedBytes = 0
    /// When a piece of the request's body last came, or was last waited for.
    var readMark: MonotonicTime

    // The response.
    var hasStarted = false
    /// The stream's last frame is written, or waits for room.
    var hasEnded = false
    /// How much of an announced length is yet to come; nil if none was announced.
    var bodyLeft: Int?
    var announced = 0
    var hasNoBody = false
    /// What was given to HTTP/2's flow control and is not with the transport yet.
    var waitingBytes = 0
    /// When the client last took some of it.
    var writeMark: MonotonicTime
    /// What is yet to be given to flow control; empty, or a file and what comes behind it.
    var pieces: [Piece] = []
    /// That whose response is complete but for a file.
    var fileExchange: Exchange?
    var isResuming = false

    init(_ id: HTTP2StreamID, on connection: HTTP2Connection) {
        self.id = id
        self.connection = connection
        readMark = connection.shared.loop.now
        writeMark = connection.shared.loop.now
    }

    // MARK: The request

    /// Begins what the stream's first frame asks for.
    func start(_ headers: HPACKHeaders, endsStream: Bool, number: Int, origin: ConnectionOrigin) {
        hasRequestEnded = endsStream
        let text: HTTP2RequestText
        do throws(HTTP2RequestText.Problem) {
            text = try HTTP2RequestText(headers)
        } catch {
            switch error {
            case .malformed(let reason):
                shared.logRejection(reason, status: 0, origin.metadata)
                hasEnded = true
                connection.reset(id, .protocolError)
            case .connect:
                refuse(RequestRejection(status: 501, reason: "CONNECT is not supported"), origin)
            }
            return
        }
        defer { shared.parser.reset() }
        switch shared.parser.parse(text.bytes.span) {
        case .needMore: refuse(RequestRejection(status: 400, reason: "the head is not complete"), origin)
        case .rejected(let rejection): refuse(rejection, origin)
        case .complete(let head, _):
            let head = head.onStream(hasBody: !endsStream && !text.isWebSocket)
            start(head, forWebSocket: text.isWebSocket, number: number, origin: origin)
        }
    }

    private func start(_ head: RequestHead, forWebSocket: Bool, number: Int, origin: ConnectionOrigin) {
        isHead = head.isHead
        // The parser knows of no body where no length is announced, and has refused every other expectation.
        expectsContinue = !hasRequestEnded && head.firstIndex(ofField: "expect") != nil
        let exchange = Exchange(head: head, hasBody: !hasRequestEnded && !forWebSocket, number: number, origin: origin, shared: shared, wire: self)
        self.exchange = exchange
        if let rejection = shared.refusal(of: exchange, from: origin) { return reject(rejection) }
        if forWebSocket {
            guard shared.runner.servesWebSockets else {
                return reject(RequestRejection(status: 501, reason: "the application knows of no WebSockets"))
            }
            do throws(RequestRejection) {
                exchange.isForWebSocket(try WebSocketHandshake.checkConnect(head.headers))
            } catch {
                return reject(error)
            }
        }
        if !hasRequestEnded { connection.watch(until: deadline) }
        shared.exchangeStarted(exchange)
        shared.runner.run(exchange)
    }

    /// Takes a piece of the request's body, or its end.
    ///
    /// - Parameter size: what the frame took of the windows.
    func received(_ bytes: ByteBuffer, size: Int, endsStream: Bool) {
        unreturnedBytes += size
        readMark = shared.loop.now
        hasRequestEnded = endsStream
        guard let exchange else { return }
        if let link = exchange.webSocket { return received(bytes, endsStream: endsStream, for: link) }
        receivedBytes += bytes.readableBytes
        guard receivedBytes <= shared.limits.maxBodySize else { return reject(.bodyTooLarge) }
        expectsContinue = false
        if bytes.readableBytes > 0 { exchange.append(body: bytes.readableBytesUInt8Span) }
        if endsStream { exchange.completeBody() }
    }

    private func received(_ bytes: ByteBuffer, endsStream: Bool, for link: WebSocketLink) {
        if bytes.readableBytes > 0 { link.received(bytes.readableBytesUInt8Span) }
        if link.wantsBytes { applicationTookBody() }
        guard endsStream else { return }
        // As the end of a TCP connection is (RFC 8441 section 5).
        let wasOpen = link.isOpen
        let exchange = self.exchange
        self.exchange = nil
        exchange?.disconnect()
        if wasOpen { put(.data(ByteBuffer(), ends: true)) }
    }

    /// Notes that trailer fields have ended the request's body.
    func requestEnded() {
        guard !hasRequestEnded else { return }
        hasRequestEnded = true
        exchange?.completeBody()
    }

    /// Notes that the client sends nothing more on the connection.
    func readEnded() {
        if hasRequestEnded { exchange?.receiveDisconnect() } else { closed() }
    }

    /// Answers a request that the application is not to see, or not to see the rest of.
    private func reject(_ rejection: RequestRejection) {
        shared.logRejection(rejection.reason, status: rejection.status, exchange?.outcomeMetadata ?? [:])
        let exchange = self.exchange
        let id = shared.sendsRequestID ? exchange?.requestID : nil
        self.exchange = nil
        exchange?.disconnect(answering: hasStarted ? nil : rejection.status)
        if hasStarted { reset(.internalError) } else { respond(status: rejection.status, requestID: id) }
    }

    /// Answers a request whose head is refused.
    private func refuse(_ rejection: RequestRejection, _ origin: ConnectionOrigin) {
        shared.logRejection(rejection.reason, status: rejection.status, origin.metadata)
        respond(status: rejection.status, requestID: nil)
    }

    func respond(status: Int, requestID: RequestID?) {
        let reason = ReasonPhrase.text(for: status)
        var headers: Headers = ["content-type": "text/plain"]
        if status == 503 { headers.append(name: "retry-after", value: "1") }
        do throws(ASGIError) {
            try putHead(status: status, headers: headers, bodyLength: reason.utf8CodeUnitCount, requestID: requestID)
            try write(ByteBuffer(staticString: reason), more: false)
        } catch {
            reset(.internalError)
        }
    }

    // MARK: The end

    /// Notes that the stream, or its connection, is gone.
    func closed() {
        let (exchange, fileExchange) = (self.exchange, self.fileExchange)
        let (unsent, failure) = unsentFile
        self.exchange = nil
        self.fileExchange = nil
        pieces = []
        hasRequestEnded = true
        hasEnded = true
        fileExchange?.fileEnded(unsent: unsent, failure)
        if unsent > 0 { exchange?.noteUnsent(unsent, failure) }
        exchange?.disconnect()
    }

    /// How many bytes of files, and of what comes behind them, were not sent, and what is wrong with the file.
    private var unsentFile: (Int, FilePart.Failure?) {
        var count = pieces.isEmpty ? 0 : waitingBytes
        var failure: FilePart.Failure?
        for piece in pieces {
            switch piece {
            case .data(let bytes, _): count += bytes.readableBytes
            case .file(let file, _):
                count += file.count
                failure = failure ?? file.failure
            case .trailers: break
            }
        }
        return (count, failure)
    }

    /// Ends the exchange at once.
    func cutOff() {
        let exchange = self.exchange
        self.exchange = nil
        exchange?.cancel()
        closed()
    }

    func reset(_ code: HTTP2ErrorCode) {
        exchange = nil
        hasEnded = true
        connection.send(.rstStream(code), on: id)
    }

    // MARK: Time

    /// When the client is late with what it is waited for; see `isLate`.
    var deadline: MonotonicTime { min(exchange?.webSocket?.deadline ?? readDeadline, writeDeadline) }

    /// Ends a WebSocket: the server is shutting down.
    func drain() { if let link = exchange?.webSocket, link.isOpen { link.drain() } }

    var readDeadline: MonotonicTime {
        // A client that waits for 100 (Continue), or for its window to open, is not late.
        guard exchange != nil, !hasRequestEnded, unreturnedBytes < HTTP2Handler.streamWindow, !(expectsContinue && !hasStarted) else { return .distantFuture }
        return readMark.advanced(by: shared.limits.readTimeout)
    }

    var writeDeadline: MonotonicTime {
        waitingBytes > 0 ? writeMark.advanced(by: shared.limits.writeTimeout) : .distantFuture
    }

    /// Ends the stream if its client is late.
    func endIfLate(at now: MonotonicTime) {
        if writeDeadline <= now {
            shared.logRejection("the client took nothing of its response for too long", status: 0, (exchange ?? fileExchange)?.outcomeMetadata ?? [:])
            closed()
            reset(.cancel)
        } else if let link = exchange?.webSocket {
            link.deadlineReached()
        } else if readDeadline <= now {
            reject(RequestRejection(status: 408, reason: "the request's body did not arrive in time (read_timeout)"))
        }
    }
}
