import HTTPWire
import NIOCore

/// Responses, as exchanges put them on the wire.
extension HTTP1Connection: ExchangeWire {
    var hasRoom: Bool { fileExchange == nil && output.file == nil && output.count < Self.highWater }

    var sendsFile: Bool { output.file != nil }

    var lacksBody: Bool { response.shortfall != nil }

    func applicationWantsBody() {
        guard expectsContinue, !response.hasStarted else { return }
        expectsContinue = false
        mark = shared.loop.now
        output.gather()
        output.gathered.appendContinue()
        changed()
    }

    func applicationTookBody() {
        // Reading goes on if it was paused.
        mark = shared.loop.now
        changed()
    }

    func start(for exchange: Exchange, status: Int, headers: Headers, body: ByteBuffer, more: Bool) throws(ASGIError) {
        try putHead(for: exchange, status: status, headers: headers, bodyLength: more ? nil : body.readableBytes)
        try write(body, more: more)
    }

    func start(for exchange: Exchange, status: Int, headers: Headers, whole body: UnsafeRawBufferPointer) throws(ASGIError) {
        try putHead(for: exchange, status: status, headers: headers, bodyLength: body.count)
        changed()
        try response.write(whole: body, to: &output)
    }

    /// Whether the connection ends with the response if that is whole before more of the request's body is taken.
    private var leavesTooMuchUnread: Bool {
        if case .receivingBody = phase { bodyReader.isLonger(than: Self.discardLimit) } else { false }
    }

    @inline(__always)
    private func putHead(for exchange: Exchange, status: Int, headers: Headers, bodyLength: Int?) throws(ASGIError) {
        output.gather()
        if output.isEmpty {
            mark = shared.loop.now
            takeSpareOutput()
        }
        let before = output.gathered.readableBytes
        try response.start(
            status: status, headers: headers, bodyLength: bodyLength,
            // A client that was never told to send its body may send it or not: what follows cannot be told apart.
            isLast: shared.isDraining || expectsContinue || requestCount >= shared.limits.keepAliveMaxRequests || bodyLength != nil && leavesTooMuchUnread,
            requestID: shared.sendsRequestID ? exchange.requestID : nil,
            to: &output, shared
        )
        if shared.recordsResponseHead {
            exchange.note(responseHead: output.gathered.withUnsafeReadableBytes { Array($0.dropFirst(before)) })
        }
    }

    func start(for exchange: Exchange, status: Int, headers: Headers, file: FilePart, more: Bool) throws(ASGIError) {
        try putHead(for: exchange, status: status, headers: headers, bodyLength: more ? nil : file.count)
        try write(file, more: more)
    }

    func write(_ file: FilePart, more: Bool) throws(ASGIError) {
        if output.isEmpty { mark = shared.loop.now }
        changed()
        try response.write(file, more: more, to: &output)
    }

    func write(_ body: ByteBuffer, more: Bool) throws(ASGIError) {
        // The client is not late with what it was not sent yet.
        if output.isEmpty { mark = shared.loop.now }
        changed()
        try response.write(body, more: more, to: &output)
    }

    func end(trailers: Headers) throws(ASGIError) {
        if output.isEmpty { mark = shared.loop.now }
        try response.end(trailers: trailers, to: &output)
        changed()
    }

    func hint(_ fields: Headers) throws(ASGIError) {
        if output.isEmpty { mark = shared.loop.now }
        output.gather()
        do {
            try output.gathered.appendEarlyHints(fields)
        } catch {
            throw .invalidResponse(error.reason)
        }
        changed()
    }

    func accept(_ acceptance: WebSocketAcceptance) throws(ASGIError) -> any WebSocketWire {
        guard let handshake else { throw .unexpectedEvent("the request asks for no WebSocket") }
        output.gather()
        if output.isEmpty {
            mark = shared.loop.now
            takeSpareOutput()
        }
        do {
            try output.gathered.appendSwitchingProtocols(
                handshake, subprotocol: acceptance.subprotocol, deflate: acceptance.deflate, headers: acceptance.headers,
                date: shared.sendsDate ? shared.loop.dateValue() : nil, server: shared.serverField,
                requestID: shared.sendsRequestID ? exchange?.requestID : nil
            )
        } catch {
            throw .invalidResponse(error.reason)
        }
        self.handshake = nil
        changed()
        return self
    }

    func flush(isLast: Bool) -> Bool {
        guard let transport else { return true }
        return isLast ? transport.writeSoon() : transport.writeNow()
    }

    func responseComplete() {
        let completed = exchange.take()
        if output.file != nil { fileExchange = completed }
        if let (announced, missing) = response.shortfall {
            shared.logger.error(
                "application failed: its response is \(missing) bytes shorter than the content-length of \(announced) that it announced",
                metadata: completed?.outcomeMetadata
            )
            return end(.afterOutput(lingering: false))
        }
        switch phase {
        case .receivingBody:
            guard response.keepsAlive, !readHasEnded, !leavesTooMuchUnread else {
                return end(.afterOutput(lingering: true))
            }
            bodyReader.restrict(to: Self.discardLimit)
            phase = .discardingBody
            mark = shared.loop.now
            consumeInput()
        case .responding:
            if response.keepsAlive {
                awaitNextRequest()
            } else {
                // Pipelined requests are left unread, or a client that was to keep the connection may be sending one.
                end(.afterOutput(lingering: inputStart < input.count || completed?.head.keepAlive ?? false))
            }
        case .webSocket:
            end(.afterOutput(lingering: true))
        case .idle, .head, .discardingBody, .ended:
            break
        }
    }

    func fail(status: Int) {
        let id = shared.sendsRequestID ? exchange?.requestID : nil
        exchange = nil
        respondAndEnd(status: status, requestID: id)
    }

    func cut() {
        exchange = nil
        // What is there is sent, so that the client has what the application made before it failed.
        end(response.isTruncationInvisible ? .now(reset: true) : .afterOutput(lingering: false))
    }
}
