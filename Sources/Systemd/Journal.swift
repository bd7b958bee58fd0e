internal import CLinux
internal import Glibc

/// The journal's native way in, for entries with fields of their own.
///
/// It is not that of libsystemd, because sd_journal_sendv(3) waits for as long as the journal takes nothing: one that hangs would stop whoever
/// logs. Calls are safe from any thread. One call is one entry.
public struct Journal: Sendable {
    /// Where the journal listens (systemd-journald.service(8)).
    public static let systemSocket = "/run/systemd/journal/socket"

    private let socket: JournalSocket

    public init() {
        socket = .system
    }

    /// - Parameter path: The socket to send to.
    init(path: String) {
        socket = JournalSocket(path)
    }

    /// Sends one entry with these fields, in their order; a name may come more than once.
    @discardableResult
    public func send(_ fields: [JournalField], patience: Duration = .zero) -> JournalResult {
        send(JournalEntry(fields), patience: patience)
    }

    /// Sends one entry. The time and everything that begins with `_`, such as the unit, is added by the journal.
    ///
    /// An entry larger than a datagram may be goes as a file in memory.
    ///
    /// - Parameter patience: How long to wait for the journal to have room.
    /// - Returns: `.failed(EINVAL)` for no fields at all, `.failed(EAGAIN)` if the journal had no room in time.
    @discardableResult
    public func send(_ entry: JournalEntry, patience: Duration = .zero) -> JournalResult {
        guard !entry.bytes.isEmpty else { return .failed(errno: EINVAL) }
        return socket.send(entry.bytes, patience: patience)
    }
}
