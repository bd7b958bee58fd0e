import CoreMetrics

/// What one event loop tells swift-metrics of its connections and requests.
///
/// Used on the loop only; the instruments of several loops with the same name are the factory's to bring together.
final class LoopMetrics {
    private let factory: any MetricsFactory
    private let app: String
    private let durations: Timer
    private let queueTimes: Timer
    /// How long the loop takes to answer.
    let lags: Timer
    private let accepted: Counter
    private let received: Counter
    private let sent: Counter
    /// By method and class of status, made when the first such request has ended. Exclusivity is not checked: nothing is called while it changes.
    @exclusivity(unchecked) private var requests: [Counter?]
    private var refusals: [Int: Counter] = [:]
    private var proxyRefusals: Counter?
    private var failedHandshakes: Counter?

    private static let classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]

    /// - Parameter app: What the application is called.
    init(_ factory: any MetricsFactory, app: String) {
        self.factory = factory
        self.app = app
        let dimensions = [("app", app)]
        durations = Timer(label: MetricName.requestDuration, dimensions: dimensions, factory: factory)
        queueTimes = Timer(label: MetricName.queueTime, dimensions: dimensions, factory: factory)
        lags = Timer(label: MetricName.loopLag, dimensions: [], factory: factory)
        accepted = Counter(label: MetricName.connectionsAccepted, dimensions: [], factory: factory)
        received = Counter(label: MetricName.receivedBytes, dimensions: [], factory: factory)
        sent = Counter(label: MetricName.sentBytes, dimensions: [], factory: factory)
        requests = Array(repeating: nil, count: RequestMethod.allCases.count * Self.classes.count)
    }

    /// A request has been answered, or has not.
    ///
    /// - Parameter status: 0 if there was no response.
    func requestEnded(_ method: RequestMethod, status: Int, after nanoseconds: UInt64) {
        let place = method.rawValue &* Self.classes.count &+ ((100...599).contains(status) ? status / 100 : 0)
        if let counter = requests[place] {
            counter.increment()
        } else {
            let counter = makeCounter(method, class: place - method.rawValue * Self.classes.count)
            requests[place] = counter
            counter.increment()
        }
        durations.recordNanoseconds(Int64(clamping: nanoseconds))
    }

    private func makeCounter(_ method: RequestMethod, class place: Int) -> Counter {
        Counter(
            label: MetricName.requests, dimensions: [("app", app), ("method", method.text), ("status", Self.classes[place])], factory: factory)
    }

    /// How long the request waited between the proxy and here.
    func requestQueued(_ nanoseconds: UInt64) { queueTimes.recordNanoseconds(Int64(clamping: nanoseconds)) }

    /// The server has answered a request itself, since it is not one that the application is to see.
    func requestRefused(status: Int) {
        let counter = refusals[status] ?? Counter(label: MetricName.refusedRequests, dimensions: [("status", "\(status)")], factory: factory)
        refusals[status] = counter
        counter.increment()
    }

    /// A PROXY header was malformed, or came from somebody who may not send one, or did not come.
    func proxyHeaderRefused() {
        let counter = proxyRefusals ?? Counter(label: MetricName.refusedProxyHeaders, dimensions: [], factory: factory)
        proxyRefusals = counter
        counter.increment()
    }

    /// A TLS handshake did not come to its end.
    func handshakeFailed() {
        let counter = failedHandshakes ?? Counter(label: MetricName.failedHandshakes, dimensions: [], factory: factory)
        failedHandshakes = counter
        counter.increment()
    }

    func connectionAccepted() { accepted.increment() }
    func received(_ bytes: Int) { received.increment(by: bytes) }
    func sent(_ bytes: Int) { sent.increment(by: bytes) }
}

/// What the metrics of a server are called.
package enum MetricName {
    package static let requests = "roost_requests_total"
    package static let requestDuration = "roost_request_duration_seconds"
    package static let queueTime = "roost_request_queue_seconds"
    package static let refusedRequests = "roost_requests_refused_total"
    package static let requestsInFlight = "roost_requests_in_flight"
    package static let connections = "roost_connections"
    package static let webSockets = "roost_websockets"
    package static let connectionsAccepted = "roost_connections_accepted_total"
    package static let refusedProxyHeaders = "roost_proxy_headers_refused_total"
    package static let failedHandshakes = "roost_tls_handshakes_failed_total"
    package static let certificateExpiry = "roost_tls_certificate_expiry_timestamp_seconds"
    package static let receivedBytes = "roost_received_bytes_total"
    package static let sentBytes = "roost_sent_bytes_total"
    package static let loopLag = "roost_event_loop_lag_seconds"
}
