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

    /// Has the manager keep descriptors over a restart of the service, for which it passes them on as it does sockets (`FDSTORE=1`,
    /// `FileDescriptorStoreMax=`). One that it has already is not kept twice, and none is given up because its other end was closed (`FDPOLL=0`).
    ///
    /// - Parameter name: What they are called then: at most 255 printable ASCII characters without a colon.
    @discardableResult
    public func store(_ descriptors: [Int32], name: String) -> NotifyResult {
        NotifyResult(returned: sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDPOLL=0\nFDNAME=\(name)", descriptors, UInt32(descriptors.count)))
    }

    /// Has the manager keep the descriptors of this name no longer (`FDSTOREREMOVE=1`).
    @discardableResult
    public func removeStored(name: String) -> NotifyResult {
        NotifyResult(returned: sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=\(name)"))
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
