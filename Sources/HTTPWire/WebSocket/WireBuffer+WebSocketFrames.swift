/// Frames of WebSocket (RFC 6455 section 5.2) on their way out.
extension WireBuffer {
    /// Appends what stands before the `length` bytes of a frame's payload.
    /// - Parameters:
    ///   - isFinal: whether the message ends with this frame.
    ///   - isCompressed: whether the message, which begins with this frame, is compressed (RFC 7692 section 6).
    ///   - mask: the masking key, which a client must have; nil for a server. The payload must be masked with it then, as `appendFrame` does.
    public mutating func appendFrameHead(
        _ opcode: WebSocketOpcode,
        length: Int,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        mask: UInt32? = nil
    ) {
        append(opcode.rawValue | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0))
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        if length < 126 {
            append(maskBit | UInt8(truncatingIfNeeded: length))
        } else if length <= 0xFFFF {
            append(maskBit | 126)
            append(UInt8(truncatingIfNeeded: length >> 8))
            append(UInt8(truncatingIfNeeded: length))
        } else {
            append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: length >> shift)) }
        }
        if let mask {
            for shift: UInt32 in [0, 8, 16, 24] { append(UInt8(truncatingIfNeeded: mask >> shift)) }
        }
    }

    /// Appends a frame.
    public mutating func appendFrame(
        _ opcode: WebSocketOpcode,
        _ payload: Span<UInt8>,
        isFinal: Bool = true,
        isCompressed: Bool = false,
        mask: UInt32? = nil
    ) {
        appendFrameHead(opcode, length: payload.count, isFinal: isFinal, isCompressed: isCompressed, mask: mask)
        if let mask {
            append(payload.bytes, masked: mask)
        } else {
            append(payload)
        }
    }

    /// Appends a close frame with a code and the reason's bytes, of which there may be 123.
    mutating func appendCloseFrame(code: UInt16?, reason: Span<UInt8>) {
        guard let code else { return appendFrameHead(.close, length: 0) }
        appendFrameHead(.close, length: 2 + reason.count)
        append(UInt8(truncatingIfNeeded: code >> 8))
        append(UInt8(truncatingIfNeeded: code))
        append(reason)
    }

    /// Appends bytes that are masked, or masks them: each is combined with the byte of the key at its place, of which the first is the lowest.
    mutating func append(_ bytes: RawSpan, masked key: UInt32) {
        reserve(bytes.byteCount)
        bytes.withUnsafeBytes { append(copying: $0, masked: key) }
    }
}
