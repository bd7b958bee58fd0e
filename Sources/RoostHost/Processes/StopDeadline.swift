internal import Glibc
internal import Logging
internal import Roost
internal import Synchronization

/// Ends a process that was told to stop, and whose app holds the thread on which that would be done: a WSGI app with one thread while it waits for
/// something, or an event loop that somebody blocks. A supervisor does the same to its workers.
final class StopDeadline: Sendable {
    private struct State {
        /// Until when the process has time; nil while nobody has told it to stop, or if it may take as long as it likes.
        var deadline: ContinuousClock.Instant?
        var signals = 0
        /// How often the descriptor was made readable by no signal.
        var wakes = 0
        var hasEnded = false
    }

    /// What the process gets beyond its own limits, so that it can keep them by itself: requests that are cut off, and what the app leaves running,
    /// have a moment each to end.
    private static let slack = Duration.seconds(5)

    private let watch: SignalWatch
    private let state = Mutex(State())
    private let timeouts: PhaseTimeouts
    private let logger: Logger

    /// - Parameter end: Ends the process; called on a thread of its own.
    init(_ timeouts: PhaseTimeouts, _ logger: Logger, end: @escaping @Sendable () -> Void) throws {
        self.timeouts = timeouts
        self.logger = logger
        watch = try SignalWatch([SIGINT, SIGTERM])
        try DetachedThread.start(named: "roost-stop") { [self] in
            if attend() { end() }
            watch.stop()
        }
    }

    /// The server has gone on to its next phase, by itself.
    func entered(_ phase: ServePhase) {
        guard case .stopping = phase else { return }
        change { state in
            guard state.signals < 2 else { return }
            state.deadline = timeouts.shutdown.map { .now + $0 + Self.slack }
        }
    }

    /// Watches no more.
    func stop() { change { $0.hasEnded = true } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            body(&state)
            state.wakes += 1
            watch.wake()
        }
    }

    /// True once the deadline has passed, false if there is nothing to watch any more.
    private func attend() -> Bool {
        while true {
            let deadline = state.withLock(\.deadline)
            var polled = pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0)
            // Rounded up: a millisecond early is one more round.
            let patience = deadline.map { Int32(clamping: max(0, Int64(ContinuousClock.now.duration(to: $0) / .milliseconds(1)) + 1)) }
            poll(&polled, 1, patience ?? -1)
            let (hasEnded, isOverdue) = state.withLock { state in
                note(watch.take(), &state)
                return (state.hasEnded, state.deadline.map { $0 <= .now } ?? false)
            }
            if hasEnded { return false }
            guard isOverdue else { continue }
            logger.error("the app holds the thread that is to end the process: it is ended all the same, and requests in flight are cut")
            return true
        }
    }

    private func note(_ count: Int, _ state: inout State) {
        let signals = count - state.wakes
        state.wakes = 0
        guard signals > 0 else { return }
        let before = state.signals
        state.signals += signals
        if before == 0 { state.deadline = timeouts.draining.map { .now + $0 + Self.slack } }
        if state.signals > 1 { state.deadline = min(state.deadline ?? .now + Self.slack, .now + Self.slack) }
    }
}
