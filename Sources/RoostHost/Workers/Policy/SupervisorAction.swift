internal import Logging

/// What a supervisor is to do. Actions are carried out in the order they are given in; one that cannot be carried out any more, such as a
/// signal to a process that is gone, is passed over.
enum SupervisorAction: Sendable, Hashable {
    /// Start a worker; answered by `SupervisorEvent.spawned` or `.spawnFailed`.
    case spawn(WorkerID)
    /// SIGTERM: finish the requests in flight and exit.
    case terminate(WorkerID)
    /// A second SIGTERM: cut the requests in flight.
    case force(WorkerID)
    /// SIGKILL.
    case kill(WorkerID)
    /// Reopen the supervisor's own log files and have these workers reopen theirs.
    case reopenLogs([WorkerID])

    /// Start a new process of the program that takes the listeners over; answered by `SupervisorEvent.successorStarted` or `.successorFailed`.
    case startSuccessor
    /// End the successor: it is not wanted any more. No answer is expected.
    case abandonSuccessor

    /// READY=1: every initial worker listens on these addresses. Comes once at most.
    case ready(addresses: [String])
    /// RELOADING=1.
    case reloading
    /// READY=1 again: the reload is over, whether or not it worked.
    case reloaded
    /// STOPPING=1.
    case stopping
    /// MAINPID=: the successor is the service from here on. Nothing more is told to the service manager after it.
    case successorTookOver(pid: Int32)
    /// STATUS=, when it changes.
    case status(String)
    /// EXTEND_TIMEOUT_USEC=: the service manager is to wait this long from now on.
    case extendTimeout(Duration)

    /// A line for the operator. The metadata are `worker` and `pid`, as far as they are known.
    case log(Logger.Level, String, metadata: [String: String])

    /// All workers are gone: end the process. It is the last action of all.
    case end(SupervisorEnd)
}

/// What a supervisor ends with.
struct SupervisorEnd: Sendable, Hashable {
    var status: ExitStatus
    /// Why, if it was not asked to.
    var reason: String?
    /// The number of the error behind it.
    var errno: Int32?
    /// A successor has the listeners: their sockets, and the pid file, must be left alone.
    var isHandedOver = false
}
