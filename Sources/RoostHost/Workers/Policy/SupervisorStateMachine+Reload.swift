internal import Logging

/// New workers take the place of all others: the old ones drain when all new ones serve.
extension SupervisorStateMachine {
    mutating func reload() {
        switch phase {
        case .idle, .ended:
            return
        case .stopping:
            log(.info, "no reload: the service stops")
        case .booting, .reloading, .serving:
            let isNew = !isReloadWanted
            isReloadWanted = true
            reloadIfWanted()
            if isNew, isReloadWanted { log(.info, "a reload follows when what is under way is over") }
        }
    }

    /// Begins the reload that was asked for, if there can be one.
    mutating func reloadIfWanted() {
        guard phase == .serving, isReloadWanted, !isUpgrading else { return }
        isReloadWanted = false
        phase = .reloading
        generation += 1
        manager.notice = nil
        actions.append(.reloading)
        log(.info, "reloading: starting \(ServiceStatusText.counted(target, "new worker"))")
    }

    mutating func finishReload() {
        phase = .serving
        for worker in workers where worker.counts && worker.generation < generation { dismiss(worker.id) }
        actions.append(.reloaded)
        log(.info, "reloaded: served by \(ServiceStatusText.counted(target, "new worker"))")
        reloadIfWanted()
    }

    mutating func reloadFailed(_ worker: Worker, _ failure: WorkerFailure) {
        phase = .serving
        for index in workers.indices where workers[index].counts && workers[index].generation == generation {
            // Requests that a new one has taken on already are not to suffer.
            if workers[index].isServing { dismiss(workers[index].id) } else { kill(index) }
        }
        let reason = failure.reason ?? "\(worker.name) \(failure.predicate)"
        manager.notice = "reload failed: \(reason), the old workers go on"
        log(.error, "reload failed: \(worker.name) \(failure.predicate); the old workers go on", worker)
        actions.append(.reloaded)
        reloadIfWanted()
    }
}
