/// What a worker tells its supervisor over the control socket. The supervisor answers by signals only.
enum WorkerMessage: Sendable, Hashable {
    /// The app is up and these addresses, as they are shown to operators, are listened on.
    case started(addresses: [String])
    /// Sent again and again from the start on. Its absence tells as much as it does.
    case alive(WorkerReport)
    /// Sent with it, if the service can be looked at from outside.
    case observed(WorkerObservation)
    /// Nothing more is accepted; requests in flight are being finished.
    case draining
    /// The worker is about to end because of an error.
    ///
    /// - `status`: What it will exit with, 1 to 255.
    /// - `errno`: The number of the error behind it, if there is one.
    /// - `reason`: Why, for the operator.
    case failed(status: Int32, errno: Int32?, reason: String)
    /// Everything is done, the app's shutdown too; the worker is about to exit.
    case finished
}

/// How a worker is doing.
struct WorkerReport: Sendable, Hashable {
    /// Open connections.
    var connections = 0
    var requestsInFlight = 0
    /// All requests since the worker's start.
    var requests = 0
    /// For how long the slowest of its event loops has not answered.
    var silence: Duration = .zero
    /// That loop's name, if its silence matters.
    var silentLoop: String?
}
