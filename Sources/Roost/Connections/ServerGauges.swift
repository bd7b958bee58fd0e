import CoreMetrics

/// The metrics of a server that tell how things are now.
struct ServerGauges: Sendable {
    private let active: Meter
    private let idle: Meter
    private let requestsInFlight: Meter

    init(_ factory: any MetricsFactory) {
        func connections(_ state: String) -> Meter {
            Meter(label: MetricName.connections, dimensions: [("protocol", "http/1"), ("state", state)], factory: factory)
        }
        active = connections("active")
        idle = connections("idle")
        requestsInFlight = Meter(label: MetricName.requestsInFlight, dimensions: [], factory: factory)
    }

    func set(connections: Int, requestsInFlight: Int) {
        // A connection has one request at a time. An application may go on when its request's connection is gone.
        let active = min(connections, requestsInFlight)
        self.active.set(active)
        idle.set(connections - active)
        self.requestsInFlight.set(requestsInFlight)
    }
}
