internal import Logging

/// What happens to one worker.
extension SupervisorStateMachine {
    func index(_ id: WorkerID) -> Int? {
        workers.firstIndex { $0.id == id }
    }

    mutating func spawned(_ id: WorkerID, _ pid: Int32) {
        // One that is not wanted any more, or was given up, serves nobody yet.
        guard let index = index(id) else { return actions.append(.kill(id)) }
        guard workers[index].pid == nil else { return }
        workers[index].pid = pid
        switch workers[index].stage {
        case .spawning:
            workers[index].stage = .starting(deadline: policy.startupTimeout.map { now + $0 + Self.slack })
            log(.debug, "\(workers[index].name) starts", workers[index])
        case .leaving, .killed: kill(index)
        case .starting, .serving: break
        }
    }

    mutating func spawnFailed(_ id: WorkerID, _ reason: String, _ errno: Int32?) {
        guard let index = index(id), workers[index].pid == nil else { return }
        let worker = workers.remove(at: index)
        if worker.counts { lost(worker, WorkerFailure("cannot be started: \(reason)", hadStarted: false, errno: errno)) }
    }

    mutating func heard(_ id: WorkerID, _ message: WorkerMessage) {
        guard let index = index(id) else { return }
        workers[index].lastHeard = now
        switch message {
        case .started(let addresses): started(index, addresses)
        case .alive(let report): reported(index, report)
        case .draining: drains(index)
        case .failed(let status, let errno, let reason): failed(index, status, errno, reason)
        case .finished: finished(index)
        case .observed: break
        }
    }

    mutating func measured(_ id: WorkerID, _ bytes: Int) {
        guard let index = index(id), let most = policy.maxResidentBytes, bytes > most else { return }
        replace(index, "holds \(bytes >> 20) MiB of memory")
    }

    mutating func channelClosed(_ id: WorkerID, _ reason: String?) {
        guard let index = index(id), workers[index].counts else { return }
        if let reason {
            distrust(index, "sent over its control socket what it should not: \(reason)")
        } else {
            workers[index].exitAwaited = now + Self.slack
        }
    }

    mutating func exited(_ id: WorkerID, _ termination: Termination) {
        guard let index = index(id) else { return }
        let worker = workers.remove(at: index)
        switch worker.stage {
        case .spawning, .starting, .serving:
            lost(worker, WorkerFailure(termination, hadStarted: worker.isServing))
        case .leaving where !termination.isExpectedAfterTerm && !worker.hasFailed:
            log(.warning, "\(worker.name) \(WorkerFailure(termination, hadStarted: true).predicate) while it stopped", worker)
        case .leaving, .killed:
            log(.debug, "\(worker.name) has ended", worker)
        }
    }

    /// A worker whose control socket is of no use any more is sent away, gently if it serves.
    mutating func distrust(_ index: Int, _ predicate: String) {
        let worker = workers[index]
        if worker.isServing { dismiss(worker.id) } else { kill(index) }
        lost(worker, WorkerFailure(predicate, hadStarted: worker.isServing))
    }

    /// Asks for another worker in this one's place.
    mutating func replace(_ index: Int, _ why: String) {
        guard workers[index].isServing, workers[index].replacement == nil else { return }
        workers[index].replacement = .due(why)
    }

    private mutating func started(_ index: Int, _ addresses: [String]) {
        switch workers[index].stage {
        case .spawning, .starting: break
        case .serving, .leaving, .killed: return
        }
        workers[index].stage = .serving(since: now)
        if self.addresses.isEmpty { self.addresses = addresses }
        log(.info, "\(workers[index].name) serves", workers[index])
    }

    private mutating func reported(_ index: Int, _ report: WorkerReport) {
        workers[index].report = report
        if let limit = workers[index].requestLimit, report.requests >= limit {
            replace(index, "has served \(ServiceStatusText.counted(report.requests, "request"))")
        }
    }

    private mutating func drains(_ index: Int) {
        let isUnlimited = policy.shutdownTimeout == nil
        if case .leaving = workers[index].stage {
            // It has heard. If its shutdown may take as long as it takes, nothing but a further request to stop ends it earlier.
            if isUnlimited, !isHurried, !workers[index].hasFailed { workers[index].stage = .leaving(deadline: nil) }
        } else if workers[index].counts {
            leavesUnasked(index, deadline: isUnlimited ? nil : drainDeadline)
        }
    }

    private mutating func finished(_ index: Int) {
        if workers[index].counts { leavesUnasked(index, deadline: now + Self.exitTimeout) } else { hurry(index) }
    }

    private mutating func leavesUnasked(_ index: Int, deadline: Duration?) {
        let worker = workers[index]
        workers[index].stage = .leaving(deadline: deadline)
        var failure = WorkerFailure("stops without having been asked", hadStarted: worker.isServing)
        failure.isOrderly = true
        lost(worker, failure)
    }

    private mutating func failed(_ index: Int, _ status: Int32, _ errno: Int32?, _ reason: String) {
        let worker = workers[index]
        guard !worker.hasFailed else { return }
        workers[index].hasFailed = true
        guard worker.counts else {
            hurry(index)
            // Of initial workers that fail together, one has said why.
            return log(hasBooted ? .warning : .debug, "\(worker.name) failed while it stopped: \(reason)", worker)
        }
        workers[index].stage = .leaving(deadline: now + Self.exitTimeout)
        lost(worker, WorkerFailure(status: status, errno: errno, reason: reason, hadStarted: worker.isServing))
    }
}
