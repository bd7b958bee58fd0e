import NIOCore

/// Makes buffers of bytes; a small one has the memory of the one before it, once nobody holds that any more.
///
/// For threads that hold the GIL. Nothing here runs Python's code, so no other thread comes between.
final class SmallBodies {
    /// The connection copies bodies of up to this many bytes at once, and larger ones keep their memory.
    static let largest = 16 << 10

    /// Exclusivity is not checked at run time: nothing is called while it changes.
    @exclusivity(unchecked) private var spare = ByteBuffer()

    func buffer(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer {
        if bytes.isEmpty { return ByteBuffer() }
        guard bytes.count <= Self.largest else { return ByteBuffer(bytes: bytes) }
        spare.clear()
        spare.writeBytes(bytes)
        return spare
    }
}
