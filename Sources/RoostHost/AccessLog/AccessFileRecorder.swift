internal import HTTPWire
internal import Roost

/// Writes the access log of one event loop to a file: the lines of a round at once.
///
/// Exclusivity is not checked at run time: nothing is called back while a line is made.
final class AccessFileRecorder: AccessRecorder {
    /// So many bytes are written before the round is over.
    private static let limit = 32 << 10

    @exclusivity(unchecked) private var writer: AccessLineWriter
    @exclusivity(unchecked) private var buffer = WireBuffer()
    private let file: AccessLogFile

    init(_ writer: AccessLineWriter, _ file: AccessLogFile) {
        self.writer = writer
        self.file = file
    }

    func record(_ entry: borrowing AccessEntry) {
        writer.write(entry, to: &buffer)
        if buffer.readableBytes >= Self.limit { flush() }
    }

    func flush() {
        guard !buffer.isEmpty else { return }
        buffer.withUnsafeReadableBytes { file.write($0) }
        // A single long line leaves no large buffer behind.
        buffer.reset(keepingCapacity: buffer.capacity <= 2 * Self.limit)
    }
}
