import CoreMetrics
import Synchronization

/// Live counts of a serving process; may be read from any thread.
public final class ServerStatus: Sendable {
    /// One loop's share. Only the loop writes, so a plain load and store do.
    final class Loop: Sendable {
        fileprivate let connections = Atomic<Int>(0)
        fileprivate let requestsInFlight = Atomic<Int>(0)
        fileprivate let requests = Atomic<Int>(0)
        /// Of `connections` and `requestsInFlight`, those of HTTP/2.
        fileprivate let http2Connections = Atomic<Int>(0)
        fileprivate let http2Requests = Atomic<Int>(0)
        /// Connections of HTTP/2 with a request under way.
        fileprivate let activeHTTP2Connections = Atomic<Int>(0)
        fileprivate let webSockets = Atomic<Int>(0)
        /// When the loop was asked to answer, in nanoseconds of the monotonic clock; 0 once it has.
        private let askedAt = Atomic<UInt64>(0)
        private let owner = Mutex<(loop: LoopExecutor?, lags: Timer?)>((nil, nil))
        /// Those whose application is running.
        let exchanges = ExchangeRegister()

        func setConnections(_ count: Int) {
            connections.store(count, ordering: .relaxed)
        }

        /// There are so many more connections and requests of HTTP/2 than before; fewer if that is negative.
        func countHTTP2(connections: Int = 0, active: Int = 0, requests: Int = 0) {
            if connections != 0 { http2Connections.wrappingAdd(connections, ordering: .relaxed) }
            if active != 0 { activeHTTP2Connections.wrappingAdd(active, ordering: .relaxed) }
            if requests != 0 { http2Requests.wrappingAdd(requests, ordering: .relaxed) }
        }

        func webSocketOpened() { webSockets.wrappingAdd(1, ordering: .relaxed) }
        func webSocketEnded() { webSockets.wrappingSubtract(1, ordering: .relaxed) }

        func requestStarted(inFlight: Int) {
            requestsInFlight.store(inFlight, ordering: .relaxed)
            requests.store(requests.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        }

        func requestEnded(inFlight: Int) {
            requestsInFlight.store(inFlight, ordering: .relaxed)
        }

        /// The loop that these counts are of.
        ///
        /// - Parameter lags: Is told how long the loop takes to answer.
        func belongs(to loop: LoopExecutor, lags: Timer?) {
            owner.withLock { $0 = (loop, lags) }
        }

        /// How long the loop has been owing an answer; asks for the next one if it owes none.
        fileprivate func silence(at now: MonotonicTime) -> Duration {
            let askedAt = askedAt.load(ordering: .acquiring)
            guard askedAt == 0 else { return .nanoseconds(Int64(clamping: now.nanoseconds &- min(askedAt, now.nanoseconds))) }
            let (owner, lags) = owner.withLock(\.self)
            guard let loop = owner else { return .zero }
            self.askedAt.store(max(1, now.nanoseconds), ordering: .releasing)
            loop.execute {
                self.askedAt.store(0, ordering: .releasing)
                lags?.recordNanoseconds(Int64(clamping: MonotonicTime.now().nanoseconds &- now.nanoseconds))
            }
            return .zero
        }
    }

    let loops: [Loop]
    /// What a loop is called where several are.
    private let loopName: String
    private let gauges: ServerGauges?

    /// - Parameter metrics: Makes the gauges of `sampleMetrics`.
    init(loopCount: Int, loopName: String = "event loop", metrics: (any MetricsFactory)? = nil) {
        loops = (0..<loopCount).map { _ in Loop() }
        self.loopName = loopName
        gauges = metrics.map(ServerGauges.init)
    }

    /// Brings those metrics up to date that tell how things are now. To be called again and again.
    package func sampleMetrics() {
        guard let gauges else { return }
        _ = silence()
        let requestsInFlight = requestsInFlight
        let http2 = (connections: sum { $0.http2Connections.load(ordering: .relaxed) }, active: sum { $0.activeHTTP2Connections.load(ordering: .relaxed) })
        let http2Requests = sum { $0.http2Requests.load(ordering: .relaxed) }
        gauges.set(
            http1: (connections - http2.connections, requestsInFlight - http2Requests), http2: http2, requestsInFlight: requestsInFlight,
            webSockets: webSockets)
    }

    /// The oldest requests whose application is running, so many of them; also if the loop does not answer.
    package func oldestRequests(_ count: Int) -> [RequestInFlight] {
        let now = MonotonicTime.now()
        let oldest = loops.flatMap { $0.exchanges.oldest(count, at: now) }
        return loops.count == 1 ? oldest : Array(oldest.sorted { $0.age > $1.age }.prefix(count))
    }

    /// Asks every loop for a sign of life, and says for how long the slowest has been owing one. To be called again and again.
    package func silence() -> LoopSilence {
        let now = MonotonicTime.now()
        var longest = LoopSilence()
        for (index, loop) in loops.enumerated() {
            let silence = loop.silence(at: now)
            if silence > longest.duration { longest = LoopSilence(duration: silence, loop: loops.count > 1 ? "\(loopName) \(index + 1)" : loopName) }
        }
        return longest
    }

    /// Connections that are open now.
    public var connections: Int { sum { $0.connections.load(ordering: .relaxed) } }
    /// Requests whose application is running now.
    public var requestsInFlight: Int { sum { $0.requestsInFlight.load(ordering: .relaxed) } }
    /// Requests that an application was started for, since the server started.
    public var requests: Int { sum { $0.requests.load(ordering: .relaxed) } }
    /// WebSockets that are open now.
    public var webSockets: Int { sum { $0.webSockets.load(ordering: .relaxed) } }

    private func sum(_ count: (Loop) -> Int) -> Int { loops.reduce(0) { $0 &+ count($1) } }
}

/// How long an event loop has not answered.
package struct LoopSilence: Sendable, Hashable {
    package var duration: Duration
    /// Which one it is; nil if all have answered.
    package var loop: String?

    package init(duration: Duration = .zero, loop: String? = nil) {
        self.duration = duration
        self.loop = loop
    }
}
