/// How a service is doing, as the admin socket tells it in JSON and `roost status` shows it.
struct ServiceStatus: Sendable, Hashable, Codable {
    enum Phase: String, Sendable, Codable {
        case starting, serving, reloading, draining, stopping
    }

    /// Roost's version.
    var version: String
    /// What is served.
    var app: String
    var phase: Phase
    /// Whether requests should be sent here.
    var ready: Bool
    /// The main process.
    var pid: Int32
    /// How long the main process has been running, in seconds.
    var uptime: Double
    /// The addresses that are listened on.
    var binds: [String]
    var connections: Int
    /// Those of them that speak HTTP/2, and WebSockets that are open, as of a second ago; nil of a service that does not tell yet.
    var http2Connections: Int?
    var webSockets: Int?
    /// Those that are served; nil of a service that does not tell yet.
    var certificates: [CertificateStatus]?
    var requestsInFlight: Int
    /// Requests since the main process started.
    var requests: Int
    /// Requests of these by class of status, such as `2xx`.
    var responses: [String: Int]
    /// Workers that were lost or replaced since the main process started.
    var restarts: Int
    /// From a request's head to the end of its response.
    var latency: Latency
    var workers: [WorkerStatus]
    /// Those whose app is running, the oldest first; not more than `RequestStatus.limit` of them from each worker.
    var inFlight: [RequestStatus]
}

/// How many requests have taken how long.
struct Latency: Sendable, Hashable, Codable {
    /// Upper bounds in seconds.
    var bounds: [Double] = MetricBuckets.bounds
    /// How many took up to each bound and longer than the one before it; at the end those that took longer than all.
    var counts: [Int] = Array(repeating: 0, count: MetricBuckets.bounds.count + 1)
    /// All of them together, in seconds.
    var sum: Double = 0

    init() {}

    init(_ value: MetricValue) {
        if let buckets = value.buckets, buckets.count == counts.count { counts = buckets.map { Int(exactly: $0.rounded()) ?? 0 } }
        sum = value.sum ?? 0
    }

    /// The time within which this part (0 to 1) of the requests ended, as far as the bounds tell; nil without requests.
    func quantile(_ part: Double) -> Double? {
        let total = counts.reduce(0, &+)
        guard total > 0 else { return nil }
        let rank = part * Double(total)
        var below = 0
        for (index, count) in counts.enumerated() where count > 0 {
            guard Double(below + count) >= rank else {
                below += count
                continue
            }
            guard bounds.indices.contains(index) else { return bounds.last }
            let lower = index == 0 ? 0 : bounds[index - 1]
            return lower + (bounds[index] - lower) * max(0, rank - Double(below)) / Double(count)
        }
        return bounds.last
    }
}

/// A certificate that clients get.
struct CertificateStatus: Sendable, Hashable, Codable {
    /// The file that it is in.
    var certfile: String
    var subject: String
    /// Its end, in seconds since 1970.
    var notAfter: Double
}

/// How one serving process is doing.
struct WorkerStatus: Sendable, Hashable, Codable {
    /// 1 for a service without a supervisor.
    var number: Int
    var pid: Int32?
    /// `starting`, `serving`, `draining` or `killed`.
    var state: String
    /// In seconds, since it was started.
    var age: Double
    var connections: Int
    var requestsInFlight: Int
    var requests: Int
    /// Resident memory in bytes.
    var memory: Int?
    /// For how many seconds its slowest event loop has not answered.
    var silence: Double
}

/// A request whose app is running.
struct RequestStatus: Sendable, Hashable, Codable {
    /// How many are told of each worker: enough to see what is stuck.
    static let limit = 100

    var id: String
    var worker: Int
    var method: String
    var path: String
    var client: String?
    /// In seconds.
    var age: Double
    /// The name of the Swift task that runs the app, if it has one.
    var task: String?
}
