internal import Glibc
internal import Roost
internal import Synchronization

/// What is known of the server in this process while it serves.
final class ServerMonitor: ServiceView {
    private struct State {
        var phase: ServePhase = .starting
        var binds: [BoundAddress] = []
        var server: ServerStatus?
        /// A successor is starting.
        var isReloading = false
    }

    /// Whether somebody outside of the process sees this.
    let isShown: Bool
    private let app: String
    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// - Parameter app: What is served.
    init(app: String, isShown: Bool) {
        self.app = app
        self.isShown = isShown
    }

    /// The server goes from one phase to the next; `server` is read, on any thread, for as long as the phase lasts.
    func entered(_ phase: ServePhase, _ server: ServerStatus?) {
        state.withLock { state in
            state.phase = phase
            if let server { state.server = server }
            if case .serving(let binds) = phase { state.binds = binds }
        }
    }

    /// A successor is starting, or has failed to.
    func reloading(_ isReloading: Bool) { state.withLock { $0.isReloading = isReloading } }

    /// How it is doing; nothing before it serves.
    func counts() -> ServiceCounts {
        state.withLock(\.server).map(ServiceCounts.init) ?? ServiceCounts()
    }

    /// The oldest requests whose app is running, as those of worker 1: who has several knows better.
    func requests() -> [RequestStatus] {
        (state.withLock(\.server)?.oldestRequests(RequestStatus.limit) ?? []).map { request in
            RequestStatus(
                id: request.id, worker: 1, method: request.method, path: request.path, client: request.client,
                age: request.age / .seconds(1), task: request.task)
        }
    }

    /// The metrics of this process alone.
    func ownMetrics() -> MetricsSnapshot {
        state.withLock(\.server)?.sampleMetrics()
        var metrics = MetricsRegistry.shared.snapshot()
        ProcessFigures.add(to: &metrics)
        return metrics
    }

    // MARK: A service without a supervisor

    func status() -> ServiceStatus {
        let state = state.withLock(\.self)
        let counts = counts()
        let phase = Self.phase(state)
        let age = (ContinuousClock.now - start) / .seconds(1)
        var status = ServiceStatus(
            version: roostVersion, app: app, phase: phase, ready: phase == .serving || phase == .reloading, pid: getpid(), uptime: age,
            binds: state.binds.map(\.description), connections: counts.connections, requestsInFlight: counts.requestsInFlight,
            requests: counts.requests, responses: [:], restarts: 0, latency: Latency(),
            workers: [
                WorkerStatus(
                    number: 1, pid: getpid(), state: phase == .reloading ? "serving" : phase.rawValue, age: age, connections: counts.connections,
                    requestsInFlight: counts.requestsInFlight, requests: counts.requests, memory: ProcessMemory.resident(of: getpid()),
                    silence: counts.silence.duration / .seconds(1))
            ],
            inFlight: requests())
        status.count(MetricsRegistry.shared.snapshot())
        return status
    }

    func metrics() -> MetricsSnapshot {
        var metrics = ownMetrics()
        status().describe(in: &metrics)
        return metrics
    }

    private static func phase(_ state: State) -> ServiceStatus.Phase {
        switch state.phase {
        case .starting: .starting
        case .serving: state.isReloading ? .reloading : .serving
        case .draining: .draining
        case .stopping: .stopping
        }
    }
}
