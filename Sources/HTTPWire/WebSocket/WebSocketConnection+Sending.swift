extension WebSocketConnection {
    /// A code that no close frame may hold.
    public struct InvalidCloseCode: Error, Sendable, Equatable, CustomStringConvertible {
        public let code: UInt16

        public var description: String {
            "\(code) is no code to close a WebSocket with: it must be 1000 to 1003, 1007 to 1014 or 3000 to 4999"
        }
    }

    /// How much of a close frame is left for the reason.
    private static let longestReason = 123

    /// Whether a message of `length` bytes is compressed, and so must be handed to `send`.
    public func compresses(length: Int) -> Bool {
        deflate != nil && length >= max(settings.threshold, 1)
    }

    /// Appends a message. Text must be UTF-8.
    /// - Returns: false, with nothing appended, once the connection is closing.
    @discardableResult
    public func send(_ kind: WebSocketMessageKind, _ message: Span<UInt8>, into output: inout WireBuffer) -> Bool {
        guard state == .open else { return false }
        answerHeldPing(into: &output)
        if compresses(length: message.count), sendCompressed(kind, message, into: &output) { return true }
        output.appendFrame(kind.opcode, message)
        return true
    }

    /// Appends what stands before the `length` bytes of a message that is not compressed, for who writes these from where they are.
    /// - Returns: false, with nothing appended, once the connection is closing.
    public func beginMessage(_ kind: WebSocketMessageKind, length: Int, into output: inout WireBuffer) -> Bool {
        guard state == .open else { return false }
        answerHeldPing(into: &output)
        output.appendFrameHead(kind.opcode, length: length)
        return true
    }

    /// Appends a ping.
    /// - Precondition: `payload` has at most 125 bytes.
    /// - Returns: false, with nothing appended, once the connection is closing.
    @discardableResult
    public func sendPing(_ payload: Span<UInt8>, into output: inout WireBuffer) -> Bool {
        precondition(payload.count <= 125, "a ping has at most 125 bytes")
        guard state == .open else { return false }
        output.appendFrame(.ping, payload)
        return true
    }

    /// Appends a close frame. What the peer sends until its own is thrown away.
    /// - Parameters:
    ///   - code: nil for a frame without one, which has no reason either.
    ///   - reason: is cut to 123 bytes of UTF-8 at the end of a character.
    /// - Throws: `InvalidCloseCode` for a code that no close frame may hold; nothing is appended then.
    /// - Returns: false, with nothing appended, if the connection is closing already.
    @discardableResult
    public func close(code: UInt16?, reason: String = "", into output: inout WireBuffer) throws(InvalidCloseCode) -> Bool {
        if let code, !WebSocketCloseCode.isValid(code) { throw InvalidCloseCode(code: code) }
        guard state == .open else { return false }
        var bytes = Array(reason.utf8)
        if bytes.count > Self.longestReason {
            var end = Self.longestReason
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            bytes.removeSubrange(end...)
        }
        output.appendCloseFrame(code: code, reason: bytes.span)
        state = .closing
        heldPing = nil
        deflater = nil
        discardMessage()
        return true
    }

    /// Appends the pong that found no room before, if there is room now; to be called when output was written.
    public func answerHeldPing(into output: inout WireBuffer) {
        guard let payload = heldPing, output.readableBytes <= limits.pongBacklog else { return }
        output.appendFrame(.pong, payload.span)
        heldPing = nil
    }

    /// Appends a message, compressed; returns false, with nothing appended, if there is no memory for that.
    @inline(never)
    private func sendCompressed(_ kind: WebSocketMessageKind, _ message: Span<UInt8>, into output: inout WireBuffer) -> Bool {
        guard let deflate else { return false }
        guard let deflater = self.deflater ?? Deflater(windowBits: deflate.serverMaxWindowBits, settings) else { return false }
        self.deflater = deflate.serverNoContextTakeover ? nil : deflater
        let before = output.readableBytes
        output.appendFrameHead(kind.opcode, length: message.count, isCompressed: true)
        let headSize = output.readableBytes - before
        guard message.withUnsafeBytes({ deflater.deflate($0, into: &output) }) else {
            output.truncate(to: before)
            // A compressor that begins anew refers to nothing that the peer has not.
            self.deflater = nil
            return false
        }
        output.correctFrameHead(kind.opcode, size: headSize, payload: output.readableBytes - before - headSize)
        return true
    }
}

extension WireBuffer {
    /// Writes the head of the compressed frame at the end anew, now that the length of its payload is known; `size` bytes stand there for it.
    fileprivate mutating func correctFrameHead(_ opcode: WebSocketOpcode, size: Int, payload: Int) {
        var head = WireBuffer()
        head.appendFrameHead(opcode, length: payload, isCompressed: true)
        replaceBytes(size, before: payload, by: head)
    }
}
