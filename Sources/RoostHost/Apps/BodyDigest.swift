internal import Roost

/// What there is to say about a body that is read and thrown away.
struct BodyDigest {
    /// How many of the first bytes are kept.
    private static let headLength = 64

    private(set) var length = 0
    private(set) var head: [UInt8] = []
    private var hash = SHA256()

    /// Reads the whole body; false if the client went before it was complete.
    mutating func read(_ receive: ASGIReceive) async throws -> Bool {
        while case .httpRequest(let piece, let more) = try await receive() {
            take(piece)
            if !more { return true }
        }
        return false
    }

    /// Reads the whole body.
    mutating func read(_ input: WSGIInput) throws {
        while let piece = try input.readPiece() { take(piece) }
    }

    /// The digest of all that was read, in hexadecimal digits.
    var sha256: String {
        var hash = hash
        return hash.finish()
    }

    private mutating func take(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        length += piece.readableBytes
        if head.count < Self.headLength { head += piece.readableBytesView.prefix(Self.headLength - head.count) }
        piece.withUnsafeReadableBytes { hash.update($0.bytes) }
    }
}
