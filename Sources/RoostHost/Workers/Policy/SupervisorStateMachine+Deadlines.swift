internal import Logging

/// What happens because time has passed.
extension SupervisorStateMachine {
    /// When `.tick` is to be handed in, unless another event comes first; nil if there is nothing to wait for.
    var nextDeadline: Duration? {
        if phase == .ended { return nil }
        return (workers.compactMap(deadline) + [nextSpawn, successorDeadline, nextNews].compactMap(\.self)).min()
    }

    /// When something has to be done about a worker.
    private func deadline(_ worker: Worker) -> Duration? {
        switch worker.stage {
        case .spawning: worker.exitAwaited
        case .starting(let deadline): [deadline, worker.exitAwaited].compactMap(\.self).min()
        case .serving: [worker.exitAwaited, silenceDeadline(worker), ageDeadline(worker)].compactMap(\.self).min()
        case .leaving(let deadline): deadline
        case .killed(let deadline): deadline
        }
    }

    private func silenceDeadline(_ worker: Worker) -> Duration? {
        policy.timeout.map { worker.lastHeard + $0 }
    }

    private func ageDeadline(_ worker: Worker) -> Duration? {
        guard worker.replacement == nil, let since = worker.servingSince else { return nil }
        return worker.lifetime.map { since + $0 }
    }

    /// The clock has gone on. If it has gone on far beyond the deadline, the supervisor has not run meanwhile, and what it could not hear is nobody's
    /// silence: that is counted from now on.
    mutating func advance(to time: Duration) {
        let lateness = nextDeadline.map { time - $0 } ?? .zero
        now = time
        guard lateness > Self.slack else { return }
        for index in workers.indices { workers[index].lastHeard = time }
    }

    mutating func meetDeadlines() {
        if let successorDeadline, successorDeadline <= now {
            actions.append(.abandonSuccessor)
            successorFailed("the successor has not started in time")
        }
        for id in workers.map(\.id) {
            // Meeting the deadline of one may have changed another.
            guard let index = index(id) else { continue }
            meetDeadlines(index)
        }
    }

    private mutating func meetDeadlines(_ index: Int) {
        let worker = workers[index]
        if worker.counts, hasPassed(worker.exitAwaited) { return distrust(index, "closed its control socket and goes on") }
        switch worker.stage {
        case .starting(let deadline) where hasPassed(deadline):
            kill(index)
            lost(worker, WorkerFailure("has not started in time and is killed", hadStarted: false))
        case .serving:
            if let timeout = policy.timeout, let silence = worker.silence(at: now), silence.length >= timeout {
                kill(index)
                lost(worker, WorkerFailure("is killed: \(silence)", hadStarted: true))
            } else if let lifetime = worker.lifetime, hasPassed(ageDeadline(worker)) {
                replace(index, "is \(lifetime.roughText) old")
            }
        case .leaving(let deadline) where hasPassed(deadline):
            log(.error, "\(worker.name) has not ended in time and is killed", worker)
            kill(index)
        case .killed(let deadline) where hasPassed(deadline):
            log(.critical, "\(worker.name) does not even end by SIGKILL and is given up", worker)
            workers.remove(at: index)
        case .spawning, .starting, .leaving, .killed:
            break
        }
    }

    private func hasPassed(_ deadline: Duration?) -> Bool {
        deadline.map { $0 <= now } ?? false
    }
}
