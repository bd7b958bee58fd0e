/// Bodies in the chunked coding (RFC 9112 section 7.1), and the interim response.
extension WireBuffer {
    /// Appends one chunk. No bytes are no chunk: an empty one would end the body.
    public mutating func appendChunk(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        appendChunkStart(length: bytes.count)
        append(bytes)
        appendChunkEnd()
    }

    /// Appends what stands before the `length` bytes of a chunk.
    /// - Precondition: `length` is more than 0.
    @inlinable
    public mutating func appendChunkStart(length: Int) {
        precondition(length > 0, "a chunk of no bytes would end the body")
        append(hexadecimal: length)
        append("\r\n")
    }

    /// Appends what stands behind the bytes of a chunk.
    @inlinable
    public mutating func appendChunkEnd() {
        append("\r\n")
    }

    /// Appends what ends a body: the last chunk and an empty trailer section.
    @inlinable
    public mutating func appendLastChunk() {
        append("0\r\n\r\n")
    }

    /// Appends the interim response `100 (Continue)`, which asks the client for its body.
    @inlinable
    public mutating func appendContinue() {
        append("HTTP/1.1 100 Continue\r\n\r\n")
    }
}
