import HTTPWire

/// One HTTP/2 connection (RFC 9113). Frames, compression, windows and the states of streams are nghttp2's; requests and responses are `HTTP2Stream`'s.
///
/// What the client may keep of the server is bounded: streams at once, the size of heads and frames, bodies that nobody reads by their windows, and frames
/// that cost more than they do (resets, pings, settings, empty and continued ones) by their rate.
final class HTTP2Connection: WireConnection, LoopParticipant {
    /// What every connection of HTTP/2 begins with (RFC 9113 section 3.4).
    private static let preface: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// Above this much output nothing more is read: it is made of answers to frames that the client does not read.
    private static let outputLimit = 256 << 10
    /// As many frames are as much output.
    private static let frameLimit = 1000
    /// The storage of heads up to this size, as HTTP/2 counts it, is kept for the next one.
    static let keptHeadSize = 4 << 10

    let origin: ConnectionOrigin
    /// Nil before `init` is done, and if there was no memory for it.
    private(set) var session: HTTP2Session?
    private var hasOpened = false
    var streams: [Int32: HTTP2Stream] = [:] { didSet { http2Presence?.isActive = !streams.isEmpty } }
    var lastStream: Int32 = 0
    var requestCount = 0
    /// The request whose fields arrive.
    var head = HTTP2RequestText()
    /// Whether the frame of body that arrives has any.
    var hasBody = false
    /// Streams that were reset over what the client sent, or by it.
    var resets: RateLimit
    /// Frames that cost more than they do.
    var controlFrames: RateLimit
    /// Since when there is no request.
    private var idleSince: MonotonicTime
    /// What came on the connection and was not given back for its window.
    var unreturnedBytes = 0
    /// What is to be reset when the library is not at work any more: it drops what waits to be sent on a stream.
    private var pendingResets: [(Int32, HTTP2ErrorCode)] = []
    /// The last stream that the client has begun, and those that were reset here of late.
    var highestStream: Int32 = 0
    var resetStreams = RecentStreams()
    /// The frames that arrive.
    private var heads = HTTP2FrameHeads(after: preface.utf8CodeUnitCount)
    /// How many frames waited to be written when the library was given the one that arrives, or the last part of it.
    private(set) var framesBefore = 0
    /// Streams that are over, and such as may go on, at the end of this round.
    var closedStreams: [Int32] = []
    private var resumedStreams: [HTTP2Stream] = []
    private var isClosed = false
    /// How many streams have body to send.
    var sendingStreams = 0
    /// When a stream may be late.
    private var streamDeadline = MonotonicTime.distantFuture
    /// The library is at work, and must not be called to receive or to write.
    private var isAtWork = false
    /// What streams have written is written at the end of this round, all at once.
    private var isNoted = false
    private var readHasEnded = false
    /// The client is told of an error that ends the connection, or about to be.
    var isBroken = false
    /// Nothing new is to begin soon: since when the client knows.
    var leaveTaken: MonotonicTime?
    var hasLeft = false

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
        controlFrames = RateLimit(shared.limits.h2MaxControlFrames, at: shared.loop.now)
        idleSince = shared.loop.now
        super.init(shared: shared)
        session = HTTP2Session(for: self, shared.limits)
        note()
        if session == nil {
            shared.logger.error("HTTP/2 could not begin: there is no memory")
            end(.now(reset: false))
        }
    }

    // MARK: What the transport acts on

    override var wantsRead: Bool {
        guard case .open = ending, !readHasEnded, output.count < Self.outputLimit else { return false }
        return output.count < Self.highWater || waitingFrames < Self.frameLimit
    }

    /// Frames wait in the library too, behind bodies that there is no room for.
    var waitingFrames: Int { session?.waitingFrames ?? 0 }

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
        isAtWork = true
        var (given, read) = (0, 0)
        while given < bytes.count, !isBroken {
            // The library acts on a frame from its head's last byte on.
            let head = heads.next(in: bytes, from: &read)
            let end = head == nil ? bytes.count : read - 1
            give(bytes.extracting(given..<end))
            given = end
            if let head, !isBroken { frameBegins(head) }
        }
        isAtWork = false
        flush()
    }

    private func give(_ bytes: Span<UInt8>) {
        framesBefore = waitingFrames
        guard let code = session?.receive(bytes), code < 0, !isBroken else { return }
        let reason = HTTP2ErrorCode(fatal: code)
        shared.logRejection("HTTP/2: \(reason.name)", status: 0, origin.metadata)
        breakOff(reason)
    }

    override func readEnded() {
        readHasEnded = true
        for stream in streams.values where !stream.hasRequestEnded { forget(stream.id) }
        for stream in streams.values { stream.readEnded() }
        endIfDone()
    }

    override func endIsNear() {
        // The rest of the other requests may be there, and not read yet.
        for stream in streams.values where stream.hasRequestEnded { stream.readEnded() }
    }

    override func peerGone() {
        abandonStreams()
        end(.now(reset: false))
    }

    override func wrote() {
        mark = shared.loop.now
        guard output.count < Self.lowWater else { return }
        write()
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
        isClosed = true
        abandonStreams()
    }

    // MARK: The end

    /// Takes leave of the client.
    func endSoon() {
        guard leaveTaken == nil, case .open = ending else { return }
        leaveTaken = shared.loop.now
        if streams.isEmpty { idleSince = shared.loop.now }
        session?.announceEnd()
        note()
    }

    /// Lets nothing more begin.
    private func leave() {
        guard !hasLeft else { return }
        hasLeft = true
        leaveTaken = leaveTaken ?? shared.loop.now
        session?.refuseStreams(after: lastStream)
        note()
        endIfDone()
    }

    func endIfDone() {
        guard streams.isEmpty, hasLeft || readHasEnded else { return }
        end(.afterOutput(lingering: !readHasEnded))
    }

    func end(_ ending: Ending) {
        if case .now = self.ending { return }
        if case .now = ending { output.discard() } else { takeFrames() }
        self.ending = ending
        changed()
    }

    private func abandonStreams() {
        let abandoned = streams.values
        streams = [:]
        for stream in abandoned { stream.closed() }
    }

    func forget(_ id: Int32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        stream.closed()
        if streams.isEmpty { idleSince = shared.loop.now }
        endIfDone()
    }

    // MARK: For streams

    /// Sends the head of a response that `shared.fieldLines` holds.
    func respond(on stream: Int32, hasBody: Bool) {
        session?.respond(on: stream, shared.fieldLines, hasBody: hasBody)
        note()
    }

    /// Sends the interim response that `shared.fieldLines` holds.
    func sendInterim(on stream: Int32) {
        session?.sendInterim(on: stream, shared.fieldLines)
        note()
    }

    /// Sends the trailers that `shared.fieldLines` holds; from within `nextPart` only.
    func sendTrailers(on stream: Int32) { session?.sendTrailers(on: stream, shared.fieldLines) }

    /// Asks a stream for more body, that had none.
    func resume(_ stream: Int32) {
        session?.resume(stream)
        note()
    }

    /// Resets a stream, behind what was given to be sent on it, as far as there is room for that.
    func reset(_ stream: Int32, _ code: HTTP2ErrorCode) {
        guard !isAtWork else { return pendingResets.append((stream, code)) }
        takeFrames()
        session?.reset(stream, code)
        note()
    }

    /// Lets the client send more on a stream.
    func openWindow(of stream: Int32, by count: Int) {
        session?.openWindow(of: stream, by: count)
        note()
    }

    /// Writes what it can at once.
    func writeNow() -> Bool {
        write()
        return transport?.writeNow() ?? true
    }

    /// Looks at the streams again at this time at the latest.
    func watch(until deadline: MonotonicTime) {
        streamDeadline = min(streamDeadline, deadline)
    }

    /// What was given to the library is written at the latest at the end of this round.
    func note() {
        // What is received is followed by a flush of its own.
        if !isAtWork { noteChange() }
    }

    func noteChange() {
        guard !isNoted else { return }
        isNoted = true
        shared.loop.noteChange(of: self)
    }

    /// Lets a stream go on at the end of this round, out of the library's work.
    func resumeLater(_ stream: HTTP2Stream) {
        resumedStreams.append(stream)
        noteChange()
    }

    func settle() {
        isNoted = false
        guard !isClosed else { return }
        let (closed, resumed) = (closedStreams, resumedStreams)
        closedStreams = []
        resumedStreams = []
        for stream in resumed { stream.resume() }
        for id in closed { forget(id) }
        flush()
    }

    private func flush() {
        write()
        changed()
    }

    private func write() {
        takeFrames()
        while !pendingResets.isEmpty, !isAtWork {
            let resets = pendingResets
            pendingResets = []
            for (stream, code) in resets { session?.reset(stream, code) }
            takeFrames()
        }
        if sendingStreams > 0 { watch(until: shared.loop.now.advanced(by: shared.limits.writeTimeout)) }
        guard isBroken, case .open = ending else { return }
        abandonStreams()
        end(.afterOutput(lingering: true))
    }

    /// Takes what the library has to write, as far as there is room for bodies.
    private func takeFrames() {
        if isAtWork { return }
        if case .now = ending { return }
        isAtWork = true
        session?.take { bytes in
            beginOutput()
            if hasOpened {
                output.gathered.append(bytes.assumingMemoryBound(to: UInt8.self).span)
            } else {
                hasOpened = true
                var settings = Array(bytes)
                HTTP2Session.announce(maxStreams: shared.limits.h2MaxConcurrentStreams, in: &settings)
                output.gathered.append(settings)
            }
            return output.count < Self.outputLimit
        }
        isAtWork = false
    }

    func beginOutput() {
        guard output.isEmpty else { return output.gather() }
        mark = shared.loop.now
        takeSpareOutput()
    }
}
