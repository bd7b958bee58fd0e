/// Why a request is refused. The connection must be closed after the response: what follows on it can't be trusted to be a request.
public struct RequestRejection: Error, Sendable, Equatable {
    /// The status of the response to send: 400, 414, 417, 431, 501 or 505 from this module.
    public let status: Int
    /// One line for the operator's log. It holds nothing that the peer sent.
    public let reason: String

    public init(status: Int, reason: String) {
        self.status = status
        self.reason = reason
    }
}

/// A rejection as the parsers throw it: without a reference count to keep.
struct Fault: Error {
    let status: Int
    let reason: StaticString

    static func malformed(_ reason: StaticString) -> Fault { Fault(status: 400, reason: reason) }
    static func tooLarge(_ reason: StaticString) -> Fault { Fault(status: 431, reason: reason) }
    static func unsupported(_ reason: StaticString) -> Fault { Fault(status: 501, reason: reason) }

    var rejection: RequestRejection { RequestRejection(status: status, reason: reason.description) }
}
