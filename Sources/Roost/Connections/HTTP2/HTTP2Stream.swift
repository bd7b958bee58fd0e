import HTTPWire
import NIOCore

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
        case trailers(Headers)
    }

    let id: Int32
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
    /// What is yet to be sent, as the client's windows allow; `put` and `dropPiece` change it.
    var pieces: [Piece] = []
    /// How many bytes of it are in memory.
    var waitingBytes = 0
    /// What is read of the file that is the first piece, and not yet sent.
    var readAhead = ByteBuffer()
    /// The session waits to be told that there is a piece.
    var sessionWaits = false
    /// When the client last took some of it.
    var writeMark: MonotonicTime
    /// That whose response is complete but for a file.
    var fileExchange: Exchange?
    var isResuming = false

    init(_ id: Int32, on connection: HTTP2Connection) {
        self.id = id
        self.connection = connection
        readMark = connection.shared.loop.now
        writeMark = connection.shared.loop.now
    }

    // MARK: The request

    /// Begins what the stream's first frame asks for.
    func start(_ text: inout HTTP2RequestText, endsStream: Bool, number: Int, origin: ConnectionOrigin) {
        hasRequestEnded = endsStream
        do throws(HTTP2RequestText.Problem) {
            try text.end()
        } catch {
            switch error {
            case .malformed(let reason):
                shared.logRejection("\(reason)", status: 0, origin.metadata)
                hasEnded = true
                connection.reset(id, .protocolError)
            case .connect:
                refuse(RequestRejection(status: 501, reason: "CONNECT is not supported"), origin)
            }
            return
        }
        switch shared.parseHead(text.bytes.span) {
        case .needMore:
            _ = shared.takeParser()
            refuse(RequestRejection(status: 400, reason: "the head is not complete"), origin)
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
        if let rejection = shared.refusal(of: exchange) { return reject(rejection) }
        if forWebSocket {
            guard shared.servesWebSockets else {
                return reject(RequestRejection(status: 501, reason: "the application knows of no WebSockets"))
            }
            guard !hasRequestEnded else { return reject(RequestRejection(status: 400, reason: "the client has ended the stream that is to be a WebSocket")) }
            do throws(RequestRejection) {
                exchange.isForWebSocket(try WebSocketHandshake.checkConnect(head.headers))
            } catch {
                return reject(error)
            }
        }
        if !hasRequestEnded { connection.watch(until: deadline) }
        shared.exchangeStarted(exchange)
        shared.start(exchange)
    }

    /// Takes a piece of the request's body.
    func received(_ bytes: Span<UInt8>) {
        unreturnedBytes += bytes.count
        readMark = shared.loop.now
        guard let exchange else { return }
        if let link = exchange.webSocket {
            link.received(bytes)
            return webSocketWantsBytes()
        }
        receivedBytes += bytes.count
        guard receivedBytes <= shared.limits.maxBodySize else { return reject(.bodyTooLarge) }
        expectsContinue = false
        exchange.append(body: bytes)
    }

    /// Notes that the request's last frame has arrived.
    func requestEnded() {
        guard !hasRequestEnded else { return }
        hasRequestEnded = true
        guard let exchange else { return }
        guard let link = exchange.webSocket else { return exchange.completeBody() }
        // As the end of a TCP connection is (RFC 8441 section 5).
        let wasOpen = link.isOpen
        self.exchange = nil
        exchange.disconnect()
        if wasOpen { put(.data(ByteBuffer(), ends: true)) } else { reset(.cancel) }
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
            let hasBody = try putHead(status: status, headers: headers, bodyLength: reason.utf8CodeUnitCount, requestID: requestID, more: false)
            if hasBody { try write(ByteBuffer(staticString: reason), more: false) }
            dismissClient()
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
        dropPieces()
        hasRequestEnded = true
        hasEnded = true
        fileExchange?.fileEnded(unsent: unsent, failure)
        if unsent > 0 { exchange?.noteUnsent(unsent, failure) }
        exchange?.disconnect()
    }

    /// How many bytes of files, and of what stands about them, were not sent, and what is wrong with the file.
    private var unsentFile: (Int, FilePart.Failure?) {
        guard sendsFile else { return (0, nil) }
        var count = waitingBytes
        var failure: FilePart.Failure?
        for case .file(let file, _) in pieces {
            count += file.count
            failure = failure ?? file.failure
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
        connection.reset(id, code)
        dropPieces()
    }

    // MARK: Time

    /// When the client is late with what it is waited for; see `isLate`.
    var deadline: MonotonicTime { min(exchange?.webSocket?.deadline ?? readDeadline, writeDeadline) }

    /// Ends a WebSocket: the server is shutting down.
    func drain() { if let link = exchange?.webSocket, link.isOpen { link.drain() } }

    var readDeadline: MonotonicTime {
        // A client that waits for 100 (Continue), or for its window to open, is not late.
        guard exchange != nil, !hasRequestEnded, unreturnedBytes < HTTP2Session.streamWindow, !(expectsContinue && !hasStarted) else { return .distantFuture }
        return readMark.advanced(by: shared.limits.readTimeout)
    }

    var writeDeadline: MonotonicTime {
        pieces.isEmpty ? .distantFuture : writeMark.advanced(by: shared.limits.writeTimeout)
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
