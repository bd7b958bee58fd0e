import CoreMetrics

/// The metrics of a server that tell how things are now.
struct ServerGauges: Sendable {
    /// The connections of one protocol.
    private struct Connections {
        private let active: Meter
        private let idle: Meter

        init(_ factory: any MetricsFactory, _ name: String) {
            func meter(_ state: String) -> Meter {
                Meter(label: MetricName.connections, dimensions: [("protocol", name), ("state", state)], factory: factory)
            }
            active = meter("active")
            idle = meter("idle")
        }

        func set(_ count: Int, active: Int) {
            // Several counts are not read at once.
            let active = max(0, min(count, active))
            self.active.set(active)
            idle.set(max(0, count - active))
        }
    }

    private let http1: Connections
    private let http2: Connections
    private let requestsInFlight: Meter
    private let webSockets: Meter

    init(_ factory: any MetricsFactory) {
        http1 = Connections(factory, "http/1")
        http2 = Connections(factory, "http/2")
        requestsInFlight = Meter(label: MetricName.requestsInFlight, dimensions: [], factory: factory)
        webSockets = Meter(label: MetricName.webSockets, dimensions: [], factory: factory)
    }

    /// - Parameters:
    ///   - http1: How many connections there are, and requests on them: one has at most one at a time. An application may go on when its request's
    ///     connection is gone.
    ///   - http2: How many connections there are, and how many of them have requests.
    func set(http1: (connections: Int, requests: Int), http2: (connections: Int, active: Int), requestsInFlight: Int, webSockets: Int) {
        self.http1.set(http1.connections, active: http1.requests)
        self.http2.set(http2.connections, active: http2.active)
        self.requestsInFlight.set(requestsInFlight)
        self.webSockets.set(webSockets)
    }
}
