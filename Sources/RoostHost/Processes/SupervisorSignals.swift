internal import Glibc
internal import Roost

/// The signals that a supervisor obeys.
final class SupervisorSignals {
    private let events: [(watch: SignalWatch, event: SupervisorEvent)]
    private let childWatch: SignalWatch
    private let dumpWatch: SignalWatch

    init() throws(SystemError) {
        var events: [(SignalWatch, SupervisorEvent)] = []
        let all: [([Int32], SupervisorEvent)] = [
            ([SIGTERM, SIGINT], .stop), ([SIGHUP], .reload), ([SIGUSR2], .upgrade), ([SIGUSR1], .reopenLogs), ([SIGTTIN], .scaleUp),
            ([SIGTTOU], .scaleDown),
        ]
        for (signals, event) in all { events.append((try SignalWatch(signals), event)) }
        self.events = events
        childWatch = try SignalWatch([SIGCHLD])
        dumpWatch = try SignalWatch([SIGQUIT])
    }

    var descriptors: [Int32] { events.map(\.watch.descriptor) + [children, dumpWatch.descriptor] }

    /// Readable when a child has ended.
    var children: Int32 { childWatch.descriptor }

    /// What was asked for; as often as it was, but for what makes no difference.
    func take(from ready: Set<Int32>) -> [SupervisorEvent] {
        events.filter { ready.contains($0.watch.descriptor) }.flatMap { watch, event in
            Array(repeating: event, count: min(watch.take(), 16))
        }
    }

    func takeChildren() -> Int { childWatch.take() }

    /// Whether it was asked what everybody is doing.
    func takeDump() -> Bool { dumpWatch.take() > 0 }

    /// Puts the earlier dispositions back.
    func stop() {
        for (watch, _) in events { watch.stop() }
        childWatch.stop()
        dumpWatch.stop()
    }
}
