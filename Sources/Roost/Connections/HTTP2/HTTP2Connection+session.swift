import CNghttp2
import HTTPWire

/// What the connection's session tells of, and asks. But for their heads, frames are told of when the library has found them right, and have an
/// effect then, from within `HTTP2Session.receive` and `take`.
extension HTTP2Connection {
    /// The head of a frame has arrived, of which the library does not know yet. What it would let pass, or name otherwise than the RFC does, ends the
    /// connection here.
    func frameBegins(_ head: HTTP2FrameHeads.Head) {
        let id = head.stream
        switch head.kind {
        // DATA and HEADERS without the length of their pad (sections 4.2, 6.1 and 6.2).
        case 0...1 where head.length == 0 && head.flags & UInt8(NGHTTP2_FLAG_PADDED.rawValue) != 0:
            violated(.frameSizeError, "a frame on stream \(id) is too short for the length of its pad")
        // On streams that are over the library leaves both unread.
        case 0: if isOver(id) { violated(.streamClosed, "DATA on stream \(id), which is closed") }
        case 1: if isOver(id) { violated(.protocolError, "HEADERS on stream \(id), which is closed") }
        // PRIORITY, which the library leaves unread.
        case 2 where id == 0: violated(.protocolError, "PRIORITY of no stream")
        // RST_STREAM.
        case 3: if !resets.admit(at: shared.loop.now) { tooMany("h2_max_resets", "streams were reset") }
        // WINDOW_UPDATE, which comes of DATA, and CONTINUATION, of which the library takes few.
        case 8, 9: break
        default: if !controlFrames.admit(at: shared.loop.now) { tooMany("h2_max_control_frames", "control frames came") }
        }
    }

    /// Whether nothing that the client sends on the stream can have been under way when it ended (section 5.1).
    private func isOver(_ id: Int32) -> Bool {
        id <= highestStream && id & 1 == 1 && !(session?.knows(id) ?? false) && !resetStreams.contains(id)
    }

    private func violated(_ code: HTTP2ErrorCode, _ reason: String) {
        guard !isBroken else { return }
        shared.logRejection("HTTP/2: \(reason)", status: 0, origin.metadata)
        breakOff(code)
    }

    /// A request's fields begin.
    func headBegins(on id: Int32) {
        highestStream = max(highestStream, id)
        head.begin()
    }

    /// Takes a field of a request's head; false if it is to have no more of them.
    func receivedField(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        head.append(name, value)
        guard head.listSize > shared.limits.h2MaxHeaderListSize else { return true }
        violated(.enhanceYourCalm, "a head is larger than h2_max_header_list_size")
        return false
    }

    /// A request's head is whole.
    func receivedHead(on id: Int32, endsStream: Bool) {
        defer { releaseHead() }
        guard !isBroken else { return }
        guard streams.count < shared.limits.h2MaxConcurrentStreams else { return reset(id, .refusedStream) }
        requestCount += 1
        lastStream = id
        let stream = HTTP2Stream(id, on: self)
        streams[id] = stream
        session?.takeTurns(id)
        stream.start(&head, endsStream: endsStream, number: requestCount, origin: origin)
        if requestCount >= shared.limits.keepAliveMaxRequests { endSoon() }
    }

    /// Gives the storage of a large head back, so that an idle connection holds little.
    private func releaseHead() { if head.listSize > Self.keptHeadSize { head = HTTP2RequestText() } }

    /// Takes a piece of a request's body.
    func received(_ bytes: Span<UInt8>, on id: Int32) {
        hasBody = true
        returnWindow(bytes.count)
        streams[id]?.received(bytes)
    }

    /// A frame of a request's body is whole.
    func receivedBodyFrame(on id: Int32, endsStream: Bool) {
        if !hasBody, !endsStream, !controlFrames.admit(at: shared.loop.now) { tooMany("h2_max_control_frames", "frames without anything came") }
        hasBody = false
        if endsStream { streams[id]?.requestEnded() }
    }

    /// Trailer fields end a request.
    func receivedTrailers(on id: Int32) { streams[id]?.requestEnded() }

    /// The client's settings are in effect. The library answers each window that they make too large by the reset of its stream, where the connection has to
    /// end (section 6.9.2); one more frame is the acknowledgement.
    func receivedSettings() {
        guard waitingFrames > framesBefore + 1 else { return }
        violated(.flowControlError, "SETTINGS make a window too large")
    }

    func receivedGoAway() {
        // It will begin nothing more, and may still take what is under way.
        hasLeft = true
        leaveTaken = leaveTaken ?? shared.loop.now
        endIfDone()
    }

    /// The client did what it must not, which ends the stream, or the connection.
    func receivedViolation(_ reason: String) {
        releaseHead()
        shared.logRejection("HTTP/2: \(reason)", status: 0, origin.metadata)
    }

    /// A stream was reset.
    func sentReset(on id: Int32, _ code: HTTP2ErrorCode) {
        resetStreams.append(id)
        // The others are not over what the client sent.
        guard code != .noError, code != .internalError, code != .cancel, !isBroken, !resets.admit(at: shared.loop.now) else { return }
        tooMany("h2_max_resets", "streams had to be reset")
    }

    /// The client is told that the connection ends with an error.
    func sentFatalGoAway() { isBroken = true }

    /// A response's head could not be sent: it is too large, or the connection is about to end.
    func headFailed(on id: Int32) {
        guard let stream = streams[id] else { return }
        stream.closed()
        stream.reset(.internalError)
    }

    func streamClosed(_ id: Int32, _ code: HTTP2ErrorCode) {
        guard code == .noError else { return forget(id) }
        // It may be the response's last frame that ends the stream, and who sends that has yet to count it.
        closedStreams.append(id)
        noteChange()
    }

    /// What a stream has to send, for a frame of at most so many bytes. That frame is written at once: by the next time the stream may be gone, and its body.
    func nextBodyPart(of id: Int32, atMost count: Int) -> HTTP2Session.BodyPart {
        guard output.count < Self.highWater else { return .noRoom }
        return streams[id]?.nextPart(atMost: count) ?? .failed
    }

    /// Writes the head of a frame, and behind it what `nextBodyPart` has given; false if that is gone.
    func writeBody(of id: Int32, frameHead: UnsafeRawBufferPointer, count: Int) -> Bool {
        guard let stream = streams[id] else { return false }
        beginOutput()
        output.gathered.append(frameHead.assumingMemoryBound(to: UInt8.self).span)
        stream.writePart(count, to: &output)
        return true
    }

    /// All streams share the connection's window, so that it is given back whether or not the application has taken what came: bodies that wait are bounded
    /// by their own windows.
    private func returnWindow(_ size: Int) {
        unreturnedBytes += size
        guard unreturnedBytes >= HTTP2Session.connectionWindow / 4 else { return }
        openWindow(of: 0, by: unreturnedBytes)
        unreturnedBytes = 0
    }

    private func tooMany(_ setting: String, _ what: String) {
        violated(.enhanceYourCalm, "more \(what) than \(setting) says")
    }

    /// Ends the connection over what the client has sent.
    func breakOff(_ code: HTTP2ErrorCode) {
        guard !isBroken else { return }
        isBroken = true
        session?.terminate(code)
        note()
    }
}
