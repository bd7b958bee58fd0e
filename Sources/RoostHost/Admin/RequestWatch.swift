internal import Glibc
internal import Logging
internal import Roost
internal import Synchronization

/// Tells the log of requests whose app is running: of slow ones by itself, of all when SIGQUIT asks. It has a thread of its own, so that it works
/// while the app holds its event loop.
final class RequestWatch: Sendable {
    private let monitor: ServerMonitor
    private let logger: Logger
    private let slow: SlowRequests?
    private let asked: SignalWatch
    private let hasEnded = Atomic(false)
    /// Called at the end of a dump.
    private let further = Mutex<[@Sendable (Logger) -> Void]>([])

    /// - Parameter limit: At what age a request is slow; nil for never.
    init(_ monitor: ServerMonitor, slowAfter limit: Duration?, logger: Logger) throws {
        self.monitor = monitor
        self.logger = logger
        slow = limit.map(SlowRequests.init)
        asked = try SignalWatch([SIGQUIT])
        try DetachedThread.start(named: "roost-requests") { self.watch() }
    }

    /// Has something else log what it is doing, at the end of each dump.
    func add(_ dump: @escaping @Sendable (Logger) -> Void) { further.withLock { $0.append(dump) } }

    func stop() {
        hasEnded.store(true, ordering: .relaxed)
        asked.wake()
    }

    private func watch() {
        var slow = slow
        let patience = slow.map { Int32(clamping: Int64($0.rhythm / .milliseconds(1))) } ?? -1
        while !hasEnded.load(ordering: .relaxed) {
            var polled = pollfd(fd: asked.descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&polled, 1, patience)
            if hasEnded.load(ordering: .relaxed) { return }
            if count > 0, asked.take() > 0 { dump() }
            for request in slow?.due(monitor.requests()) ?? [] {
                logger.warning("slow request: it has been running for \(StatusScreen.time(request.age))", metadata: Self.metadata(request))
            }
        }
    }

    private func dump() {
        let (counts, requests) = (monitor.counts(), monitor.requests())
        let silence = counts.silence.loop.map { "; \($0) has not answered for \(counts.silence.duration.roughText)" } ?? ""
        logger.notice(
            "dump: \(counts.requestsInFlight) requests in flight, \(counts.connections) connections\(silence)",
            metadata: ["requests": "\(counts.requestsInFlight)", "connections": "\(counts.connections)"])
        for request in requests {
            logger.notice("in flight: it has been running for \(StatusScreen.time(request.age))", metadata: Self.metadata(request))
        }
        if requests.count < counts.requestsInFlight { logger.notice("in flight: the \(requests.count) oldest were shown") }
        for dump in further.withLock(\.self) { dump(logger) }
    }

    private static func metadata(_ request: RequestStatus) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request_id": "\(request.id)", "method": "\(request.method)", "path": "\(request.path)", "client": "\(request.client ?? "unix")",
        ]
        if let task = request.task { metadata["task"] = "\(task)" }
        return metadata
    }
}
