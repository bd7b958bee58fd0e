import Roost

/// Why a piece was not sent.
enum WSGISendError: Error {
    case notStarted
    case longerThanAnnounced
    case refused(ASGIError)

    /// What the log says of it.
    var reason: any Error {
        switch self {
        case .notStarted:
            PythonFailure(kind: "RuntimeError", description: "the application returned, or gave a piece of its body, before it called start_response()")
        case .longerThanAnnounced:
            PythonFailure(kind: "RuntimeError", description: "the response's body is longer than the content-length that was announced")
        case .refused(let error): error
        }
    }

    var description: String { "\(reason)" }
}
