/// Reads heads of frames that may arrive in pieces.
struct FrameHeadReader {
    /// The beginning of a head that did not arrive whole.
    private var held = InlineArray<14, UInt8>(repeating: 0)
    private var heldCount = 0

    /// Reads the head at `offset`, and moves `offset` behind it; returns nil, with all bytes consumed, if it is not complete.
    @inline(__always)
    mutating func next(_ bytes: RawSpan, _ offset: inout Int, _ rules: FrameHead.Rules) throws(WebSocketFault) -> FrameHead? {
        guard heldCount == 0 else { return try resume(bytes, &offset, rules) }
        guard let (head, size) = try FrameHead.read(bytes, at: offset, rules) else { return try resume(bytes, &offset, rules) }
        offset &+= size
        return head
    }

    @inline(never)
    private mutating func resume(_ bytes: RawSpan, _ offset: inout Int, _ rules: FrameHead.Rules) throws(WebSocketFault) -> FrameHead? {
        while offset < bytes.byteCount {
            held[heldCount] = bytes.byte(at: offset)
            heldCount += 1
            offset += 1
            if let (head, _) = try FrameHead.read(held.span.bytes.extracting(first: heldCount), at: 0, rules) {
                heldCount = 0
                return head
            }
        }
        return nil
    }
}
