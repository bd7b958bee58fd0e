import HTTPWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 connection (RFC 9113). Frames, compression, windows and the states of streams are NIOHTTP2's; requests and responses are `HTTP2Stream`'s.
///
/// What the client may keep of the server is bounded: streams at once, the size of heads and frames, bodies that nobody reads by their windows, and frames
/// that cost more than they do (resets, pings, settings, empty and continued ones) by their rate.
final class HTTP2Connection: WireConnection {
    /// What every connection of HTTP/2 begins with (RFC 9113 section 3.4).
    private static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// How much of a request's body may arrive before the application takes some.
    static let streamWindow = 64 << 10
    /// How much of all requests' bodies may arrive at once.
    private static let connectionWindow = 1 << 20
    /// The window that a connection has to begin with.
    private static let initialWindow = 65_535
    /// Above this much output nothing more is read: it is made of answers to frames that the client does not read.
    private static let outputLimit = 256 << 10
    /// In how much time clients may send so many frames of a kind that costs more than it does.
    private static let rateWindow = TimeAmount.seconds(30)

    private let origin: ConnectionOrigin
    private var pipeline: Pipeline?
    private var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    private var lastStream = HTTP2StreamID.rootStream
    private var requestCount = 0
    /// What came on the connection and was not given back for its window.
    private var unreturnedBytes = 0
    /// When a stream may be late.
    private var streamDeadline = MonotonicTime.distantFuture
    /// The library is at work with what was received; it flushes what is written meanwhile.
    private var isReceiving = false
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
        super.init(shared: shared)
        open()
    }

    deinit { pipeline?.close() }

    private func open() {
        let pipeline = Pipeline(on: shared.pipelineLoop, for: self)
        self.pipeline = pipeline
        let limits = shared.limits
        var configuration = NIOHTTP2Handler.ConnectionConfiguration()
        configuration.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.h2MaxConcurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.h2MaxHeaderListSize),
            HTTP2Setting(parameter: .maxFrameSize, value: limits.h2MaxInboundFrameSize),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.streamWindow),
            HTTP2Setting(parameter: .enableConnectProtocol, value: 1),
        ]
        configuration.maximumSequentialEmptyDataFrames = 10
        configuration.maximumBufferedControlFrames = 1000
        configuration.controlFrameRateLimit.maximumCount = limits.h2MaxControlFrames
        configuration.controlFrameRateLimit.windowLength = Self.rateWindow
        var streamConfiguration = NIOHTTP2Handler.StreamConfiguration()
        streamConfiguration.streamResetFrameRateLimit.maximumCount = limits.h2MaxResets
        streamConfiguration.streamResetFrameRateLimit.windowLength = Self.rateWindow
        streamConfiguration.streamErrorRateLimit.maximumCount = limits.h2MaxResets
        streamConfiguration.streamErrorRateLimit.windowLength = Self.rateWindow
        let handler = NIOHTTP2Handler(mode: .server, connectionConfiguration: configuration, streamConfiguration: streamConfiguration)
        do {
            try pipeline.open([handler])
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
        let time = output.isEmpty ? streams.isEmpty ? mark.advanced(by: idleTimeout) : MonotonicTime.distantFuture : mark.advanced(by: shared.limits.writeTimeout)
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
        settle()
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
        if streams.isEmpty, mark.advanced(by: idleTimeout) <= now {
            leave()
            end(.afterOutput(lingering: false))
        }
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
        if streams.isEmpty { mark = shared.loop.now }
        send(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil), on: .rootStream)
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
        if case .now = ending { output.discard() }
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
        if streams.isEmpty { mark = shared.loop.now }
        endIfDone()
    }

    // MARK: For streams

    /// Writes a frame, at the latest at the end of this round.
    func send(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID, promise: EventLoopPromise<Void>? = nil) {
        pipeline?.write(message: HTTP2Frame(streamID: stream, payload: payload), promise: promise)
        if !isReceiving { pipeline?.flushWrites() }
        transport?.connectionChanged()
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

    private func settle() {
        if output.count >= Self.highWater { pipeline?.setWritable(false) }
        transport?.connectionChanged()
    }
}

// MARK: - Frames

extension HTTP2Connection: PipelineReceiver {
    func pipelineWrote(_ bytes: ByteBuffer) {
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
        if let error = error as? NIOHTTP2Errors.StreamError {
            shared.logRejection("stream \(Int(error.streamID)): \(error.baseError)", status: 0, origin.metadata)
            return
        }
        shared.logRejection("HTTP/2: \(error)", status: 0, origin.metadata)
        abandonStreams()
        end(.afterOutput(lingering: true))
    }

    func pipelineClosed() {
        abandonStreams()
        end(.afterOutput(lingering: false))
    }
}
