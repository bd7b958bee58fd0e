internal import Roost

/// How long the settings let each phase of `serve` last.
struct PhaseTimeouts: Sendable {
    var startup: Duration?
    var draining: Duration?
    var shutdown: Duration?

    init(_ config: Config) {
        startup = config.startupTimeout
        draining = config.drainDelay + config.gracefulTimeout
        shutdown = config.shutdownTimeout
    }

    /// Whether the service manager waits for the end of this phase.
    func isWaiting(_ phase: ServePhase) -> Bool {
        if case .serving = phase { false } else { true }
    }

    /// Nil: as long as it takes.
    func limit(_ phase: ServePhase) -> Duration? {
        switch phase {
        case .starting: startup
        case .serving: nil
        case .draining: draining
        case .stopping: shutdown
        }
    }
}
