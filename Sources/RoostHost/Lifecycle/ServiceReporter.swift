internal import Logging
internal import Roost
internal import Synchronization
internal import Systemd

/// Tells the service manager what a call of `serve` is doing: READY, STATUS, STOPPING, that it needs more time, and that its event loops answer.
///
/// Every message is sent with the lock held and only while its phase lasts, so that none overtakes a later one.
final class ServiceReporter: LifeReporter {
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
        /// Answers for the event loops from READY on, if that is asked for.
        var pulse: Task<Void, Never>?
        var lastStatus = ""
        /// What went wrong and is over, while the service goes on.
        var note: String?
        /// A successor is starting, for which the manager waits.
        var isReloading = false
        /// The event loop that does not answer.
        var silent: String?
        var isReady = false
        /// Whether there is a service manager; without one nothing more is done.
        var isHeard = true
        var isFinished = false

        /// Ends the rest.
        mutating func silence() {
            beat?.cancel()
            beat = nil
            pulse?.cancel()
            pulse = nil
            isFinished = true
        }
    }

    private let state = Mutex(State())
    private let manager: ServiceManager
    private let timeouts: PhaseTimeouts
    private let rhythm: Rhythm
    private let watchdog: Duration?
    private let logger: Logger?

    /// - Parameters:
    ///   - watchdog: How often the manager expects a sign of life at least; nil for never.
    ///   - logger: Where an event loop is named that does not answer.
    init(
        timeouts: PhaseTimeouts,
        rhythm: Rhythm = Rhythm(),
        watchdog: Duration? = Watchdog.interval,
        logger: Logger? = nil,
        manager: ServiceManager? = nil
    ) {
        self.timeouts = timeouts
        self.rhythm = rhythm
        self.watchdog = watchdog
        self.logger = logger
        self.manager = manager ?? ServiceManager(logger: logger)
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
            if case .serving = phase, let watchdog, state.pulse == nil {
                state.pulse = Task { [weak self] in await self?.keepAnswering(within: watchdog, counts) }
            }
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

    /// A successor is being started.
    func reloading() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.note = nil
            state.isReloading = true
            send(&state, [.reloading, .extendTimeout(rhythm.extension)], Self.reloading)
        }
    }

    /// No successor came up: this process goes on.
    func reloadFailed(_ reason: String) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isReloading = false
            state.note = "reload failed: \(reason)"
            send(&state, [.ready], state.note ?? "")
        }
    }

    /// The successor is the service from here on. Nothing more is said in this one's name.
    func handedOver(to process: Int32) {
        state.withLock { state in
            guard !state.isFinished else { return }
            send(&state, [.mainPID(process), .ready], "reloaded")
            state.silence()
        }
    }

    /// Serving is over; `failure` says why, if it was not asked for.
    @discardableResult
    func finished(_ status: ExitStatus, failure: String? = nil, errno: Int32? = nil) -> Bool {
        state.withLock { state in
            guard !state.isFinished else { return }
            if let failure {
                let text = state.isReady ? "failed: \(failure)" : "startup failed: \(failure)"
                send(&state, (errno.map { [.errno($0)] } ?? []) + [.exitStatus(status.rawValue)], text)
            } else {
                send(&state, state.phase == .starting ? [.stopping] : [], "stopped")
            }
            state.silence()
        }
        return false
    }

    /// Tells the manager at half of the time that it gives, as long as every event loop has answered within that half.
    private func keepAnswering(within limit: Duration, _ counts: @Sendable () -> ServiceCounts) async {
        let half = limit / 2
        // Several looks within that time: a loop that answers late should not miss its turn.
        let look = half / 4
        var last = ContinuousClock.now - half
        while !Task.isCancelled {
            let silence = counts().silence
            state.withLock { state in
                guard !Task.isCancelled, !state.isFinished else { return }
                if let loop = silence.loop, silence.duration > half {
                    let isNew = state.silent == nil
                    state.silent = "\(loop) has not answered for \(silence.duration.components.seconds) s"
                    if isNew { logger?.error("\(state.silent ?? ""); the watchdog is not fed until it does") }
                    send(&state, [], state.silent ?? "")
                    return
                }
                if state.silent != nil { logger?.notice("every event loop answers again") }
                state.silent = nil
                guard ContinuousClock.now - last >= half else { return }
                last = ContinuousClock.now
                send(&state, [.watchdog], nil)
            }
            do { try await Task.sleep(for: look) } catch { return }
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
                if state.isReloading { return send(&state, [.extendTimeout(rhythm.extension)], state.silent ?? Self.reloading) }
                let status = (state.silent ?? state.note.map { "\(self.status(phase, counts())); \($0)" }) ?? self.status(phase, counts())
                if isWaiting, timeouts.limit(phase).map({ waited <= $0 }) ?? true {
                    send(&state, [.extendTimeout(rhythm.extension)], status)
                } else if status != state.lastStatus {
                    send(&state, [], status)
                }
            }
        }
    }

    private static let reloading = "reloading"

    private func status(_ phase: ServePhase, _ counts: ServiceCounts) -> String {
        switch phase {
        case .starting: "starting"
        case .serving(let binds): ServiceStatusText.serving(binds: binds.count, connections: counts.connections)
        case .draining: ServiceStatusText.draining(requests: counts.requestsInFlight)
        case .stopping: "stopping"
        }
    }

    /// - Parameter status: Nil leaves it as it is.
    private func send(_ state: inout State, _ states: [NotifyState], _ status: String?) {
        let new = status != state.lastStatus ? status : nil
        guard state.isHeard, new != nil || !states.isEmpty else { return }
        if let new { state.lastStatus = new }
        state.isHeard = manager.send(states + (new.map { [.status($0)] } ?? [])) != .notUnderSystemd
    }
}
