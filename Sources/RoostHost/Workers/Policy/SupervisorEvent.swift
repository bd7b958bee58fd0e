/// What happens to a supervisor.
enum SupervisorEvent: Sendable, Hashable {
    /// The listeners are open; the workers may be started.
    case start

    /// `SupervisorAction.spawn` was carried out.
    case spawned(WorkerID, pid: Int32)
    /// `SupervisorAction.spawn` could not be carried out.
    case spawnFailed(WorkerID, reason: String, errno: Int32?)
    /// A message came from a worker.
    case message(WorkerID, WorkerMessage)
    /// A worker's resident memory was measured.
    case resident(WorkerID, bytes: Int)
    /// Nothing more comes from a worker: its end of the control socket was closed, or what it sent was wrong for this `reason`.
    case channelClosed(WorkerID, reason: String?)
    /// A worker's process has ended. It comes once for each worker that was spawned, after all messages that its control socket still held, which
    /// may tell why.
    case exited(WorkerID, Termination)

    /// SIGHUP: replace all workers by new ones.
    case reload
    /// SIGTERM or SIGINT: stop; the second time hurry, the third time at once.
    case stop
    /// SIGTTIN: one worker more.
    case scaleUp
    /// SIGTTOU: one worker less, but never none.
    case scaleDown
    /// SIGUSR1.
    case reopenLogs
    /// SIGUSR2: let a new process of the program take over.
    case upgrade

    /// The process that `SupervisorAction.startSuccessor` started is ready.
    case successorStarted(pid: Int32)
    /// It could not be started, or ended before it was ready.
    case successorFailed(reason: String)

    /// `nextDeadline` has come.
    case tick
}
