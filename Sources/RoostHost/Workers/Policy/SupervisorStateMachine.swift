/// Decides what a supervisor does: events in, actions out. It does nothing itself and knows no time but what it is told.
struct SupervisorStateMachine: Sendable {
    let policy: SupervisorPolicy

    /// - Parameter random: Spreads what would otherwise happen to all workers at once.
    init(_ policy: SupervisorPolicy, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.policy = policy
    }

    /// When `.tick` is to be handed in, unless another event comes first; nil if there is nothing to wait for.
    var nextDeadline: Duration? { nil }

    /// - Parameter now: The time since some fixed moment, by a clock that never goes back.
    mutating func handle(_ event: SupervisorEvent, at now: Duration) -> [SupervisorAction] {
        []
    }

    /// Names the serving worker that has been silent for longest, if that is more than `limit`, for the watchdog; nil while all answer.
    func silentWorker(at now: Duration, after limit: Duration) -> String? {
        nil
    }
}
