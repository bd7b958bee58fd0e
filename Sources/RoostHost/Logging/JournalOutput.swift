internal import Glibc
internal import Logging
internal import Synchronization
internal import Systemd

/// The journal, as a place for entries that are counted if it does not take them, and not waited for but for a moment now and then.
final class JournalOutput: Sendable {
    private struct State {
        var patience = LogPatience()
        /// How many entries were dropped and not told yet.
        var lost = 0
        var pace = LossPace()
    }

    /// Where the journal listens.
    static let socket = Journal.systemSocket
    static let system = JournalOutput(Journal())

    private let journal: Journal
    private let state = Mutex(State())

    init(_ journal: Journal) {
        self.journal = journal
    }

    /// Sends an entry, and before it, if entries before that were dropped, one that says how many.
    ///
    /// - Returns: `.failed(EAGAIN)` if the entry was dropped and counted; after any other failure it may be written elsewhere.
    @discardableResult
    func send(_ entry: JournalEntry, identifier: String) -> JournalResult {
        // What one call is about to tell no other one does.
        let lost = state.withLock { state in
            guard state.lost > 0, state.pace.isDue() else { return 0 }
            state.pace.note()
            defer { state.lost = 0 }
            return state.lost
        }
        if lost > 0, journal.send(Self.report(lost, identifier)) != .sent { state.withLock { $0.lost += lost } }
        var result = journal.send(entry)
        if result == .failed(errno: EAGAIN) {
            let patience = state.withLock { $0.patience.take() }
            if patience > 0 { result = journal.send(entry, patience: .milliseconds(patience)) }
        }
        if result == .failed(errno: EAGAIN) {
            state.withLock { $0.lost += 1 }
            LogLosses.add(1)
        }
        return result
    }

    private static func report(_ lost: Int, _ identifier: String) -> JournalEntry {
        var entry = JournalEntry()
        entry.append(.message, LogLosses.report(lost, reason: "the journal takes nothing"))
        entry.append(.priority, "\(SyslogPriority.of(.warning))")
        entry.append(.syslogIdentifier, identifier)
        return entry
    }
}
