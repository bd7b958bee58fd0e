/// A request whose application is running, as it is shown to operators.
package struct RequestInFlight: Sendable, Hashable {
    package var id: String
    package var method: String
    /// The target's path as it came, without the query, which may hold secrets.
    package var path: String
    /// The client's address, without a port; nil if it is not known.
    package var client: String?
    /// Since the request's head had arrived.
    package var age: Duration
    /// The name of the Swift task that runs the application, if it has one.
    package var task: String?
}

extension RequestInFlight {
    /// May be called on any thread, also while the application holds the loop.
    init(_ exchange: Exchange, at now: MonotonicTime) {
        let elapsed = now.nanoseconds > exchange.startTime.nanoseconds ? now.nanoseconds - exchange.startTime.nanoseconds : 0
        self.init(
            id: exchange.requestID.description, method: exchange.head.method, path: exchange.head.rawPath,
            client: exchange.client.address?.host, age: .nanoseconds(Int64(clamping: elapsed)),
            task: exchange.taskName)
    }
}
