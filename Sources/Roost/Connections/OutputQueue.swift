import CLinux
import HTTPWire
import NIOCore

/// What a connection has yet to write: small pieces gathered in one buffer, then perhaps one large body that is not copied, then what frames its end.
struct OutputQueue: ~Copyable {
    /// Bodies of up to this many bytes are copied behind what is there; larger ones are written from where they are.
    static let copyLimit = 16 << 10

    var gathered = WireBuffer()
    private var large = ByteBuffer()
    private var trailer: StaticString = ""
    private var trailerSent = 0

    var count: Int { gathered.readableBytes + large.readableBytes + (trailer.utf8CodeUnitCount - trailerSent) }
    var isEmpty: Bool { gathered.readableBytes == 0 && large.readableBytes == 0 && trailer.utf8CodeUnitCount == trailerSent }

    /// Makes `gathered` the end of the queue, so that it may be appended to.
    mutating func gather() {
        guard large.readableBytes > 0 || trailer.utf8CodeUnitCount > trailerSent else { return }
        let (body, trailer, sent) = (large, self.trailer, trailerSent)
        gathered.append(body.readableBytesUInt8Span)
        trailer.withUTF8Buffer { bytes in
            gathered.append(UnsafeBufferPointer(rebasing: bytes[sent...]).span)
        }
        large = ByteBuffer()
        self.trailer = ""
        trailerSent = 0
    }

    /// Appends `body`, and behind it `trailer`.
    mutating func append(_ body: ByteBuffer, trailer: StaticString = "") {
        gather()
        if body.readableBytes <= Self.copyLimit {
            // The span does not outlive the closure. `readableBytesUInt8Span` would do, for a run-time check on each response.
            body.withUnsafeReadableBytes { gathered.append($0.bindMemory(to: UInt8.self).span) }
            if trailer.utf8CodeUnitCount > 0 { gathered.append(trailer) }
        } else {
            large = body
            self.trailer = trailer
            trailerSent = 0
        }
    }

    /// Forgets everything.
    mutating func discard() {
        gathered.reset()
        large = ByteBuffer()
        trailer = ""
        trailerSent = 0
    }

    /// Writes what it can to a socket, from pointers that are used only within the closures that give them; returns the number of bytes, or -1 with `errno` set.
    mutating func write(to descriptor: Int32) -> Int {
        let sent = large.readableBytes == 0 && trailer.utf8CodeUnitCount == trailerSent
            ? gathered.withUnsafeReadableBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
            : writeAll(to: descriptor)
        if sent > 0 { consume(sent) }
        return sent
    }

    private func writeAll(to descriptor: Int32) -> Int {
        gathered.withUnsafeReadableBytes { first in
            large.withUnsafeReadableBytes { second in
                trailer.withUTF8Buffer { third in
                    clinux_send3(
                        descriptor,
                        first.baseAddress, first.count,
                        second.baseAddress, second.count,
                        third.baseAddress.map { $0 + trailerSent }, third.count - trailerSent
                    )
                }
            }
        }
    }

    private mutating func consume(_ count: Int) {
        let fromGathered = min(count, gathered.readableBytes)
        gathered.consume(fromGathered)
        let fromLarge = min(count - fromGathered, large.readableBytes)
        if fromLarge > 0 {
            large.moveReaderIndex(forwardBy: fromLarge)
            if large.readableBytes == 0 { large = ByteBuffer() }
        }
        trailerSent += count - fromGathered - fromLarge
    }
}
