/// What a WSGI application did that it may not do, or what happened to its client.
public enum WSGIError: Error, Hashable, CustomStringConvertible {
    /// A body was sent, or the application returned, and `startResponse` had not been called.
    case notStarted
    /// `startResponse` was called again without an error to replace the response with.
    case startedTwice
    /// The status is not a number from 200 to 599, alone or with a space and a reason behind it.
    case invalidStatus(String)
    /// Something was written after the response was complete.
    case responseOver
    /// The client is gone: no more of its body comes, and nobody takes the rest of the response.
    ///
    /// An application need not catch it: it ends the request without an entry in the log.
    case disconnected

    public var description: String {
        switch self {
        case .notStarted: "the application sent a body, or returned, before it called startResponse"
        case .startedTwice: "startResponse was called a second time; to replace a response that is not sent yet, pass the error as replacing:"
        case .invalidStatus(let status): "\"\(status)\" is no status; expected a number from 200 to 599, such as \"200 OK\" or \"200\""
        case .responseOver: "the application wrote after its response was complete"
        case .disconnected: "the client is gone"
        }
    }
}
