/// The server's side of a WebSocket (RFC 6455, RFC 7692) without a transport: bytes in, events out, and bytes to be written into a buffer that the caller
/// lends.
///
/// `receive` returns at most one event and says how many bytes it has used; the caller presents the rest when it wants the next one, and so holds a peer
/// back that sends faster than its messages are taken. The transport is closed as soon as the output is written and `state` is `closed`; it is the server
/// that closes first (RFC 6455 section 7.1.1).
///
/// Exclusivity is not checked at run time. Invariant: only this class changes these properties, and it calls nothing while it changes one.
public final class WebSocketConnection {
    public enum State: Sendable, Equatable {
        /// Messages go both ways.
        case open
        /// A close frame was sent; the peer's is waited for, and its messages are thrown away.
        case closing
        /// Nothing is sent or received any more.
        case closed
    }

    public let limits: WebSocketLimits
    /// How messages are compressed; nil if they are not.
    public let deflate: DeflateAgreement?
    let settings: DeflateSettings

    @exclusivity(unchecked) public internal(set) var state = State.open
    @exclusivity(unchecked) private var heads = FrameHeadReader()
    @exclusivity(unchecked) private var assembly: MessageAssembly
    /// What the frame is whose payload arrives; nil between frames.
    @exclusivity(unchecked) private var frame: FrameHead?
    /// How much of its payload has yet to come.
    @exclusivity(unchecked) private var left = 0
    /// The masking key, its first byte for the byte that comes next.
    @exclusivity(unchecked) private var key: UInt32 = 0
    /// The payload of a control frame.
    @exclusivity(unchecked) private var control: [UInt8] = []
    /// The payload of the latest ping, when its pong found no room.
    @exclusivity(unchecked) var heldPing: [UInt8]?
    @exclusivity(unchecked) var deflater: Deflater?

    /// - Parameters:
    ///   - deflate: what was agreed on in the handshake; nil for no compression.
    ///   - settings: how the server compresses; windows and takeover are those of `deflate`.
    public init(limits: WebSocketLimits = WebSocketLimits(), deflate: DeflateAgreement? = nil, settings: DeflateSettings = DeflateSettings()) {
        self.limits = limits
        self.deflate = deflate
        self.settings = settings
        assembly = MessageAssembly(limits: limits, deflate: deflate)
    }

    // MARK: The message that was received

    /// Calls `body` with the bytes of the message that the last event told of. They must not be used after it has returned; there are none after another
    /// event.
    public func withUnsafeMessageBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try assembly.message.withUnsafeReadableBytes(body)
    }

    /// Moves the message that the last event told of out, without a copy.
    public func takeMessage() -> WireBuffer {
        assembly.message.take()
    }

    /// Frees what is kept for the next message, for a connection that is idle. A message that has not arrived whole is kept.
    public func releaseMemory() {
        if !assembly.isUnderWay { assembly.message.reset() }
    }

    /// Whether a message has begun to arrive and is not complete.
    public var isMessageUnderWay: Bool { assembly.isUnderWay || frame != nil }

    // MARK: Receiving

    /// Takes bytes from the peer up to the end of what makes one event.
    ///
    /// The message of the event before is forgotten.
    /// - Parameters:
    ///   - bytes: what was received and not yet consumed.
    ///   - output: what waits to be written; pongs and close frames are appended to it.
    /// - Returns: the event, and how many bytes it took. After `needMore` all are consumed; once `state` is `closed` all are, and mean nothing.
    public func receive(_ bytes: Span<UInt8>, into output: inout WireBuffer) -> (event: WebSocketEvent, consumed: Int) {
        answerHeldPing(into: &output)
        guard state != .closed else { return (.needMore, bytes.count) }
        assembly.forgetMessage()
        do throws(WebSocketFault) {
            var offset = 0
            let event = try step(bytes.bytes, &offset, &output)
            return (event, state == .closed ? bytes.count : offset)
        } catch {
            return (fail(error, into: &output), bytes.count)
        }
    }

    private func step(_ bytes: RawSpan, _ offset: inout Int, _ output: inout WireBuffer) throws(WebSocketFault) -> WebSocketEvent {
        while true {
            if frame == nil {
                guard let head = try heads.next(bytes, &offset, rules) else { return .needMore }
                if !head.opcode.isControl { try assembly.begin(head) }
                frame = head
                left = head.length
                key = head.mask
            }
            guard let frame else { return .needMore }
            let count = min(left, bytes.byteCount &- offset)
            if count > 0 {
                let piece = bytes.extracting(offset..<offset &+ count)
                offset &+= count
                if frame.opcode.isControl {
                    unmaskControl(piece)
                } else if state == .open {
                    try assembly.append(piece, mask: key, expecting: left)
                }
                left &-= count
                key = key.rotated(rightBytes: count)
            }
            guard left == 0 else { return .needMore }
            self.frame = nil
            if let event = try end(frame, &output) { return event }
        }
    }

    @inline(__always)
    private var rules: FrameHead.Rules {
        var rules = assembly.rules
        if state != .open {
            // What is thrown away may be of any size.
            rules.largestPayload = .max
            rules.largestCompressed = .max
        }
        return rules
    }

    private func unmaskControl(_ piece: RawSpan) {
        for offset in piece.byteOffsets {
            control.append(piece.byte(at: offset) ^ UInt8(truncatingIfNeeded: key >> UInt32(8 &* (offset & 3))))
        }
    }

    /// Ends a frame; returns nil if nothing comes of it.
    @inline(__always)
    private func end(_ frame: FrameHead, _ output: inout WireBuffer) throws(WebSocketFault) -> WebSocketEvent? {
        guard frame.opcode.isControl else {
            guard frame.isFinal else { return nil }
            guard state == .open else {
                assembly.abandon()
                return nil
            }
            return .message(try assembly.end())
        }
        return try endControl(frame.opcode, &output)
    }

    @inline(never)
    private func endControl(_ opcode: WebSocketOpcode, _ output: inout WireBuffer) throws(WebSocketFault) -> WebSocketEvent? {
        let payload = control
        control = []
        switch opcode {
        case .ping:
            guard state == .open else { return nil }
            heldPing = payload
            answerHeldPing(into: &output)
            return .ping(payload)
        case .pong:
            return state == .open ? .pong(payload) : nil
        default:
            return try receiveClose(payload, &output)
        }
    }

    private func receiveClose(_ payload: [UInt8], _ output: inout WireBuffer) throws(WebSocketFault) -> WebSocketEvent {
        var code: UInt16?
        if !payload.isEmpty {
            guard payload.count >= 2 else { throw .protocolError("a close frame has one byte") }
            let number = UInt16(payload[0]) << 8 | UInt16(payload[1])
            guard WebSocketCloseCode.isValid(number) else { throw .protocolError("a close frame has a code that none may have") }
            code = number
        }
        var validator = UTF8Validator()
        guard validator.isValid(payload.span.bytes, from: min(2, payload.count)), validator.isComplete else {
            throw .invalidData("the reason of a close frame is not UTF-8")
        }
        if state == .open { output.appendCloseFrame(code: code, reason: [UInt8]().span) }
        shut()
        return .closed(code: code, reason: String(decoding: payload.dropFirst(2), as: UTF8.self))
    }

    @inline(never)
    private func fail(_ fault: WebSocketFault, into output: inout WireBuffer) -> WebSocketEvent {
        let reason = fault.reason.description
        if state == .open { output.appendCloseFrame(code: fault.code, reason: Array(reason.utf8).span) }
        shut()
        return .failed(code: fault.code, reason: reason)
    }

    /// Ends everything, and frees what it took.
    private func shut() {
        state = .closed
        assembly.discard()
        deflater = nil
        heldPing = nil
        frame = nil
    }

    /// Throws away what has arrived of a message: its end is not waited for.
    func discardMessage() {
        assembly.discard()
    }
}

extension UInt32 {
    /// The key for the byte that comes after `count` others.
    @inline(__always)
    fileprivate func rotated(rightBytes count: Int) -> UInt32 {
        let shift = UInt32(truncatingIfNeeded: 8 &* (count & 3))
        return self &>> shift | self &<< (32 &- shift)
    }
}
