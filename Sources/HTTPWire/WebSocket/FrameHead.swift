/// What stands before the payload of a frame that a client sent (RFC 6455 section 5.2).
struct FrameHead {
    /// What the place in the message and the agreements allow.
    struct Rules {
        /// Whether a message has begun and not ended.
        var isInsideMessage: Bool
        /// Whether a message may be compressed.
        var allowsCompression: Bool
        /// The most bytes that a data frame may have, and one that begins a compressed message.
        var largestPayload, largestCompressed: Int
    }

    let opcode: WebSocketOpcode
    let isFinal: Bool
    /// The first reserved bit.
    let isCompressed: Bool
    let length: Int
    /// The masking key, the first byte lowest.
    let mask: UInt32

    /// Reads the head at the beginning of `bytes`; returns nil if it is not complete.
    ///
    /// Each byte is judged before the next is looked at, so that the outcome does not depend on how they were cut into pieces.
    @inline(__always)
    static func read(_ bytes: RawSpan, at start: Int, _ rules: Rules) throws(WebSocketFault) -> (head: FrameHead, size: Int)? {
        let count = bytes.byteCount &- start
        guard count >= 1 else { return nil }
        let first = bytes.byte(at: start)
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else { throw .protocolError("a frame has a reserved opcode") }
        let isFinal = first & 0x80 != 0
        let isCompressed = first & 0x40 != 0
        guard first & 0x30 == 0 else { throw .protocolError("a frame has a reserved bit set") }
        if isCompressed, !rules.allowsCompression || opcode.isControl || opcode == .continuation {
            throw .protocolError("a frame has a reserved bit set")
        }
        if opcode.isControl {
            guard isFinal else { throw .protocolError("a control frame is fragmented") }
        } else if (opcode == .continuation) != rules.isInsideMessage {
            throw .protocolError(rules.isInsideMessage ? "a message begins within another one" : "a frame continues a message that has not begun")
        }
        guard count >= 2 else { return nil }
        let second = bytes.byte(at: start &+ 1)
        guard second & 0x80 != 0 else { throw .protocolError("a frame is not masked") }
        var length = Int(second & 0x7F)
        var size = 2
        if opcode.isControl {
            guard length < 126 else { throw .protocolError("a control frame has more than 125 bytes") }
        } else {
            if length == 126 {
                guard count >= 4 else { return nil }
                length = Int(bytes.byte(at: start &+ 2)) << 8 | Int(bytes.byte(at: start &+ 3))
                guard length > 125 else { throw .protocolError("the length of a frame is not in its shortest form") }
                size = 4
            } else if length == 127 {
                guard count >= 10 else { return nil }
                let word = bytes.word(at: start &+ 2).byteSwapped
                guard word < 1 << 63 else { throw .protocolError("the length of a frame has its top bit set") }
                guard word > 0xFFFF else { throw .protocolError("the length of a frame is not in its shortest form") }
                length = Int(word)
                size = 10
            }
            guard length <= (isCompressed ? rules.largestCompressed : rules.largestPayload) else { throw .tooBig }
        }
        guard count >= size &+ 4 else { return nil }
        let mask = bytes.halfWord(at: start &+ size)
        return (FrameHead(opcode: opcode, isFinal: isFinal, isCompressed: isCompressed, length: length, mask: mask), size &+ 4)
    }
}
