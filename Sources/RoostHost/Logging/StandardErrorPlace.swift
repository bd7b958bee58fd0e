internal import Glibc

/// Where standard error goes.
enum StandardErrorPlace: Sendable, Hashable {
    /// The stream that systemd has connected to the journal.
    case journal
    /// A terminal, and whether it is to have colour.
    case terminal(colour: Bool)
    case elsewhere

    /// That of this process. It is found out once.
    static let current = StandardErrorPlace(
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
            self = isTerminal ? .terminal(colour: !refusesColour) : .elsewhere
        }
    }

    private static func names(_ stream: String, _ descriptor: Int32) -> Bool {
        let parts = stream.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
