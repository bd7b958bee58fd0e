import HTTPWire
import NIOCore

/// What the application sends of a response.
extension Exchange {
    /// Takes an event of the response; false if the application should wait for room before it sends more.
    package func send(_ event: ASGISendEvent) throws(ASGIError) -> Bool {
        if let webSocket { return try send(event, to: webSocket) }
        return try sendResponse(event)
    }

    /// Whether the request asks for a WebSocket, and the application knows of these.
    package var asksForWebSocket: Bool { webSocket != nil }

    func sendResponse(_ event: ASGISendEvent) throws(ASGIError) -> Bool {
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
    func withPolicy(_ headers: Headers) -> Headers { shared.hstsValue == nil ? headers : withHSTS(headers) }

    private func withHSTS(_ headers: Headers) -> Headers {
        guard let value = shared.hstsValue, told(\.scheme) == .https, !headers.contains(name: HSTSPolicy.field) else { return headers }
        var headers = headers
        headers.append(name: HSTSPolicy.field, value: value)
        return headers
    }

    /// Whether the application may send more at once, after so many bytes.
    @inline(__always)
    func mayGoOn(after count: Int) -> Bool {
        sentInTurn &+= count &+ Self.sendCost
        if let wire, wire.hasRoom, sentInTurn < Self.turn { return true }
        sentInTurn = 0
        return false
    }

    /// Takes a response at once, as `httpResponseStart` and one `httpResponseBody` do. The body's memory is not used beyond the call.
    package func send(status: Int, headers: Headers, whole body: UnsafeRawBufferPointer) throws(ASGIError) {
        guard case .unstarted = response else { throw .unexpectedEvent("http.response.start was sent before") }
        announcesTrailers = false
        guard webSocket == nil, let wire, !isCancelled else {
            response = .started(status: status, headers: headers)
            return try send(whole: body)
        }
        try put(status, headers, whole: body, on: wire)
    }

    /// Takes the one piece of a response's body, as an `httpResponseBody` without `more`. Its memory is not used beyond the call.
    package func send(whole body: UnsafeRawBufferPointer) throws(ASGIError) {
        guard case .started(let status, let headers) = response, webSocket == nil, let wire, !awaitsTrailers, !isCancelled else {
            return _ = try send(.httpResponseBody(ByteBuffer(bytes: body)))
        }
        try put(status, headers, whole: body, on: wire)
    }

    @inline(__always)
    private func put(_ status: Int, _ headers: Headers, whole body: UnsafeRawBufferPointer, on wire: any ExchangeWire) throws(ASGIError) {
        do {
            sentStatus = status
            // Fields that stay as they are need not be copied.
            if shared.hstsValue == nil {
                try wire.start(for: self, status: status, headers: headers, whole: body)
            } else {
                try wire.start(for: self, status: status, headers: withPolicy(headers), whole: body)
            }
            sentBytes = body.count
        } catch {
            throw startFailed(error)
        }
        guard writesAtOnce else { return finish(on: wire) }
        // The client may turn out to be gone.
        writeAtOnce(isLast: true)
        finish()
    }

    /// An invalid head left nothing on the wire: an error of the server's own may still be sent.
    private func startFailed(_ error: ASGIError) -> ASGIError {
        if case .invalidResponse = error {
            response = .unstarted
            sentStatus = 0
        } else {
            response = .streaming
        }
        return error
    }

    func send(body: ByteBuffer, more: Bool) throws(ASGIError) {
        switch response {
        case .unstarted:
            throw .unexpectedEvent("http.response.body was sent before http.response.start")
        case .complete, .trailing:
            throw .unexpectedEvent("http.response.body was sent after the response was complete")
        case .started(let status, let headers):
            if let wire {
                do {
                    sentStatus = status
                    try wire.start(for: self, status: status, headers: withPolicy(headers), body: body, more: more || awaitsTrailers)
                    sentBytes = body.readableBytes
                } catch {
                    throw startFailed(error)
                }
            }
            response = .streaming
        case .streaming:
            try wire?.write(body, more: more || awaitsTrailers)
            sentBytes &+= body.readableBytes
        }
        writeIfAtOnce(isLast: !more)
        guard !more else { return }
        if awaitsTrailers { response = .trailing } else { finish() }
    }

    /// Writes what was sent if the application wants that. One that goes on on the loop's thread has no other way to learn that its client is gone.
    @inline(__always)
    func writeIfAtOnce(isLast: Bool = false) {
        if writesAtOnce { writeAtOnce(isLast: isLast) }
    }

    private func writeAtOnce(isLast: Bool) {
        if let wire, !wire.flush(isLast: isLast) { disconnect() }
    }

    /// Whether nobody takes the response any more: the client is gone, or the response is complete.
    package var isAbandoned: Bool { wire == nil }

    /// Whether more of the body reaches nobody: the same, or the client sends nothing more and takes no body, so that no write of it could show that
    /// it has gone altogether.
    package var isBodyUnwanted: Bool {
        isAbandoned || isDisconnected && (head.isHead || sentStatus == 204 || sentStatus == 205 || sentStatus == 304)
    }

    /// Whether the response goes on behind its body.
    var awaitsTrailers: Bool { announcesTrailers && head.takesTrailers }

    func send(trailers fields: Headers, more: Bool) throws(ASGIError) {
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
            writeIfAtOnce(isLast: true)
            finish()
        case .complete:
            guard trailers.isEmpty else { throw .unexpectedEvent("http.response.trailers was sent after the response was complete") }
        }
    }

    func send(hints links: [String]) throws(ASGIError) {
        guard case .unstarted = response else { throw .unexpectedEvent("http.response.early_hint was sent after http.response.start") }
        guard takesEarlyHints, let wire else { return }
        try wire.hint(Headers(links.map { HeaderField(name: "link", value: $0) }))
        writeIfAtOnce()
    }

    /// Whether the client may be sent interim responses that it has not asked for.
    var takesEarlyHints: Bool { shared.offersEarlyHints && head.version != .http10 }

    /// Notes that the whole response is on the wire.
    @inline(__always)
    func finish() {
        if let wire { finish(on: wire) } else { complete() }
    }

    @inline(__always)
    private func finish(on wire: any ExchangeWire) {
        let isComplete = !wire.lacksBody
        if !isComplete {
            trace?.note(.incompleteResponse)
            isShort = true
        }
        // Until a file is sent it is not known how much of it was.
        if !hasFile || !wire.sendsFile { logAccess(isComplete: isComplete) }
        complete()
        wire.responseComplete()
    }

    /// Notes that nothing more is taken of the application.
    @inline(__always)
    private func complete() {
        response = .complete
        wire = nil
        resumeEventWaits()
        resumeRoomWaiter()
    }
}
