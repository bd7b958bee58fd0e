/// Finds the first message of a handshake in the bytes of a connection: the client's hello in what comes in, the server's in what goes out.
///
/// Both are in clear text in every version of TLS. This reader decides nothing about security: BoringSSL reads the same bytes, and refuses what is wrong.
struct FirstHandshakeMessage {
    enum Progress: Equatable {
        case needsMore
        /// The message without its head.
        case message(kind: UInt8, body: [UInt8])
        /// The bytes are none of a handshake, or too many.
        case unreadable
    }

    private enum State {
        /// In the head of a record, of which so many bytes are there.
        case head(count: Int, length: Int)
        /// In a record's content, of which so many bytes are to come.
        case content(remaining: Int)
        case done(Progress)
    }

    private var state = State.head(count: 0, length: 0)
    private var message: [UInt8] = []

    /// Reads on.
    mutating func read(_ bytes: Span<UInt8>) -> Progress {
        var index = 0
        while true {
            if case .done(let progress) = state { return progress }
            guard index < bytes.count else { return .needsMore }
            switch state {
            case .head(let count, let length):
                let byte = bytes[index]
                index += 1
                state = Self.head(count: count, length: length, byte)
            case .content(let remaining):
                let taken = min(remaining, bytes.count - index)
                let part = bytes.extracting(index..<(index + taken))
                for place in part.indices { message.append(part[place]) }
                index += taken
                state = taken == remaining ? .head(count: 0, length: 0) : .content(remaining: remaining - taken)
                checkMessage()
            case .done: break
            }
        }
    }

    private static let handshakeRecord: UInt8 = 22
    /// What a record may hold (RFC 8446 section 5.1).
    private static let largestRecord = 1 << 14
    /// What BoringSSL takes of a hello.
    private static let largestMessage = 1 << 14

    /// RFC 8446 section 5.1: the record's type, a version that no longer says anything, and its length.
    private static func head(count: Int, length: Int, _ byte: UInt8) -> State {
        switch count {
        case 0 where byte != handshakeRecord: return .done(.unreadable)
        // Every version of SSL since the third has this one.
        case 1 where byte != 3: return .done(.unreadable)
        case 3: return .head(count: 4, length: Int(byte) << 8)
        case 4:
            let length = length | Int(byte)
            return (1...largestRecord).contains(length) ? .content(remaining: length) : .done(.unreadable)
        default: return .head(count: count + 1, length: 0)
        }
    }

    private mutating func checkMessage() {
        guard message.count >= 4 else { return }
        let length = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
        guard length <= Self.largestMessage else {
            state = .done(.unreadable)
            return
        }
        guard message.count >= 4 + length else { return }
        state = .done(.message(kind: message[0], body: Array(message[4..<(4 + length)])))
        message = []
    }
}
