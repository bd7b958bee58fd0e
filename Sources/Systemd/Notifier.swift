internal import CSystemd
internal import Glibc

/// Tells the service manager how this service is; the Swift face of sd_notify(3).
///
/// Where to send is read from `NOTIFY_SOCKET` at each call, as libsystemd does. Without the variable every call does nothing and says so.
/// Calls are safe from any thread as long as none changes the environment at the same time.
public struct Notifier: Sendable {
    /// What systemd reads of one datagram at most (`PIPE_BUF`); a longer one it drops whole.
    static let maximumMessageLength = 4096

    public init() {}

    /// Sends these states in one datagram, so that the manager sees all of them or none.
    ///
    /// - Parameter unsettingEnvironment: Whether `NOTIFY_SOCKET` is removed afterwards; every later call is then ``NotifyResult/notUnderSystemd``.
    /// - Returns: `.failed(EINVAL)` for no states at all, `.failed(EMSGSIZE)` for more than fits into one datagram.
    @discardableResult
    public func send(_ states: NotifyState..., unsettingEnvironment: Bool = false) -> NotifyResult {
        send(states, unsettingEnvironment: unsettingEnvironment)
    }

    /// Sends these states in one datagram, so that the manager sees all of them or none.
    @discardableResult
    public func send(_ states: [NotifyState], unsettingEnvironment: Bool = false) -> NotifyResult {
        let message = states.map(\.text).joined(separator: "\n")
        guard !message.isEmpty else { return .failed(errno: EINVAL) }
        guard message.utf8.count <= Self.maximumMessageLength else { return .failed(errno: EMSGSIZE) }
        return NotifyResult(returned: sd_notify(unsettingEnvironment ? 1 : 0, message))
    }

    /// Waits until the manager has read everything that was sent before; sd_notify_barrier(3). It blocks the calling thread.
    ///
    /// - Parameter timeout: How long to wait; nil waits for as long as it takes.
    /// - Returns: `.failed(ETIMEDOUT)` when the time is over first.
    @discardableResult
    public func barrier(timeout: Duration?) -> NotifyResult {
        NotifyResult(returned: sd_notify_barrier(0, timeout?.wholeMicroseconds ?? .max))
    }
}
