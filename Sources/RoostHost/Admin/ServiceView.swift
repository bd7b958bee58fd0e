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
        http2Connections = metrics.total(MetricName.connections, where: [MetricLabel("protocol", "http/2")]).flatMap { Int(exactly: $0.number) } ?? 0
        webSockets = metrics.total(MetricName.webSockets).flatMap { Int(exactly: $0.number) } ?? 0
        certificates = (metrics.families[MetricName.certificateExpiry]?.series ?? [:]).map { labels, value in
            func label(_ name: String) -> String { labels.first { $0.name == name }?.value ?? "" }
            return CertificateStatus(certfile: label("certfile"), subject: label("subject"), notAfter: value.number)
        }.sorted { ($0.certfile, $0.subject) < ($1.certfile, $1.subject) }
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

