/// What the service manager is told while things go on.
extension SupervisorStateMachine {
    private static let rhythm = ServiceReporter.Rhythm()

    mutating func tellManager() {
        guard let status = currentStatus else { return }
        if status != manager.status, manager.status.map(status.isNews) ?? true || now >= manager.toldAt + statusInterval {
            manager.status = status
            manager.toldAt = now
            actions.append(.status(status.text))
        }
        if !isWaitedFor {
            manager.nextExtension = nil
        } else if (manager.nextExtension ?? now) <= now {
            manager.nextExtension = now + Self.rhythm.waiting
            actions.append(.extendTimeout(Self.rhythm.extension))
        }
    }

    /// When there will be something to tell even if nothing happens.
    var nextNews: Duration? {
        guard let status = currentStatus else { return nil }
        let changed = status == manager.status ? nil : manager.toldAt + statusInterval
        return [changed, manager.nextExtension].compactMap(\.self).min()
    }

    /// Whether the service manager waits for the end of this phase.
    private var isWaitedFor: Bool {
        switch phase {
        case .booting, .reloading, .stopping: true
        case .idle, .serving, .ended: false
        }
    }

    private var statusInterval: Duration { isWaitedFor ? Self.rhythm.waiting : Self.rhythm.serving }

    /// Nil if there is nothing to tell, because the service has not begun or is another process's now.
    private var currentStatus: ManagerNews.Status? {
        switch phase {
        case .idle, .ended:
            return nil
        case .booting:
            return .init(news: "starting \(ServiceStatusText.counted(target, "worker"))")
        case .serving:
            let connections = workers.reduce(0) { $0 + $1.report.connections }
            return .init(
                news: ServiceStatusText.serving(binds: addresses.count, workers: workers.count(where: \.isServing), of: target),
                counts: connections > 0 ? ", \(ServiceStatusText.counted(connections, "connection"))" : "",
                notice: manager.notice)
        case .reloading:
            return .init(news: "reloading: \(population.count(where: \.isServing)) of \(ServiceStatusText.counted(target, "new worker")) ready")
        case .stopping(let stopping):
            return stoppingStatus(stopping.end)
        }
    }

    private func stoppingStatus(_ end: SupervisorEnd) -> ManagerNews.Status? {
        if end.isHandedOver { return nil }
        if let reason = end.reason { return .init(news: hasBooted ? "failed: \(reason)" : "startup failed: \(reason)") }
        if workers.isEmpty { return .init(news: "stopped") }
        let requests = workers.reduce(0) { $0 + $1.report.requestsInFlight }
        return .init(news: "draining", counts: requests > 0 ? " \(ServiceStatusText.counted(requests, "request"))" : "")
    }
}
