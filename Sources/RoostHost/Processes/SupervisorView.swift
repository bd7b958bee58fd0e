internal import Glibc
internal import Roost
internal import Synchronization

/// What the admin socket shows of a service with a supervisor: what its thread has put here last.
final class SupervisorView: ServiceView {
    struct Worker: Sendable {
        var number: Int
        var pid: Int32?
        var state: String
        var started: ContinuousClock.Instant
        var report: WorkerReport
        /// When it last gave a sign of life.
        var heard: ContinuousClock.Instant
        var observation: WorkerObservation
    }

    struct Board: Sendable {
        var phase: ServiceStatus.Phase = .starting
        var ready = false
        var binds: [String] = []
        var workers: [Worker] = []
        /// Of workers that are gone.
        var pastRequests = 0
        var pastMetrics = MetricsSnapshot()
        var restarts = 0
    }

    private let app: String
    private let start = ContinuousClock.now
    private let board = Mutex(Board())

    init(app: String) { self.app = app }

    func show(_ board: Board) { self.board.withLock { $0 = board } }

    func status() -> ServiceStatus {
        let board = board.withLock(\.self)
        let now = ContinuousClock.now
        let workers = board.workers.map { worker in
            WorkerStatus(
                number: worker.number, pid: worker.pid, state: worker.state, age: (now - worker.started) / .seconds(1),
                connections: worker.report.connections, requestsInFlight: worker.report.requestsInFlight, requests: worker.report.requests,
                memory: worker.pid.flatMap { ProcessMemory.resident(of: $0) }, silence: Self.silence(of: worker, at: now) / .seconds(1))
        }
        let requests = board.workers.flatMap { worker in
            worker.observation.requests.map { request in
                var request = request
                request.worker = worker.number
                // What was told a while ago has become older since.
                request.age += (now - worker.heard) / .seconds(1)
                return request
            }
        }
        var status = ServiceStatus(
            version: roostVersion, app: app, phase: board.phase, ready: board.ready, pid: getpid(), uptime: (now - start) / .seconds(1),
            binds: board.binds, connections: workers.reduce(0) { $0 &+ $1.connections },
            requestsInFlight: workers.reduce(0) { $0 &+ $1.requestsInFlight }, requests: workers.reduce(board.pastRequests) { $0 &+ $1.requests },
            responses: [:], restarts: board.restarts, latency: Latency(), workers: workers,
            inFlight: requests.sorted { $0.age > $1.age })
        status.count(Self.metrics(board))
        return status
    }

    func metrics() -> MetricsSnapshot {
        var metrics = Self.metrics(board.withLock(\.self))
        var own = MetricsSnapshot()
        ProcessFigures.add(to: &own)
        metrics.add(own)
        status().describe(in: &metrics)
        return metrics
    }

    private static func metrics(_ board: Board) -> MetricsSnapshot {
        board.workers.reduce(into: board.pastMetrics) { $0.add($1.observation.metrics) }
    }

    /// A worker that says nothing is as silent as its slowest loop.
    private static func silence(of worker: Worker, at now: ContinuousClock.Instant) -> Duration {
        guard worker.state == "serving" else { return .zero }
        // It speaks once a second.
        return max(worker.report.silence, now - worker.heard - .seconds(1), .zero)
    }
}
