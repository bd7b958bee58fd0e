/// Notices that a service has had nothing to do for a while.
struct IdleWatch: Sendable {
    private let limit: Duration
    private var requests = 0
    private var since: Duration?

    /// - Parameter limit: How long that must be.
    init(_ limit: Duration) { self.limit = limit }

    /// Whether there has been no connection and no new request for so long.
    ///
    /// - Parameter requests: All that there have been.
    mutating func isOver(connections: Int, requests: Int, at now: Duration) -> Bool {
        guard connections == 0, requests == self.requests, let since else {
            self.requests = requests
            since = connections == 0 ? now : nil
            return false
        }
        return now - since >= limit
    }
}
