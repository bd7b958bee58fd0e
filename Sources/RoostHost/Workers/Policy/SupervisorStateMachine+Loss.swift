internal import Logging

/// A worker is lost: it counted, and does not any more, and nobody asked for that.
extension SupervisorStateMachine {
    /// - Parameter worker: As it was before.
    mutating func lost(_ worker: Worker, _ failure: WorkerFailure) {
        switch phase {
        case .idle, .stopping, .ended:
            log(.warning, "\(worker.name) \(failure.predicate)", worker)
        case .booting:
            bootFailed(worker, failure)
        case .reloading where worker.generation == generation:
            reloadFailed(worker, failure)
        case .reloading:
            notePace(worker, failure)
            log(failure.level, "\(worker.name) \(failure.predicate); the new workers are on their way", worker)
        case .serving:
            notePace(worker, failure)
            if pace.isExhausted, !workers.contains(where: \.isServing) {
                givesUp(worker, failure)
            } else {
                let wait = pace.earliest > now ? "in \((pace.earliest - now).roughText)" : "at once"
                log(failure.level, "\(worker.name) \(failure.predicate); another one is started \(wait)", worker)
            }
        }
    }

    private mutating func notePace(_ worker: Worker, _ failure: WorkerFailure) {
        let age = worker.servingSince.map { now - $0 } ?? .zero
        pace.lost(round: worker.round, age: age, isOrderly: failure.isOrderly, at: now)
    }

    private mutating func givesUp(_ worker: Worker, _ failure: WorkerFailure) {
        let reason = "no worker stays up; the last one, \(worker.name), \(failure.predicate)"
        log(.critical, reason, worker)
        beginStop(SupervisorEnd(status: failure.status, reason: reason, errno: failure.errno))
    }
}

extension WorkerFailure {
    var level: Logger.Level { isOrderly ? .warning : .error }
}
