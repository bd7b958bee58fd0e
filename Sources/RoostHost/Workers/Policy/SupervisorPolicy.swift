/// What the settings say about workers.
struct SupervisorPolicy: Sendable, Hashable {
    /// How many workers serve.
    var workers: Int
    /// How long a worker may take to start; nil for as long as it takes.
    var startupTimeout: Duration? = .seconds(60)
    /// How long a draining worker may take to finish its requests, counted from SIGTERM: a delay before it stops accepting is part of it.
    var gracefulTimeout: Duration = .seconds(30)
    /// How long the app's shutdown may take after that; nil for as long as it takes.
    var shutdownTimeout: Duration? = .seconds(60)
    /// A worker whose loops, or which itself, has not answered for this long is killed; nil for never.
    var timeout: Duration?
    /// A worker is replaced after this many requests.
    var maxRequests: Int?
    /// Each worker's `maxRequests` is raised by a random number up to this one.
    var maxRequestsJitter = 0
    /// A worker is replaced at this age, or up to a tenth earlier.
    var workerLifetime: Duration?
    /// A worker is replaced when it holds more memory than this.
    var maxResidentBytes: Int?
}
