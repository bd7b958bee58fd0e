internal import Glibc

/// How log lines look, by where standard error goes.
public enum LogStyle: Sendable, Hashable {
    /// Time, level, message.
    case plain
    /// The same in colour, for a terminal.
    case coloured
    /// A syslog priority and the message; the journal itself keeps the time.
    case journal

    /// What suits this process's standard error. It is found out once.
    public static let current = LogStyle(
        journalStream: getenv("JOURNAL_STREAM").map { String(cString: $0) },
        isTerminal: isatty(STDERR_FILENO) == 1,
        refusesColour: getenv("NO_COLOR").map { $0.pointee != 0 } ?? false || getenv("TERM").map { String(cString: $0) == "dumb" } ?? false,
        descriptor: STDERR_FILENO
    )

    /// - Parameters:
    ///   - journalStream: The variable `JOURNAL_STREAM`, which names the device and inode of the stream that systemd connected
    ///     to the journal (systemd.exec(5)). Only if `descriptor` is that very stream do lines reach the journal.
    ///   - refusesColour: Whether the operator asked for no colour.
    init(journalStream: String?, isTerminal: Bool, refusesColour: Bool, descriptor: Int32) {
        if let journalStream, Self.names(journalStream, descriptor) {
            self = .journal
        } else {
            self = isTerminal && !refusesColour ? .coloured : .plain
        }
    }

    private static func names(_ stream: String, _ descriptor: Int32) -> Bool {
        let parts = stream.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
