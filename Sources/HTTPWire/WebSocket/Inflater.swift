import CZlib

/// Decompresses messages (RFC 7692 section 7.2.2).
///
/// Invariant: `stream` is allocated and started by the initialiser, stays where it is, as zlib needs it, and belongs to this object alone. What zlib is
/// given to read and write lies in memory that is lent for the call.
final class Inflater {
    /// How many bytes of output room there are for one call at least.
    private static let smallestRoom = 512
    private static let largestRoom = 64 << 10
    /// What a sender takes off the end of each message.
    private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 8 to 15.
    /// - Returns: nil if there is not enough memory.
    init?(windowBits: Int) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // zlib can't be relied on to have a raw window of 8 bits; a larger one than the sender's does no harm.
        guard czlib_inflate_start(stream, Int32(-max(windowBits, 9))) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Appends what `input` decompresses to.
    /// - Parameter limit: how many bytes `output` may hold. It may come to hold one more, by which it is seen that the limit is exceeded.
    /// - Throws: when `input` is not compressed data.
    func inflate(_ input: UnsafeRawBufferPointer, into output: inout WireBuffer, limit: Int) throws(WebSocketFault) {
        guard !input.isEmpty else { return }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
        var isDone = false
        while !isDone {
            let left = limit &- output.readableBytes
            guard left >= 0 else { return }
            let size = min(max(input.count &* 4, Self.smallestRoom), Self.largestRoom, left == .max ? left : left &+ 1)
            let (result, written) = output.appendRaw(upTo: size) { room in
                stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(truncatingIfNeeded: size)
                let result = CZlib.inflate(stream, Z_SYNC_FLUSH)
                return (result, size &- Int(stream.pointee.avail_out))
            }
            switch result {
            case Z_OK, Z_BUF_ERROR:
                // Output is complete when zlib left room for more.
                isDone = written < size && stream.pointee.avail_in == 0
                if written == 0, stream.pointee.avail_in > 0 { throw .invalidData("the message is not compressed data") }
            case Z_STREAM_END:
                // The last block of a stream may end a message or be followed by further ones (RFC 7692 section 7.2.3.5). The window stays.
                guard inflateResetKeep(stream) == Z_OK else { throw .decompressorBroken }
                isDone = stream.pointee.avail_in == 0
            case Z_MEM_ERROR:
                throw WebSocketFault(code: WebSocketCloseCode.internalError, reason: "there is no memory to decompress the message")
            default:
                throw .invalidData("the message is not compressed data")
            }
        }
    }

    /// Appends what remains at the end of a message.
    func finish(into output: inout WireBuffer, limit: Int) throws(WebSocketFault) {
        try Self.tail.span.withUnsafeBytes { bytes throws(WebSocketFault) in try inflate(bytes, into: &output, limit: limit) }
        guard output.readableBytes <= limit else { return }
        // Between two blocks zlib says so with this bit; within one, the message was cut off.
        guard stream.pointee.data_type & 128 != 0 else { throw .invalidData("the compressed data of the message is cut off") }
    }
}

extension WebSocketFault {
    fileprivate static var decompressorBroken: WebSocketFault {
        WebSocketFault(code: WebSocketCloseCode.internalError, reason: "the decompressor failed")
    }
}
