/// Why a worker does not serve any more although nobody asked it to stop.
struct WorkerFailure: Sendable, Hashable {
    /// What the supervisor ends with if it ends because of this.
    var status: ExitStatus
    var errno: Int32?
    /// What happened, to be read behind the worker's name: `exited with status 7`.
    var predicate: String
    /// The worker's own words, which say more to somebody who does not know of workers.
    var reason: String?
    /// Whether it ended as if it had been asked to, which is no error of the app's.
    var isOrderly = false

    /// - Parameter status: What the process was to exit with, by its own account.
    init(status: Int32, errno: Int32?, reason: String, hadStarted: Bool) {
        self.status = ExitStatus(rawValue: status) ?? .startupFailed
        self.errno = errno
        self.reason = reason
        predicate = (hadStarted ? "failed: " : "failed to start: ") + reason
    }

    init(_ termination: Termination, hadStarted: Bool) {
        status = hadStarted ? .internalError : .startupFailed
        isOrderly = termination.isExpectedAfterTerm
        let stage = hadStarted ? "" : " before it had started"
        switch termination {
        case .code(let code):
            predicate = "exited with status \(code)\(stage)"
            // An interpreter that refuses the app, or a worker that could not say so, exits with the documented number all the same.
            if !hadStarted, let named = ExitStatus(rawValue: code), [.appNotLoaded, .bindFailed].contains(named) { status = named }
        case .signal(let number, let name):
            predicate = "killed by \(name)\(stage)" + (number == Termination.killSignal ? ", perhaps out of memory" : "")
        }
    }

    /// - Parameter predicate: What happened.
    init(_ predicate: String, hadStarted: Bool, errno: Int32? = nil) {
        self.predicate = predicate
        self.errno = errno
        status = hadStarted ? .internalError : .startupFailed
    }
}
