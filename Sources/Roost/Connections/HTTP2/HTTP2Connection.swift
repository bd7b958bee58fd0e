import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 connection (RFC 9113). Frames, compression, windows and the states of streams are NIOHTTP2's; requests and responses are `HTTP2Stream`'s.
///
/// What the client may keep of the server is bounded: streams at once, the size of heads and frames, bodies that nobody reads by their windows, and frames
/// that cost more than they do (resets, pings, settings, empty and continued ones) by their rate.
final class HTTP2Connection: WireConnection, LoopParticipant {
    /// What every connection of HTTP/2 begins with (RFC 9113 section 3.4).
    private static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// How much of all requests' bodies may arrive at once.
    private static let connectionWindow = 1 << 20
    /// The window that a connection has to begin with.
    private static let initialWindow = 65_535
    /// Above this much output nothing more is read: it is made of answers to frames that the client does not read.
    private static let outputLimit = 256 << 10

    private let origin: ConnectionOrigin
    private var pipeline: Pipeline?
    private let watch = FrameWatch()
    private var hasOpened = false
    private var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    private var lastStream = HTTP2StreamID.rootStream
    private var requestCount = 0
    /// Streams that were reset here, over what the client sent.
    private var resets: RateLimit
    /// Since when there is no request.
    private var idleSince: MonotonicTime
    /// What came on the connection and was not given back for its window.
    private var unreturnedBytes = 0
    /// When a stream may be late.
    private var streamDeadline = MonotonicTime.distantFuture
    /// The library is at work with what was received; it flushes what is written meanwhile.
    private var isReceiving = false
    /// What streams have written is flushed at the end of this round, all at once.
    private var isNoted = false
    private var readHasEnded = false
    /// Nothing new is to begin soon: since when the client knows.
    private var leaveTaken: MonotonicTime?
    private var hasLeft = false

    enum PrefaceMatch {
        case none
        /// All bytes are the preface's, and some are missing.
        case partial
        case whole
    }

    /// Whether a connection with these first bytes is one of HTTP/2.
    static func match(preface bytes: Span<UInt8>) -> PrefaceMatch {
        // As good as every other connection differs in its first byte, or its second (POST, PUT).
        let count = min(bytes.count, preface.utf8CodeUnitCount)
        let isSame = preface.withUTF8Buffer { preface in
            for index in 0..<count where bytes[index] != preface[index] { return false }
            return true
        }
        return !isSame ? .none : count < preface.utf8CodeUnitCount ? .partial : .whole
    }

    /// - Parameter origin: as the connection's preamble has told it.
    init(shared: LoopContext, origin: ConnectionOrigin) {
        self.origin = origin
        resets = RateLimit(shared.limits.h2MaxResets, at: shared.loop.now)
        idleSince = shared.loop.now
        super.init(shared: shared)
        open()
    }

    deinit { pipeline?.close() }

    private func open() {
        let pipeline = Pipeline(on: shared.pipelineLoop, for: self)
        self.pipeline = pipeline
        do {
            try pipeline.open([HTTP2Handler.make(shared.limits, watch: watch)])
        } catch {
            shared.logger.error("HTTP/2 could not begin: \(error)")
            return end(.now(reset: false))
        }
        send(.windowUpdate(windowSizeIncrement: Self.connectionWindow - Self.initialWindow), on: .rootStream)
    }

    // MARK: What the transport acts on

    override var wantsRead: Bool {
        if case .open = ending { !readHasEnded && output.count < Self.outputLimit } else { false }
    }

    override var isIdle: Bool { streams.isEmpty }

    override var deadline: MonotonicTime {
        guard case .open = ending else { return output.isEmpty ? .distantFuture : mark.advanced(by: shared.limits.writeTimeout) }
        let time = output.isEmpty ? streams.isEmpty ? idleSince.advanced(by: idleTimeout) : MonotonicTime.distantFuture : mark.advanced(by: shared.limits.writeTimeout)
        guard let leaveTaken, !hasLeft else { return min(time, streamDeadline) }
        return min(time, streamDeadline, leaveTaken.advanced(by: Self.lastMoment))
    }

    private var idleTimeout: Nanoseconds? {
        if leaveTaken != nil { return Self.lastMoment }
        return requestCount > 0 ? shared.limits.keepAliveTimeout : shared.limits.headerTimeout
    }

    // MARK: What the transport tells

    override func received(_ bytes: Span<UInt8>) {
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.count)
        buffer.writeBytes(bytes.bytes)
        isReceiving = true
        pipeline?.receive(buffer)
        isReceiving = false
        flush()
    }

    override func readEnded() {
        readHasEnded = true
        for stream in streams.values where !stream.hasRequestEnded { forget(stream.id) }
        for stream in streams.values { stream.readEnded() }
        endIfDone()
    }

    override func endIsNear() {
        for stream in streams.values { stream.readEnded() }
    }

    override func peerGone() {
        abandonStreams()
        end(.now(reset: false))
    }

    override func wrote() {
        mark = shared.loop.now
        guard output.count < Self.lowWater else { return }
        pipeline?.setWritable(true)
        for stream in streams.values where stream.waitsForRoom { stream.resume() }
        endIfDone()
    }

    override func deadlineReached() {
        let now = shared.loop.now
        if !output.isEmpty, mark.advanced(by: shared.limits.writeTimeout) <= now {
            shared.logRejection("the client took nothing of its responses for too long", status: 0, origin.metadata)
            abandonStreams()
            return end(.now(reset: true))
        }
        if streamDeadline <= now {
            for stream in streams.values { stream.endIfLate(at: now) }
            streamDeadline = streams.values.lazy.map(\.deadline).min() ?? .distantFuture
        }
        if let leaveTaken, !hasLeft, leaveTaken.advanced(by: Self.lastMoment) <= now { leave() }
        if streams.isEmpty, output.isEmpty, idleSince.advanced(by: idleTimeout) <= now {
            leave()
            end(.afterOutput(lingering: false))
        }
        flush()
    }

    /// The client is told not to begin anything more; what it has begun by the time that it knows is answered (RFC 9113 section 6.8).
    override func drain() {
        endSoon()
        for stream in streams.values { stream.drain() }
    }

    override func cutOff() {
        for stream in streams.values { stream.cutOff() }
        streams = [:]
        end(.now(reset: false))
    }

    override func closed() {
        abandonStreams()
        pipeline?.close()
    }

    // MARK: The end

    /// Takes leave of the client.
    func endSoon() {
        guard leaveTaken == nil, case .open = ending else { return }
        leaveTaken = shared.loop.now
        if streams.isEmpty { idleSince = shared.loop.now }
        pipelineWrote(HTTP2Handler.goAway(last: UInt32(Int32.max), .noError))
    }

    /// Lets nothing more begin.
    private func leave() {
        guard !hasLeft else { return }
        hasLeft = true
        leaveTaken = leaveTaken ?? shared.loop.now
        send(.goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil), on: .rootStream)
        endIfDone()
    }

    private func endIfDone() {
        guard streams.isEmpty, hasLeft || readHasEnded else { return }
        end(.afterOutput(lingering: !readHasEnded))
    }

    private func end(_ ending: Ending) {
        if case .now = self.ending { return }
        if case .now = ending { output.discard() } else { flush() }
        self.ending = ending
        transport?.connectionChanged()
    }

    private func abandonStreams() {
        let abandoned = streams.values
        streams = [:]
        for stream in abandoned { stream.closed() }
    }

    private func forget(_ id: HTTP2StreamID) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.closed()
        if streams.isEmpty { idleSince = shared.loop.now }
        endIfDone()
    }

    // MARK: For streams

    /// Writes a frame, at the latest at the end of this round.
    func send(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID, promise: EventLoopPromise<Void>? = nil) {
        // A reset takes what is not flushed with it.
        if case .rstStream = payload { pipeline?.flushWrites() }
        pipeline?.write(message: HTTP2Frame(streamID: stream, payload: payload), promise: promise)
        // What is received comes with a flush of its own.
        guard !isReceiving, !isNoted else { return }
        isNoted = true
        shared.loop.noteChange(of: self)
    }

    /// Resets a stream over what the client has sent, and the connection if that happens too often.
    func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        guard resets.admit(at: shared.loop.now) else {
            shared.logRejection("HTTP/2: more streams had to be reset than h2_max_resets says", status: 0, origin.metadata)
            return breakOff(saying: .enhanceYourCalm)
        }
        send(.rstStream(code), on: stream)
    }

    /// Writes what it can at once.
    func writeNow() {
        pipeline?.flushWrites()
        transport?.writeNow()
    }

    func makePromise() -> EventLoopPromise<Void> { shared.pipelineLoop.makePromise() }

    /// Looks at the streams again at this time at the latest.
    func watch(until deadline: MonotonicTime) {
        streamDeadline = min(streamDeadline, deadline)
    }

    func settle() {
        isNoted = false
        flush()
    }

    private func flush() {
        if !isReceiving { pipeline?.flushWrites() }
        if output.count >= Self.highWater { pipeline?.setWritable(false) }
        transport?.connectionChanged()
    }
}

// MARK: - Frames

extension HTTP2Connection: PipelineReceiver {
    func pipelineWrote(_ bytes: ByteBuffer) {
        var bytes = bytes
        if !hasOpened {
            hasOpened = true
            HTTP2Handler.announce(maxStreams: shared.limits.h2MaxConcurrentStreams, in: &bytes)
        }
        if output.isEmpty {
            mark = shared.loop.now
            takeSpareOutput()
        }
        output.append(bytes)
        if output.count >= Self.highWater { pipeline?.setWritable(false) }
        transport?.connectionChanged()
    }

    func pipelineRead(_ message: NIOAny) {
        guard let frame = pipeline?.tryUnwrapData(message, as: HTTP2Frame.self) else { return }
        switch frame.payload {
        case .headers(let headers):
            if let stream = streams[frame.streamID] {
                if headers.endStream { stream.requestEnded() }
            } else {
                begin(headers, on: frame.streamID)
            }
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            // A padded frame has its pad's length before it (RFC 9113 section 6.1), which counts too.
            let size = bytes.readableBytes + (data.paddingBytes.map { $0 + 1 } ?? 0)
            returnWindow(size)
            streams[frame.streamID]?.received(bytes, size: size, endsStream: data.endStream)
        case .goAway:
            // It will begin nothing more, and may still take what is under way.
            hasLeft = true
            leaveTaken = leaveTaken ?? shared.loop.now
            endIfDone()
        case .alternativeService, .origin, .ping, .priority, .pushPromise, .rstStream, .settings, .windowUpdate:
            break
        }
    }

    private func begin(_ headers: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
        guard streams.count < shared.limits.h2MaxConcurrentStreams else { return reset(id, .refusedStream) }
        requestCount += 1
        lastStream = id
        let stream = HTTP2Stream(id, on: self)
        streams[id] = stream
        stream.start(headers.headers, endsStream: headers.endStream, number: requestCount, origin: origin)
        if requestCount >= shared.limits.keepAliveMaxRequests { endSoon() }
    }

    /// All streams share the connection's window, so that it is given back whether or not the application has taken what came: bodies that wait are bounded
    /// by their own windows.
    private func returnWindow(_ size: Int) {
        unreturnedBytes += size
        guard unreturnedBytes >= Self.connectionWindow / 4 else { return }
        send(.windowUpdate(windowSizeIncrement: unreturnedBytes), on: .rootStream)
        unreturnedBytes = 0
    }

    func pipelineEvent(_ event: Any) {
        guard let event = event as? StreamClosedEvent else { return }
        guard event.reason == nil else { return forget(event.streamID) }
        // It may be the response's last frame that ends the stream, and who sends that has yet to count it.
        shared.loop.inNextRound { [weak self] in self?.forget(event.streamID) }
    }

    func pipelineFailed(_ error: any Error) {
        shared.logRejection("HTTP/2: \(error)", status: 0, origin.metadata)
        if watch.hasEndedConnection { return breakOff() }
        // The handler cannot end a connection with a code once it has taken leave of the client.
        if error is NIOHTTP2Errors.RaisedGoawayLastStreamID { breakOff(saying: .protocolError) }
    }

    /// Ends the connection over what the client has sent.
    ///
    /// - Parameter code: nil if it is told already.
    private func breakOff(saying code: HTTP2ErrorCode? = nil) {
        guard case .open = ending else { return }
        if let code { pipelineWrote(HTTP2Handler.goAway(last: UInt32(Int(lastStream)), code)) }
        abandonStreams()
        end(.afterOutput(lingering: true))
    }

    func pipelineClosed() {
        abandonStreams()
        end(.afterOutput(lingering: false))
    }
}
