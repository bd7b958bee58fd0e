import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// Responses, as exchanges put them on the stream.
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

    func putHead(status: Int, headers: Headers, bodyLength: Int?, requestID: RequestID?, endsStream: Bool = false) throws(ASGIError) {
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

    func sendData(_ bytes: ByteBuffer, endsStream: Bool) {
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

    func put(_ piece: Piece) {
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
