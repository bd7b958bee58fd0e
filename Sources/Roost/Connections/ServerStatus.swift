import Synchronization

/// Live counts of a serving process; may be read from any thread.
public final class ServerStatus: Sendable {
    /// One loop's share. Only the loop writes, so a plain load and store do.
    final class Loop: Sendable {
        fileprivate let connections = Atomic<Int>(0)
        fileprivate let requestsInFlight = Atomic<Int>(0)
        fileprivate let requests = Atomic<Int>(0)

        func setConnections(_ count: Int) {
            connections.store(count, ordering: .relaxed)
        }

        func requestStarted(inFlight: Int) {
            requestsInFlight.store(inFlight, ordering: .relaxed)
            requests.store(requests.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        }

        func requestEnded(inFlight: Int) {
            requestsInFlight.store(inFlight, ordering: .relaxed)
        }
    }

    let loops: [Loop]

    init(loopCount: Int) {
        loops = (0..<loopCount).map { _ in Loop() }
    }

    /// Connections that are open now.
    public var connections: Int { loops.reduce(0) { $0 + $1.connections.load(ordering: .relaxed) } }
    /// Requests whose application is running now.
    public var requestsInFlight: Int { loops.reduce(0) { $0 + $1.requestsInFlight.load(ordering: .relaxed) } }
    /// Requests that an application was started for, since the server started.
    public var requests: Int { loops.reduce(0) { $0 &+ $1.requests.load(ordering: .relaxed) } }
}
