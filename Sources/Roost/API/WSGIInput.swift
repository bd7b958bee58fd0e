public import NIOCore

/// The request's body, as a WSGI application reads it: PEP 3333's `wsgi.input`.
///
/// Reading waits for the client, and takes from it only what is asked for: a body of any size passes through in pieces. The end of the body
/// is the end of the input, whether the client announced the length or not.
///
/// For the application's thread only.
public final class WSGIInput {
    private let channel: WSGIChannel
    /// What has come and was not read.
    private var piece = ByteBuffer()
    private var isComplete = false
    private var isCut = false

    init(_ channel: WSGIChannel) {
        self.channel = channel
    }

    /// - Parameters:
    ///   - first: what has come already.
    ///   - ending: what is known of the rest.
    package init(_ channel: WSGIChannel, first: ByteBuffer, _ ending: Ending) {
        self.channel = channel
        piece = first
        isComplete = ending == .here
        isCut = ending == .cut
    }

    /// What is known of the rest of a body of which a part has come.
    package enum Ending {
        /// There is no rest.
        case here
        /// It is yet to come.
        case ahead
        /// It never comes: the client is gone.
        case cut
    }

    /// The next bytes as they come, at least one; nil at the end.
    /// - Throws: `WSGIError.disconnected` if the client is gone before the whole body has come.
    public func readPiece() throws(WSGIError) -> ByteBuffer? {
        guard try fill() else { return nil }
        defer { piece = ByteBuffer() }
        return piece
    }

    /// `count` bytes, or fewer if the body ends before; empty at the end. Without `count`: all that is left.
    /// - Throws: `WSGIError.disconnected` if the client is gone before they have come.
    public func read(_ count: Int = .max) throws(WSGIError) -> ByteBuffer {
        var result = ByteBuffer()
        while result.readableBytes < count, try fill() {
            take(min(count - result.readableBytes, piece.readableBytes), to: &result)
        }
        return result
    }

    /// The bytes up to and with the next line feed, or to the end of the body; nil at the end.
    ///
    /// - Parameter limit: the longest line in bytes that is returned in one; a longer one comes in several pieces. Default: 64 KiB.
    /// - Throws: `WSGIError.disconnected` if the client is gone before the line has come.
    public func readLine(limit: Int = 64 << 10) throws(WSGIError) -> ByteBuffer? {
        var line = ByteBuffer()
        while line.readableBytes < max(1, limit), try fill() {
            let room = max(1, limit) - line.readableBytes
            let lineFeed = piece.readableBytesView.prefix(room).firstIndex(of: UInt8(ascii: "\n"))
            guard let lineFeed else {
                take(min(room, piece.readableBytes), to: &line)
                continue
            }
            take(lineFeed - piece.readerIndex + 1, to: &line)
            break
        }
        return line.readableBytes > 0 ? line : nil
    }

    /// Calls `body` with each line in turn; see `readLine`.
    public func forEachLine(_ body: (ByteBuffer) throws -> Void) throws {
        while let line = try readLine() { try body(line) }
    }

    /// Makes sure that `piece` holds something; false at the end of the body.
    private func fill() throws(WSGIError) -> Bool {
        while piece.readableBytes == 0 {
            if isComplete { return false }
            guard !isCut, case .httpRequest(let next, let more) = channel.receive() else { throw .disconnected }
            piece = next
            isComplete = !more
        }
        return true
    }

    private func take(_ count: Int, to result: inout ByteBuffer) {
        guard var taken = piece.readSlice(length: count) else { return }
        if result.readableBytes == 0 {
            result = taken
        } else {
            result.writeBuffer(&taken)
        }
    }
}
