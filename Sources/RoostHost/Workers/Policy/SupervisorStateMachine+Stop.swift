internal import Logging

/// Ending workers, and in the end the supervisor.
extension SupervisorStateMachine {
    /// What a process gets beyond its own limits, so that it can keep them by itself.
    static let slack: Duration = .seconds(2)
    /// How long a worker may take that has no requests left to finish.
    static let exitTimeout: Duration = .seconds(5)
    /// How long a killed process is waited for. One that is stuck in the kernel does not go.
    private static let killedTimeout: Duration = .seconds(10)

    /// When a worker that is told to end now is killed. Until it says that it drains, not even an unlimited shutdown keeps it.
    var drainDeadline: Duration {
        now + policy.gracefulTimeout + (policy.shutdownTimeout ?? .zero) + Self.slack
    }

    /// Requests in flight have been cut.
    var isHurried: Bool {
        if case .stopping(let stopping) = phase { stopping.requests > 1 } else { false }
    }

    mutating func stop() {
        guard case .stopping(var stopping) = phase else {
            log(.info, "stopping")
            return beginStop(SupervisorEnd(status: .asked), requests: 1)
        }
        stopping.requests += 1
        if stopping.isForeseen { stopping.end = SupervisorEnd(status: .asked) }
        phase = .stopping(stopping)
        switch stopping.requests {
        case 1: log(.info, "the service stops already")
        case 2: forceAll()
        default: killAll()
        }
    }

    /// - Parameter requests: How often somebody has asked for it.
    mutating func beginStop(_ end: SupervisorEnd, requests: Int = 0, isForeseen: Bool = false) {
        phase = .stopping(Stopping(end: end, requests: requests, isForeseen: isForeseen))
        isReloadWanted = false
        abandonSuccessor()
        if !end.isHandedOver { actions.append(.stopping) }
        for worker in workers where worker.counts { dismiss(worker.id) }
    }

    /// Lets a worker finish its requests and end.
    mutating func dismiss(_ id: WorkerID) {
        guard let index = index(id), workers[index].counts else { return }
        workers[index].stage = .leaving(deadline: drainDeadline)
        if workers[index].pid != nil { actions.append(.terminate(id)) }
    }

    /// A worker that is leaving has nothing left to do but exit.
    mutating func hurry(_ index: Int) {
        guard case .leaving(let deadline) = workers[index].stage else { return }
        let latest = now + Self.exitTimeout
        workers[index].stage = .leaving(deadline: min(deadline ?? latest, latest))
    }

    mutating func kill(_ index: Int) {
        workers[index].stage = .killed(deadline: now + Self.killedTimeout)
        if workers[index].pid != nil { actions.append(.kill(workers[index].id)) }
    }

    mutating func endIfDone() {
        guard case .stopping(let stopping) = phase, workers.isEmpty else { return }
        phase = .ended
        actions.append(.end(stopping.end))
    }

    private mutating func forceAll() {
        log(.warning, "asked to stop again: requests in flight are cut")
        for index in workers.indices {
            guard case .leaving = workers[index].stage else { continue }
            hurry(index)
            if workers[index].pid != nil { actions.append(.force(workers[index].id)) }
        }
    }

    private mutating func killAll() {
        let left = workers.indices.filter { if case .leaving = workers[$0].stage { true } else { false } }
        guard !left.isEmpty else { return }
        log(.warning, "asked to stop once more: \(ServiceStatusText.counted(left.count, "worker")) killed")
        for index in left { kill(index) }
    }
}
