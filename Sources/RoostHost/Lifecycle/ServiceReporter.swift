internal import Roost
internal import Synchronization
internal import Systemd

/// Tells the service manager what a call of `serve` is doing: READY, STATUS, STOPPING, and that it needs more time.
///
/// Every message is sent with the lock held and only while its phase lasts, so that none overtakes a later one.
final class ServiceReporter: Sendable {
    /// How often the manager hears from each phase. While the service waits for something, the manager is asked for
    /// `extension` more time at each beat, so that its own timeout never cuts short what the settings allow.
    struct Rhythm: Sendable {
        var waiting: Duration = .seconds(1)
        var serving: Duration = .seconds(5)
        /// Ten beats: a busy machine may delay some.
        var `extension`: Duration = .seconds(10)
    }

    private struct State {
        var phase: ServePhase = .starting
        /// Keeps the manager informed while a phase lasts.
        var beat: Task<Void, Never>?
        var lastStatus = ""
        var isReady = false
        /// Whether there is a service manager; without one nothing more is done.
        var isHeard = true
        var isFinished = false
    }

    private let state = Mutex(State())
    private let send: @Sendable ([NotifyState]) -> NotifyResult
    private let timeouts: PhaseTimeouts
    private let rhythm: Rhythm

    init(
        timeouts: PhaseTimeouts,
        rhythm: Rhythm = Rhythm(),
        send: @escaping @Sendable ([NotifyState]) -> NotifyResult = { Notifier().send($0) }
    ) {
        self.timeouts = timeouts
        self.rhythm = rhythm
        self.send = send
    }

    /// The server goes from one phase to the next; `counts` is read for as long as the phase lasts.
    func entered(_ phase: ServePhase, _ counts: @escaping @Sendable () -> ServiceCounts) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.phase = phase
            state.beat?.cancel()
            state.beat = nil
            switch phase {
            case .starting:
                send(&state, [.extendTimeout(rhythm.extension)], status(phase, counts()))
            case .serving:
                // The first time `ready` has said it already.
                if state.isReady { send(&state, [], status(phase, counts())) }
            case .draining, .stopping:
                send(&state, [.stopping, .extendTimeout(rhythm.extension)], status(phase, counts()))
            }
            guard state.isHeard else { return }
            state.beat = Task { [weak self] in await self?.keepInformed(phase, counts) }
        }
    }

    /// The app is up and every address is listened on.
    func ready(_ binds: [BoundAddress]) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isReady = true
            send(&state, [.ready], ServiceStatusText.serving(binds: binds.count, connections: 0))
        }
    }

    /// Serving is over; `failure` says why, if it was not asked for.
    func finished(_ status: ExitStatus, failure: String? = nil, errno: Int32? = nil) {
        state.withLock { state in
            state.beat?.cancel()
            state.beat = nil
            if let failure {
                let text = state.isReady ? "failed: \(failure)" : "startup failed: \(failure)"
                send(&state, (errno.map { [.errno($0)] } ?? []) + [.exitStatus(status.rawValue)], text)
            } else {
                send(&state, state.phase == .starting ? [.stopping] : [], "stopped")
            }
            state.isFinished = true
        }
    }

    private func keepInformed(_ phase: ServePhase, _ counts: @Sendable () -> ServiceCounts) async {
        let isWaiting = timeouts.isWaiting(phase)
        var waited = Duration.zero
        let beat = isWaiting ? rhythm.waiting : rhythm.serving
        while !Task.isCancelled {
            do { try await Task.sleep(for: beat) } catch { return }
            waited += beat
            state.withLock { state in
                guard !Task.isCancelled, !state.isFinished, state.phase == phase else { return }
                let status = status(phase, counts())
                if isWaiting, timeouts.limit(phase).map({ waited <= $0 }) ?? true {
                    send(&state, [.extendTimeout(rhythm.extension)], status)
                } else if status != state.lastStatus {
                    send(&state, [], status)
                }
            }
        }
    }

    private func status(_ phase: ServePhase, _ counts: ServiceCounts) -> String {
        switch phase {
        case .starting: "starting"
        case .serving(let binds): ServiceStatusText.serving(binds: binds.count, connections: counts.connections)
        case .draining: ServiceStatusText.draining(requests: counts.requestsInFlight)
        case .stopping: "stopping"
        }
    }

    private func send(_ state: inout State, _ states: [NotifyState], _ status: String) {
        let isNew = status != state.lastStatus
        guard state.isHeard, isNew || !states.isEmpty else { return }
        state.lastStatus = status
        state.isHeard = send(states + (isNew ? [.status(status)] : [])) != .notUnderSystemd
    }
}
