/// What a server does with what a client sends after the preface, its settings and the acknowledgement of the server's.
struct HTTP2Case: Sendable, CustomStringConvertible {
    enum Outcome: Sendable, Equatable, CustomStringConvertible {
        /// The connection ends with this code (RFC 9113 section 5.4.1).
        case connection(ServerAnswers.ErrorCode)
        /// The stream is reset with this code, and the connection goes on (section 5.4.2).
        case stream(UInt32, ServerAnswers.ErrorCode)
        /// The request on this stream is answered with this status, and the connection goes on.
        case status(UInt32, Int)
        /// Nothing happens.
        case fine

        var description: String {
            switch self {
            case .connection(let code): "connection error \(code)"
            case .stream(let stream, let code): "stream \(stream) error \(code)"
            case .status(let stream, let status): "status \(status) on stream \(stream)"
            case .fine: "fine"
            }
        }
    }

    var name: String
    /// Of RFC 9113, unless another is named.
    var section: String
    var bytes: [UInt8]
    var expected: Outcome
    /// What happens instead, and why that is left so; nil where nothing else does.
    var known: (outcome: Outcome, reason: String)?

    init(_ name: String, _ section: String, _ frames: [ClientFrame], _ expected: Outcome, known: (outcome: Outcome, reason: String)? = nil) {
        self.name = name
        self.section = section
        bytes = frames.flatMap(\.bytes)
        self.expected = expected
        self.known = known
    }

    var description: String { "\(section): \(name)" }

    /// An application for the cases: `/` answers, `/hold` never does nor takes anything, other paths answer when the body is there.
    static let all = framing + streams + frames + control + messages + fields + compression

    /// A request whose body is yet to come.
    static func open(_ stream: UInt32, _ path: String = "/echo") -> ClientFrame { .request("POST", path, on: stream, ends: false) }
    /// A request that is whole, and whose response is not.
    static func held(_ stream: UInt32) -> ClientFrame { .request("GET", "/hold", on: stream) }
    /// A stream that the client has closed.
    static func closed(_ stream: UInt32) -> [ClientFrame] { [held(stream), .reset(on: stream)] }

    static let line: ClientFrame.Fields = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "test")]
    static let block = ClientFrame.block(line)
}
