internal import Roost
internal import Synchronization

/// Tells the process that has started this one about the life of the server here.
///
/// A successor is the service once it was promoted: from then on it tells the service manager instead.
final class ParentReporter: LifeReporter {
    private struct State {
        var phase: ServePhase = .starting
        var counts: @Sendable () -> ServiceCounts = { ServiceCounts() }
        var beat: Task<Void, Never>?
        var isPromoted = false
    }

    /// How often the parent hears that the server is alive.
    private static let rhythm = Duration.seconds(1)

    private let channel: ParentChannel
    private let service: ServiceReporter
    private let monitor: ServerMonitor
    private let state = Mutex(State())

    /// - Parameter service: Tells the service manager after a promotion.
    init(_ channel: ParentChannel, service: ServiceReporter, monitor: ServerMonitor) {
        self.channel = channel
        self.service = service
        self.monitor = monitor
    }

    func entered(_ phase: ServePhase, _ counts: @escaping @Sendable () -> ServiceCounts) {
        let isPromoted = state.withLock { state in
            state.phase = phase
            state.counts = counts
            guard !state.isPromoted else { return true }
            if state.beat == nil { state.beat = Task { [weak self] in await self?.keepInformed() } }
            return false
        }
        if isPromoted { return service.entered(phase, counts) }
        if phase == .draining { channel.send(.draining) }
    }

    func ready(_ binds: [BoundAddress]) {
        channel.send(.started(addresses: binds.map(\.description)))
    }

    @discardableResult
    func finished(_ status: ExitStatus, failure: String?, errno: Int32?) -> Bool {
        let isPromoted = state.withLock { state in
            state.beat?.cancel()
            return state.isPromoted
        }
        if isPromoted { return service.finished(status, failure: failure, errno: errno) }
        observe()
        guard let failure else { return channel.send(.finished) }
        return channel.send(.failed(status: status.rawValue, errno: errno, reason: failure))
    }

    var isPromoted: Bool { state.withLock(\.isPromoted) }

    /// The predecessor has told the service manager that this process is the service.
    func promoted() {
        let (phase, counts) = state.withLock { state in
            state.isPromoted = true
            state.beat?.cancel()
            return (state.phase, state.counts)
        }
        if case .serving(let binds) = phase { service.ready(binds) }
        service.entered(phase, counts)
    }

    /// Tells what the parent shows of this process, if it shows anything.
    private func observe() {
        guard monitor.isShown else { return }
        channel.send(.observed(WorkerObservation(requests: monitor.requests(), metrics: monitor.ownMetrics())))
    }

    private func keepInformed() async {
        while !Task.isCancelled {
            let counts = state.withLock(\.counts)()
            let report = WorkerReport(
                connections: counts.connections, requestsInFlight: counts.requestsInFlight, requests: counts.requests,
                silence: counts.silence.duration, silentLoop: counts.silence.loop)
            guard channel.send(.alive(report)) else { return }
            observe()
            do { try await Task.sleep(for: Self.rhythm) } catch { return }
        }
    }
}
