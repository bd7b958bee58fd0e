import CZlib

/// Compresses messages (RFC 7692 section 7.2.1).
///
/// Invariant: `stream` is allocated and started by the initialiser, stays where it is, as zlib needs it, and belongs to this object alone. What zlib is
/// given to read and write lies in memory that is lent for the call.
final class Deflater {
    private static let largestRoom = 64 << 10

    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter windowBits: 9 to 15.
    /// - Returns: nil if there is not enough memory.
    init?(windowBits: Int, _ settings: DeflateSettings) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let level = Int32(min(max(settings.level, 1), 9))
        let memoryLevel = Int32(min(max(settings.memoryLevel, 1), 9))
        guard czlib_deflate_start(stream, level, Int32(-min(max(windowBits, 9), 15)), memoryLevel) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends a message of at least one byte, compressed.
    /// - Returns: false if zlib failed; what was appended is of no use then.
    func deflate(_ message: UnsafeRawBufferPointer, into output: inout WireBuffer) -> Bool {
        var source = message.bindMemory(to: UInt8.self)
        repeat {
            // zlib counts in 32 bits.
            let piece = source.prefix(1 << 30)
            source = UnsafeBufferPointer(rebasing: source[piece.endIndex...])
            stream.pointee.next_in = UnsafeMutablePointer(mutating: UnsafeBufferPointer(rebasing: piece).baseAddress)
            stream.pointee.avail_in = UInt32(truncatingIfNeeded: piece.count)
            let flush = source.isEmpty ? Z_SYNC_FLUSH : Z_NO_FLUSH
            let size = min(piece.count &+ piece.count / 8 &+ 64, Self.largestRoom)
            var written = 0
            repeat {
                let result: Int32
                (result, written) = output.appendRaw(upTo: size) { room in
                    stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                    stream.pointee.avail_out = UInt32(truncatingIfNeeded: size)
                    let result = CZlib.deflate(stream, flush)
                    return (result, size &- Int(stream.pointee.avail_out))
                }
                guard result == Z_OK || result == Z_BUF_ERROR else { return false }
            } while written == size
        } while !source.isEmpty
        // The four bytes 00 00 FF FF at the end are known to the receiver.
        guard output.readableBytes >= 4 else { return false }
        output.truncate(to: output.readableBytes - 4)
        return true
    }
}
