import Logging
import Synchronization

/// Logs what is wrong with a peer or with what it says once for each source and minute, so that one that tries again and again does not fill
/// the log.
final class RefusalLog: Sendable {
    private struct Key: Hashable {
        let source: String
        let reason: String
    }

    private struct Entry {
        var minute: UInt64
        var suppressed = 0
    }

    /// More sources than an operator would read of; beyond them, all are forgotten.
    private static let capacity = 1024

    private let entries = Mutex<[Key: Entry]>([:])
    private let hasNoted = Atomic(false)

    /// - Parameter reason: no more kinds of it than the program has, and nothing that the peer sent.
    func log(_ reason: String, of origin: ConnectionOrigin, with logger: Logger, at now: MonotonicTime = .coarseNow()) {
        guard let suppressed = admit(Key(source: origin.sourceText, reason: reason), at: now) else { return }
        var metadata = origin.metadata
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.warning("\(reason)", metadata: metadata)
    }

    /// Tells an operator who believes nobody, once, that there seems to be a proxy in front.
    func noteUnbelieved(_ origin: ConnectionOrigin, with logger: Logger) {
        guard !hasNoted.load(ordering: .relaxed), origin.policy.forwarded.allowIPs.peers.isEmpty else { return }
        guard !hasNoted.exchange(true, ordering: .relaxed) else { return }
        logger.notice(
            "x-forwarded-for came and is not believed: if it is from your proxy, name that in forwarded_allow_ips (unix: for one on a Unix socket)",
            metadata: origin.metadata
        )
    }

    /// How many were suppressed since the last one admitted; nil if this one is to be suppressed too.
    private func admit(_ key: Key, at now: MonotonicTime) -> Int? {
        let minute = now.nanoseconds / 60_000_000_000
        return entries.withLock { entries in
            if let entry = entries[key], entry.minute == minute {
                entries[key]?.suppressed += 1
                return nil
            }
            let suppressed = entries[key]?.suppressed ?? 0
            if entries.count >= Self.capacity { entries = [:] }
            entries[key] = Entry(minute: minute)
            return suppressed
        }
    }
}
