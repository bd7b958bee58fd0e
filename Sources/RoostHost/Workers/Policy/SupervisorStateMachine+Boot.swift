internal import Logging

/// From the start until all initial workers serve.
extension SupervisorStateMachine {
    mutating func boot() {
        guard phase == .idle else { return }
        phase = .booting
        log(.info, "starting \(ServiceStatusText.counted(target, "worker"))")
    }

    mutating func finishBoot() {
        phase = .serving
        hasBooted = true
        actions.append(.ready(addresses: addresses))
        reloadIfWanted()
    }

    mutating func bootFailed(_ worker: Worker, _ failure: WorkerFailure) {
        // What the supervisor ends with is printed, and is this.
        log(.debug, "\(worker.name) \(failure.predicate)", worker)
        let reason = failure.reason ?? "\(worker.name) \(failure.predicate)"
        // Whoever ends well before it serves has not done what it is for.
        let status = failure.status == .internalError ? .startupFailed : failure.status
        beginStop(SupervisorEnd(status: status, reason: reason, errno: failure.errno), isForeseen: failure.isOrderly)
    }
}
