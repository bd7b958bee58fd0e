/// Finds the heads of a client's frames in its bytes (RFC 9113 section 4.1), ahead of the library, which lets some pass that the RFC does not.
struct HTTP2FrameHeads {
    struct Head: Equatable {
        /// Of the payload behind it.
        let length: Int
        let kind: UInt8
        let flags: UInt8
        let stream: Int32
    }

    private static let size = 9

    /// How many bytes come before the next head.
    private var skipped: Int
    /// How many bytes of the head are there, and these but for its last.
    private var count = 0
    private var bits: UInt64 = 0

    /// - Parameter skipped: How many bytes come before the first head: the preface.
    init(after skipped: Int) {
        self.skipped = skipped
    }

    /// Reads on up to the last byte of a head.
    ///
    /// - Parameter offset: Where to begin; in the end behind what was read.
    /// - Returns: nil if no head ends in the rest of the bytes.
    mutating func next(in bytes: Span<UInt8>, from offset: inout Int) -> Head? {
        let jump = min(skipped, bytes.count - offset)
        skipped -= jump
        offset += jump
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            count += 1
            guard count == Self.size else {
                bits = bits << 8 | UInt64(byte)
                continue
            }
            // The stream's first bit is reserved.
            let stream = Int32(truncatingIfNeeded: (bits << 8 | UInt64(byte)) & 0x7FFF_FFFF)
            let head = Head(length: Int(bits >> 40), kind: UInt8(truncatingIfNeeded: bits >> 32), flags: UInt8(truncatingIfNeeded: bits >> 24), stream: stream)
            (count, bits, skipped) = (0, 0, head.length)
            return head
        }
        return nil
    }
}
