import CLinux
import Glibc

/// What begins a graceful shutdown of `serve`, besides cancellation of the task that called it.
public struct ShutdownTrigger: Sendable {
    enum Kind: Sendable {
        case signals([Int32])
        case never
        case returns(@Sendable () async throws -> Void)
    }

    let kind: Kind

    /// Shutdown begins when one of these signals comes; a second one cuts what is still in flight.
    ///
    /// The signals' earlier dispositions are put back when `serve` returns. Default: SIGINT and SIGTERM.
    public static func onSignals(_ signals: Int32...) -> ShutdownTrigger {
        ShutdownTrigger(kind: .signals(signals.isEmpty ? [SIGINT, SIGTERM] : signals))
    }

    /// Nothing but cancellation begins a shutdown; signals are left alone.
    public static var never: ShutdownTrigger { ShutdownTrigger(kind: .never) }

    /// Shutdown begins when `trigger` returns; what it throws is thrown by `serve`, after the shutdown.
    public static func when(_ trigger: @escaping @Sendable () async throws -> Void) -> ShutdownTrigger {
        ShutdownTrigger(kind: .returns(trigger))
    }
}
