/// Decides which of the requests that are running an operator is told of: each once it is older than the limit, and again when its age has doubled.
struct SlowRequests: Sendable {
    /// In seconds.
    let limit: Double
    /// When each is told of next, by its id.
    private var next: [String: Double] = [:]

    init(limit: Duration) { self.limit = limit / .seconds(1) }

    /// How often to look: a request is told of soon after it is due.
    var rhythm: Duration { .seconds(min(max(limit / 4, 0.05), 1)) }

    /// - Parameter requests: All that are running, or the oldest of them.
    /// - Returns: Those to tell of now.
    mutating func due(_ requests: [RequestStatus]) -> [RequestStatus] {
        var still: [String: Double] = [:]
        var due: [RequestStatus] = []
        for request in requests where request.age >= limit {
            var time = next[request.id] ?? limit
            if request.age >= time {
                due.append(request)
                while time <= request.age { time *= 2 }
            }
            still[request.id] = time
        }
        next = still
        return due
    }
}
