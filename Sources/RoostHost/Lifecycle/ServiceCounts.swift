internal import Roost

/// How a server is doing at one moment.
struct ServiceCounts: Sendable, Equatable {
    var connections = 0
    var requestsInFlight = 0
    /// Requests since the server started.
    var requests = 0
    /// For how long the slowest event loop has not answered, and which one it is.
    var silence = LoopSilence()

    init(connections: Int = 0, requestsInFlight: Int = 0, requests: Int = 0, silence: LoopSilence = LoopSilence()) {
        self.connections = connections
        self.requestsInFlight = requestsInFlight
        self.requests = requests
        self.silence = silence
    }

    init(_ status: ServerStatus) {
        self.init(
            connections: status.connections, requestsInFlight: status.requestsInFlight, requests: status.requests, silence: status.silence())
    }
}
