/// Why bytes on a control socket are no messages. The connection must be closed: where the next message begins is not known.
struct MalformedWorkerMessage: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in one line. It holds nothing that the worker sent but numbers.
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    var description: String { "malformed message: \(reason)" }
}
