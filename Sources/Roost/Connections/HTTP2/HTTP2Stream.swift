import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One request and its response on a connection of HTTP/2.
///
/// Used on its connection's loop only.
final class HTTP2Stream {
    /// After so many bytes of body that the application took, the client may send as many again.
    private static let windowStep = 16 << 10
    /// How much of a file is read at once.
    private static let filePiece = 64 << 10

    private enum Piece {
        case data(ByteBuffer, ends: Bool)
        case file(FilePart, ends: Bool)
        case trailers(HPACKHeaders)
    }

    let id: HTTP2StreamID
    /// Invariant: the connection owns its streams, and lets go of their exchanges before it goes.
    private unowned(unsafe) let connection: HTTP2Connection
    private var shared: LoopContext { connection.shared }
    private var exchange: Exchange?
    private var isHead = false

    // The request.
    /// The client has sent all that it will.
    private(set) var hasRequestEnded = false
    private var expectsContinue = false
    private var receivedBytes = 0
    /// What the client sent and has not got back for its window.
    private var unreturnedBytes = 0
    /// When a piece of the request's body last came, or was last waited for.
    private var readMark: MonotonicTime

    // The response.
    private var hasStarted = false
    /// The stream's last frame is written, or waits for room.
    private var hasEnded = false
    /// How much of an announced length is yet to come; nil if none was announced.
    private var bodyLeft: Int?
    private var announced = 0
    private var hasNoBody = false
    /// What was given to HTTP/2's flow control and is not with the transport yet.
    private var waitingBytes = 0
    /// When the client last took some of it.
    private var writeMark: MonotonicTime
    /// What is yet to be given to flow control; empty, or a file and what comes behind it.
    private var pieces: [Piece] = []
    /// That whose response is complete but for a file.
    private var fileExchange: Exchange?
    private var isResuming = false

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

    private func respond(status: Int, requestID: RequestID?) {
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

    private func reset(_ code: HTTP2ErrorCode) {
        exchange = nil
        hasEnded = true
        connection.send(.rstStream(code), on: id)
    }

    // MARK: Time

    /// When the client is late with what it is waited for; see `isLate`.
    var deadline: MonotonicTime { min(exchange?.webSocket?.deadline ?? readDeadline, writeDeadline) }

    /// Ends a WebSocket: the server is shutting down.
    func drain() { if let link = exchange?.webSocket, link.isOpen { link.drain() } }

    private var readDeadline: MonotonicTime {
        // A client that waits for 100 (Continue), or for its window to open, is not late.
        guard exchange != nil, !hasRequestEnded, unreturnedBytes < HTTP2Handler.streamWindow, !(expectsContinue && !hasStarted) else { return .distantFuture }
        return readMark.advanced(by: shared.limits.readTimeout)
    }

    private var writeDeadline: MonotonicTime {
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

// MARK: - WebSockets

extension HTTP2Stream: WebSocketWire {
    func webSocketIsOpen(_ link: WebSocketLink) {
        connection.watch(until: link.deadline)
        if shared.isDraining { link.drain() }
    }

    func write(frames: Span<UInt8>) {
        var bytes = ByteBuffer()
        bytes.writeBytes(frames.bytes)
        write(payload: bytes)
    }

    func write(payload: ByteBuffer) {
        guard !hasEnded else { return }
        sendData(payload, endsStream: false)
        connection.watch(until: deadline)
    }

    func webSocketWantsBytes() { if exchange?.webSocket?.wantsBytes ?? false { applicationTookBody() } }
}

// MARK: - Responses

extension HTTP2Stream: ExchangeWire {
    var sendsFile: Bool { !pieces.isEmpty }

    var hasRoom: Bool { pieces.isEmpty && waitingBytes < WireConnection.highWater && connection.output.count < WireConnection.highWater }

    var lacksBody: Bool { bodyLeft ?? 0 > 0 }

    func applicationWantsBody() {
        guard expectsContinue, !hasStarted else { return }
        expectsContinue = false
        readMark = shared.loop.now
        connection.watch(until: readDeadline)
        connection.send(.headers(.init(headers: [":status": "100"])), on: id)
    }

    func applicationTookBody() {
        readMark = shared.loop.now
        guard unreturnedBytes >= Self.windowStep, !hasRequestEnded else { return }
        connection.send(.windowUpdate(windowSizeIncrement: unreturnedBytes), on: id)
        unreturnedBytes = 0
        connection.watch(until: readDeadline)
    }

    func start(status: Int, headers: Headers, body: ByteBuffer, more: Bool) throws(ASGIError) {
        try putHead(
            status: status, headers: headers, bodyLength: more ? nil : body.readableBytes, requestID: shared.sendsRequestID ? exchange?.requestID : nil,
            endsStream: !more && body.readableBytes == 0
        )
        if !hasEnded { try write(body, more: more) }
    }

    func start(status: Int, headers: Headers, file: FilePart, more: Bool) throws(ASGIError) {
        try putHead(
            status: status, headers: headers, bodyLength: more ? nil : file.count, requestID: shared.sendsRequestID ? exchange?.requestID : nil,
            endsStream: !more && file.count == 0
        )
        if !hasEnded { try write(file, more: more) }
    }

    private func putHead(status: Int, headers: Headers, bodyLength: Int?, requestID: RequestID?, endsStream: Bool = false) throws(ASGIError) {
        let response: ResponseFields
        do {
            response = try ResponseFields(
                status: status, headers: headers, bodyLength: bodyLength, isHead: isHead,
                date: shared.sendsDate ? shared.loop.dateValue() : nil, server: shared.serverField, requestID: requestID
            )
        } catch {
            throw .invalidResponse(error.reason)
        }
        let fields = HPACKHeaders(response.fields, status: status)
        hasStarted = true
        hasNoBody = response.framing == .none
        if case .length(let length) = response.framing {
            bodyLeft = length
            announced = length
        }
        if shared.recordsResponseHead { exchange?.note(responseHead: response.http1Text(status: status)) }
        if response.closes { connection.endSoon() }
        send(.headers(.init(headers: fields, endStream: endsStream)), endsStream: endsStream)
    }

    func write(_ body: ByteBuffer, more: Bool) throws(ASGIError) {
        let ends = try noteBody(body.readableBytes, more: more)
        let body = hasNoBody ? ByteBuffer() : body
        if body.readableBytes > 0 || ends { put(.data(body, ends: ends)) }
    }

    func write(_ file: FilePart, more: Bool) throws(ASGIError) {
        let ends = try noteBody(file.count, more: more)
        put(hasNoBody ? .data(ByteBuffer(), ends: ends) : .file(file, ends: ends))
    }

    /// Counts a piece of the body; returns whether it is the last on the wire.
    private func noteBody(_ count: Int, more: Bool) throws(ASGIError) -> Bool {
        if let bodyLeft {
            guard count <= bodyLeft else { throw .bodyTooLong(announced: announced) }
            self.bodyLeft = bodyLeft - count
        }
        // Less than was announced is not to look whole: `responseComplete` resets the stream.
        return !more && !lacksBody
    }

    func end(trailers: Headers) throws(ASGIError) {
        guard !lacksBody else { return }
        let fields: ResponseFields
        do {
            fields = try ResponseFields(trailers, areTrailers: true)
        } catch {
            throw .invalidResponse(error.reason)
        }
        put(fields.fields.isEmpty ? .data(ByteBuffer(), ends: true) : .trailers(HPACKHeaders(fields.fields, status: nil)))
    }

    func accept(_ acceptance: WebSocketAcceptance) throws(ASGIError) -> any WebSocketWire {
        var headers = acceptance.headers
        for name in ["sec-websocket-protocol", "sec-websocket-extensions", "sec-websocket-accept", "content-length"] { headers.remove(name: name) }
        if let subprotocol = acceptance.subprotocol { headers.append(name: "sec-websocket-protocol", value: subprotocol) }
        if let deflate = acceptance.deflate { headers.append(name: "sec-websocket-extensions", value: deflate.responseValue) }
        try putHead(status: 200, headers: headers, bodyLength: nil, requestID: shared.sendsRequestID ? exchange?.requestID : nil)
        return self
    }

    func hint(_ fields: Headers) throws(ASGIError) {
        let hints: ResponseFields
        do {
            hints = try ResponseFields(fields, areTrailers: false)
        } catch {
            throw .invalidResponse(error.reason)
        }
        connection.send(.headers(.init(headers: HPACKHeaders(hints.fields, status: 103))), on: id)
    }

    func flush() { connection.writeNow() }

    func responseComplete() {
        let completed = exchange
        exchange = nil
        if lacksBody {
            shared.logger.error(
                "application failed: its response is \(bodyLeft ?? 0) bytes shorter than the content-length of \(announced) that it announced",
                metadata: completed?.outcomeMetadata
            )
            return reset(.internalError)
        }
        if completed?.webSocket != nil, !hasEnded { put(.data(ByteBuffer(), ends: true)) }
        if !pieces.isEmpty { fileExchange = completed }
        dismissClient()
    }

    func fail(status: Int) {
        let id = shared.sendsRequestID ? exchange?.requestID : nil
        exchange = nil
        respond(status: status, requestID: id)
        dismissClient()
    }

    func cut() { reset(.internalError) }

    /// Tells a client whose request was answered before it was whole that it need not go on (RFC 9113 section 8.1).
    private func dismissClient() {
        guard !hasRequestEnded, hasEnded, waitingBytes == 0 else { return }
        hasRequestEnded = true
        connection.send(.rstStream(.noError), on: id)
    }

    // MARK: Frames

    private func sendData(_ bytes: ByteBuffer, endsStream: Bool) {
        let count = bytes.readableBytes
        guard count > 0 else { return send(.data(.init(data: .byteBuffer(bytes), endStream: endsStream)), endsStream: endsStream) }
        if waitingBytes == 0 { writeMark = shared.loop.now }
        waitingBytes += count
        let promise = connection.makePromise()
        promise.futureResult.assumeIsolated().whenSuccess { [weak self] in self?.dataLeft(count) }
        send(.data(.init(data: .byteBuffer(bytes), endStream: endsStream)), promise: promise, endsStream: endsStream)
        if waitingBytes > 0 { connection.watch(until: writeDeadline) }
    }

    private func send(_ payload: HTTP2Frame.FramePayload, promise: EventLoopPromise<Void>? = nil, endsStream: Bool) {
        if endsStream { hasEnded = true }
        connection.send(payload, on: id, promise: promise)
    }

    /// Notes that flow control has let so many bytes go.
    private func dataLeft(_ count: Int) {
        waitingBytes -= count
        writeMark = shared.loop.now
        guard !isResuming, waitingBytes < WireConnection.lowWater else { return }
        guard !pieces.isEmpty || fileExchange != nil || exchange?.isWaitingForRoom ?? false || hasEnded && !hasRequestEnded else { return }
        // Not at once: this is called from within HTTP/2's own work.
        isResuming = true
        shared.loop.inNextRound { [weak self] in self?.resume() }
    }

    /// Goes on with what waited for room.
    func resume() {
        isResuming = false
        sendPieces()
        if let exchange, exchange.isWaitingForRoom, hasRoom { exchange.resumeRoomWaiter() }
        if exchange == nil { dismissClient() }
    }

    /// Whether something of the stream waits for the connection's output to drain.
    var waitsForRoom: Bool { !pieces.isEmpty || exchange?.isWaitingForRoom ?? false }

    private func put(_ piece: Piece) {
        pieces.append(piece)
        sendPieces()
    }

    private func sendPieces() {
        while let piece = pieces.first {
            // Whatever ends the stream may close it, which forgets the pieces.
            switch piece {
            case .data(let bytes, let ends):
                dropPiece()
                sendData(bytes, endsStream: ends)
            case .file(let file, let ends): guard sendFile(file, endsStream: ends) else { return }
            case .trailers(let fields):
                dropPiece()
                send(.headers(.init(headers: fields, endStream: true)), endsStream: true)
            }
        }
        guard let ended = fileExchange else { return }
        fileExchange = nil
        ended.fileEnded(unsent: 0, nil)
    }

    /// Takes leave of the first piece. To be called before the last of it is sent, which may end the stream at once, and with it all pieces.
    private func dropPiece() {
        if !pieces.isEmpty { pieces.removeFirst() }
    }

    /// Sends what there is room for of a file, the first piece; returns whether that is all of it.
    private func sendFile(_ file: FilePart, endsStream: Bool) -> Bool {
        guard file.count > 0 else {
            dropPiece()
            if endsStream { sendData(ByteBuffer(), endsStream: true) }
            return true
        }
        while waitingBytes < WireConnection.lowWater, connection.output.count < WireConnection.highWater {
            var piece = ByteBuffer()
            guard file.read(atMost: Self.filePiece, { piece.writeBytes($0.bytes) }) else {
                closed()
                reset(.internalError)
                return false
            }
            let isLast = file.count == 0
            if isLast { dropPiece() }
            sendData(piece, endsStream: endsStream && isLast)
            if isLast { return true }
        }
        return false
    }
}

extension HPACKHeaders {
    /// The fields of a response, or of its trailers.
    ///
    /// None is put into the table that both sides keep: a client may ask for a table of any size, which would hold what applications send, and to look
    /// every field up costs more than the few bytes.
    fileprivate init(_ fields: [ResponseFields.Field], status: Int?) {
        self.init()
        reserveCapacity(fields.count + 1)
        if let status { add(name: ":status", value: "\(status)", indexing: .nonIndexable) }
        for (name, value) in fields { add(name: name, value: value, indexing: .nonIndexable) }
    }
}
