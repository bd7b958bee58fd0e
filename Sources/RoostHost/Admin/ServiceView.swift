internal import Roost

/// What the admin socket shows.
protocol ServiceView: Sendable {
    func status() -> ServiceStatus
    func metrics() -> MetricsSnapshot
}

extension ServiceStatus {
    /// What metrics tell of all requests.
    mutating func count(_ metrics: MetricsSnapshot) {
        for series in metrics.families[MetricName.requests]?.series ?? [:] {
            guard let label = series.key.first(where: { $0.name == "status" }) else { continue }
            responses[label.value, default: 0] += Int(exactly: series.value.number.rounded()) ?? 0
        }
        latency = metrics.total(MetricName.requestDuration).map(Latency.init) ?? Latency()
    }

    /// What metrics have besides those of the requests.
    func describe(in metrics: inout MetricsSnapshot) {
        metrics.set(MetricHelp.buildInfo, .gauge, [MetricLabel("version", version)], to: 1)
        metrics.set(MetricHelp.ready, .gauge, to: ready ? 1 : 0)
        metrics.set(MetricHelp.workers, .gauge, to: Double(workers.count { $0.state == "serving" }))
        metrics.set(MetricHelp.restarts, .counter, to: Double(restarts))
        for worker in workers {
            guard let memory = worker.memory else { continue }
            metrics.set(MetricHelp.workerMemory, .gauge, [MetricLabel("worker", "\(worker.number)")], to: Double(memory))
        }
    }
}

