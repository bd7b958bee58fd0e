/// What became of a message to the service manager: the three ways it can go.
public enum NotifyResult: Sendable, Hashable {
    /// Nobody asked to be told: `NOTIFY_SOCKET` is not set, and nothing was done.
    case notUnderSystemd
    /// The message was handed over. Whether the manager accepted it is not known; see ``Notifier/barrier(timeout:)``.
    case sent
    /// The message could not be handed over; a negative outcome of sd_notify(3) as a positive error number.
    case failed(errno: Int32)

    /// Reads the return value that libsystemd's notification calls share.
    init(returned value: Int32) {
        self = value > 0 ? .sent : value == 0 ? .notUnderSystemd : .failed(errno: 0 &- value)
    }
}
