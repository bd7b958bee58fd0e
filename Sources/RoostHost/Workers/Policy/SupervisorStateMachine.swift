internal import Logging

/// Decides what a supervisor does: events in, actions out. It does nothing itself and knows no time but what it is told.
///
/// Workers that count, which are those that serve or are going to, are kept at the target number. Each event goes the same way: what happened
/// is taken note of, deadlines that have passed are met, workers are started or sent away until their number is right, and what has changed is
/// told to the service manager.
///
/// | Question | Answer |
/// |---|---|
/// | A worker ends before all initial ones have started | all end; so does the supervisor, with the worker's own status or 3. If it ended as if told to, and the supervisor is told next, that is a stop |
/// | A worker is lost later | another is started, at the pace of `RespawnPace` |
/// | Five failures in a row, and nobody serves | the supervisor ends, never with 0. While somebody serves it goes on trying |
/// | A worker ends with status 0, or drains, unasked | it is replaced and counted like one that was lost; a little later, since all may have been told to end |
/// | An old worker is lost during a reload | it is not replaced unless the reload fails; the new ones are on their way |
/// | A new worker is lost during a reload | the reload has failed. New ones that serve finish their requests, those that don't yet are killed |
/// | A reload during a reload, an upgrade or the start | one, when that is over; after an upgrade there is nobody to reload |
/// | An upgrade during anything else | refused |
/// | Old ones that still drain when there is a reload | new ones are started as far as there is room: twice the target and one more |
/// | Requests served, age, memory | one worker at a time is replaced, by one that has started before it drains |
/// | A silent worker | is killed, and is then one that was lost |
/// | What is left of a stop | cut when asked the second time, killed when asked the third time or when time is up, given up if even that has no effect |
struct SupervisorStateMachine: Sendable {
    enum Phase: Sendable, Hashable {
        /// The listeners are not open yet.
        case idle
        case booting
        case serving
        /// Workers of the latest generation are to take the place of all others.
        case reloading
        case stopping(Stopping)
        case ended
    }

    struct Stopping: Sendable, Hashable {
        var end: SupervisorEnd
        /// How often somebody has asked for it.
        var requests: Int
        /// It began because a worker ended as if it had been asked to; perhaps it was, and the supervisor is going to be.
        var isForeseen = false
    }

    let policy: SupervisorPolicy
    var random: any RandomNumberGenerator & Sendable
    var phase: Phase = .idle
    /// The latest time that was told.
    var now: Duration = .zero
    /// What the current event leads to.
    var actions: [SupervisorAction] = []

    /// All whose processes may exist, in the order of their numbers.
    var workers: [Worker] = []
    /// How many were ever started.
    var lastNumber = 0
    /// How many should serve.
    var target: Int
    /// Counts reloads.
    var generation = 0
    var pace = RespawnPace()
    /// A reload was asked for while there could be none.
    var isReloadWanted = false
    /// What the workers listen on, as the first one told.
    var addresses: [String] = []

    /// A successor is starting.
    var isUpgrading = false
    /// When it is not waited for any longer.
    var successorDeadline: Duration?

    /// All initial workers have served.
    var hasBooted = false
    var manager = ManagerNews()

    /// - Parameter random: Spreads what would otherwise happen to all workers at once.
    init(_ policy: SupervisorPolicy, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.policy = policy
        self.random = random
        target = max(1, policy.workers)
    }

    /// - Parameter now: The time since some fixed moment, by a clock that never goes back.
    mutating func handle(_ event: SupervisorEvent, at now: Duration) -> [SupervisorAction] {
        guard phase != .ended else { return [] }
        advance(to: max(self.now, now))
        takeNote(of: event)
        meetDeadlines()
        balance()
        tellManager()
        endIfDone()
        defer { actions = [] }
        return actions
    }

    /// Names the serving worker that has been silent for longest, if that is more than `limit`, for the watchdog; nil while all answer.
    func silentWorker(at now: Duration, after limit: Duration) -> String? {
        let silent = workers.compactMap { worker in worker.silence(at: now).map { (worker, $0) } }.max { $0.1.length < $1.1.length }
        guard let (worker, silence) = silent, silence.length > limit else { return nil }
        return "\(worker.name): \(silence)"
    }

    private mutating func takeNote(of event: SupervisorEvent) {
        switch event {
        case .start: boot()
        case .spawned(let id, let pid): spawned(id, pid)
        case .spawnFailed(let id, let reason, let errno): spawnFailed(id, reason, errno)
        case .message(let id, let message): heard(id, message)
        case .resident(let id, let bytes): measured(id, bytes)
        case .channelClosed(let id, let reason): channelClosed(id, reason)
        case .exited(let id, let termination): exited(id, termination)
        case .reload: reload()
        case .stop: stop()
        case .scaleUp: scale(by: 1)
        case .scaleDown: scale(by: -1)
        case .reopenLogs: actions.append(.reopenLogs(workers.filter { $0.pid != nil }.map(\.id)))
        case .upgrade: upgrade()
        case .successorStarted(let pid): successorStarted(pid)
        case .successorFailed(let reason): successorFailed(reason)
        case .tick: break
        }
    }

    /// Adds a line about the supervisor itself, or about a worker.
    mutating func log(_ level: Logger.Level, _ message: String, _ worker: Worker? = nil) {
        var metadata: [String: String] = [:]
        if let worker {
            metadata["worker"] = "\(worker.id.number)"
            if let pid = worker.pid { metadata["pid"] = "\(pid)" }
        }
        actions.append(.log(level, message, metadata: metadata))
    }
}
