import HTTPWire
import NIOCore

/// Responses, as exchanges put them on the stream.
extension HTTP2Stream: ExchangeWire {
    var sendsFile: Bool {
        for case .file in pieces { return true }
        return false
    }

    var hasRoom: Bool { waitingBytes < WireConnection.highWater && !sendsFile && connection.output.count < WireConnection.highWater }

    var lacksBody: Bool { bodyLeft ?? 0 > 0 }

    func applicationWantsBody() {
        guard expectsContinue, !hasStarted else { return }
        expectsContinue = false
        readMark = shared.loop.now
        connection.watch(until: readDeadline)
        try? sendInterim(100, [:])
    }

    func applicationTookBody() {
        readMark = shared.loop.now
        guard unreturnedBytes >= Self.windowStep, !hasRequestEnded else { return }
        connection.openWindow(of: id, by: unreturnedBytes)
        unreturnedBytes = 0
        connection.watch(until: readDeadline)
    }

    func start(for exchange: Exchange, status: Int, headers: Headers, body: ByteBuffer, more: Bool) throws(ASGIError) {
        let hasBody = try putHead(status: status, headers: headers, bodyLength: more ? nil : body.readableBytes, requestID: requestID(of: exchange), more: more)
        if hasBody { try write(body, more: more) }
    }

    func start(for exchange: Exchange, status: Int, headers: Headers, file: FilePart, more: Bool) throws(ASGIError) {
        let hasBody = try putHead(status: status, headers: headers, bodyLength: more ? nil : file.count, requestID: requestID(of: exchange), more: more)
        if hasBody { try write(file, more: more) }
    }

    /// The id that the client is told.
    private func requestID(of exchange: Exchange?) -> RequestID? { shared.sendsRequestID ? exchange?.requestID : nil }

    /// Sends a response's head, and with it the response's end if there is no body.
    ///
    /// - Parameter more: whether the body is not known to be of `bodyLength`.
    /// - Returns: whether there is a body, be it one of no bytes.
    @discardableResult
    func putHead(status: Int, headers: Headers, bodyLength: Int?, requestID: RequestID?, more: Bool) throws(ASGIError) -> Bool {
        let framing: ResponseFraming
        let closes: Bool
        do {
            (framing, closes) = try shared.fieldLines.set(
                status: status, headers: headers, bodyLength: bodyLength, isHead: isHead,
                date: shared.sendsDate ? shared.loop.dateValue() : nil, server: shared.serverField, requestID: requestID
            )
        } catch {
            throw .invalidResponse(error.reason)
        }
        hasStarted = true
        hasNoBody = framing == .none
        if case .length(let length) = framing {
            bodyLeft = length
            announced = length
        }
        if shared.recordsResponseHead { exchange?.note(responseHead: shared.fieldLines.http1Text()) }
        if closes { connection.endSoon() }
        let hasBody = more || !hasNoBody && bodyLength != 0
        if !hasBody { hasEnded = true }
        sessionWaits = false
        connection.respond(on: id, hasBody: hasBody)
        return hasBody
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
        do {
            try shared.fieldLines.set(trailers: trailers)
        } catch {
            throw .invalidResponse(error.reason)
        }
        put(shared.fieldLines.count == 0 ? .data(ByteBuffer(), ends: true) : .trailers(trailers))
    }

    func accept(_ acceptance: WebSocketAcceptance) throws(ASGIError) -> any WebSocketWire {
        var headers = acceptance.headers
        for name in ["sec-websocket-protocol", "sec-websocket-extensions", "sec-websocket-accept", "content-length"] { headers.remove(name: name) }
        if let subprotocol = acceptance.subprotocol { headers.append(name: "sec-websocket-protocol", value: subprotocol) }
        if let deflate = acceptance.deflate { headers.append(name: "sec-websocket-extensions", value: deflate.responseValue) }
        try putHead(status: 200, headers: headers, bodyLength: nil, requestID: requestID(of: exchange), more: true)
        return self
    }

    func hint(_ fields: Headers) throws(ASGIError) { try sendInterim(103, fields) }

    private func sendInterim(_ status: Int, _ fields: Headers) throws(ASGIError) {
        do {
            try shared.fieldLines.set(interim: status, fields)
        } catch {
            throw .invalidResponse(error.reason)
        }
        connection.sendInterim(on: id)
    }

    func flush(isLast: Bool) -> Bool { connection.writeNow() }

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
        if sendsFile { fileExchange = completed }
        dismissClient()
    }

    func fail(status: Int) {
        let id = shared.sendsRequestID ? exchange?.requestID : nil
        exchange = nil
        respond(status: status, requestID: id)
    }

    func cut() { reset(.internalError) }

    /// Tells a client whose request was answered before it was whole that it need not go on (RFC 9113 section 8.1).
    func dismissClient() {
        guard !hasRequestEnded, hasEnded, pieces.isEmpty else { return }
        hasRequestEnded = true
        connection.reset(id, .noError)
    }

    // MARK: Frames

    func put(_ piece: Piece) {
        if pieces.isEmpty {
            connection.sendingStreams += 1
            writeMark = shared.loop.now
        }
        pieces.append(piece)
        switch piece {
        case .data(let bytes, let ends):
            waitingBytes += bytes.readableBytes
            if ends { hasEnded = true }
        case .file(_, let ends): if ends { hasEnded = true }
        case .trailers: hasEnded = true
        }
        guard sessionWaits else { return }
        sessionWaits = false
        connection.resume(id)
    }

    /// Takes leave of the first piece.
    private func dropPiece() {
        pieces.removeFirst()
        if pieces.isEmpty { connection.sendingStreams -= 1 }
    }

    func dropPieces() {
        if !pieces.isEmpty { connection.sendingStreams -= 1 }
        pieces = []
        readAhead = ByteBuffer()
        waitingBytes = 0
    }

    /// What comes next, of which the client's window has room for so much.
    func nextPart(atMost most: Int) -> HTTP2Session.BodyPart {
        while let piece = pieces.first {
            switch piece {
            case .data(let bytes, let ends):
                let count = min(bytes.readableBytes, most)
                let isWhole = count == bytes.readableBytes
                if isWhole, pieces.count > 1, case .trailers(let trailers) = pieces[1] {
                    pieces.remove(at: 1)
                    return submit(trailers) ? .bytes(count, .trailers) : .failed
                }
                if count > 0 || ends { return .bytes(count, ends && isWhole ? .nothing : .moreBody) }
            case .file(let file, let ends):
                guard fill(from: file) else { return .failed }
                let count = min(readAhead.readableBytes, most)
                if count > 0 || ends { return .bytes(count, ends && count == readAhead.readableBytes && file.count == 0 ? .nothing : .moreBody) }
            case .trailers(let trailers):
                // Behind no bytes, as behind all others.
                pieces[0] = .data(ByteBuffer(), ends: false)
                return submit(trailers) ? .bytes(0, .trailers) : .failed
            }
            dropPiece()
        }
        sessionWaits = true
        return .none
    }

    private func submit(_ trailers: Headers) -> Bool {
        // They were found right when they were given.
        guard (try? shared.fieldLines.set(trailers: trailers)) != nil else { return false }
        connection.sendTrailers(on: id)
        return true
    }

    /// Reads on in a file if nothing of it is left in memory.
    private func fill(from file: FilePart) -> Bool {
        guard readAhead.readableBytes == 0, file.count > 0 else { return true }
        guard file.read(atMost: Self.filePiece, { readAhead.writeBytes($0.bytes) }) else {
            closed()
            return false
        }
        waitingBytes += readAhead.readableBytes
        return true
    }

    /// Writes what `nextPart` has given.
    func writePart(_ count: Int, to output: inout OutputQueue) {
        guard let piece = pieces.first else { return }
        switch piece {
        case .data(var bytes, let ends):
            Self.move(count, of: &bytes, to: &output)
            if bytes.readableBytes == 0 { dropPiece() } else { pieces[0] = .data(bytes, ends: ends) }
        case .file(let file, _):
            Self.move(count, of: &readAhead, to: &output)
            if readAhead.readableBytes == 0, file.count == 0 { dropPiece() }
        case .trailers: return
        }
        waitingBytes -= count
        took()
    }

    private static func move(_ count: Int, of bytes: inout ByteBuffer, to output: inout OutputQueue) {
        guard let part = bytes.readSlice(length: count) else { return }
        part.withUnsafeReadableBytes { output.gathered.append($0.bindMemory(to: UInt8.self).span) }
    }

    /// Notes that windows have let something go.
    private func took() {
        writeMark = shared.loop.now
        guard !isResuming, waitingBytes < WireConnection.lowWater else { return }
        guard fileExchange != nil || exchange?.isWaitingForRoom ?? false || hasEnded && !hasRequestEnded || owesWindow else { return }
        // Not at once: this is called from within the library's work.
        isResuming = true
        connection.resumeLater(self)
    }

    /// Goes on with what waited for room.
    func resume() {
        isResuming = false
        if let ended = fileExchange, !sendsFile {
            fileExchange = nil
            ended.fileEnded(unsent: 0, nil)
        }
        if let exchange, exchange.isWaitingForRoom, hasRoom { exchange.resumeRoomWaiter() }
        if owesWindow { webSocketWantsBytes() }
        if exchange == nil { dismissClient() }
    }

    /// Whether something of the stream waits for the connection's output to drain.
    var waitsForRoom: Bool { exchange?.isWaitingForRoom ?? false }
}
