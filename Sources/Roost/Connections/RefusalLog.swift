import Logging
import Synchronization

/// Logs what is wrong with peers, or with what they say, a few times for each source, kind and minute, so that who tries again and again does
/// not fill the log. Very many sources at once share a line.
final class RefusalLog: Sendable {
    /// What is wrong: no more kinds of it than the program has.
    enum Kind: Hashable {
        case peer, proxyHeader, forwardedField, ambiguousField

        /// How many lines a minute say so of one source. Each header that is wrong may be wrong in another way.
        var linesPerMinute: Int { self == .proxyHeader ? 20 : 1 }
    }

    private struct Key: Hashable {
        let source: String
        let kind: Kind
    }

    private struct Entry {
        /// When the first line of this minute was logged.
        var begun: MonotonicTime
        var lines = 1
        var suppressed = 0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Those that there was no place for.
        var others = Entry(begun: MonotonicTime(nanoseconds: 0))
        var hasNotedProxy = false
    }

    /// More sources than an operator would read of in a minute.
    static let capacity = 256
    private static let interval = Nanoseconds(.seconds(60))

    private let state = Mutex(State())

    /// - Parameters:
    ///   - source: who is wrong.
    ///   - metadata: what else the line says.
    func log(
        _ kind: Kind, _ text: String, of source: String, _ metadata: @autoclosure () -> Logger.Metadata, with logger: Logger,
        at now: MonotonicTime = .coarseNow()
    ) {
        switch admit(Key(source: source, kind: kind), at: now) {
        case .suppressed: break
        case .admitted(let suppressed):
            var metadata = metadata()
            if suppressed > 0 { metadata["suppressed"] = .stringConvertible(suppressed) }
            logger.warning("\(text)", metadata: metadata)
        case .crowded(let suppressed):
            var metadata = metadata()
            metadata["suppressed"] = .stringConvertible(suppressed)
            logger.warning("\(text); the same or the like of very many others", metadata: metadata)
        }
    }

    /// Tells an operator who believes nobody, once, that there seems to be a proxy in front.
    func noteUnbelieved(_ origin: ConnectionOrigin, with logger: Logger) {
        let isFirst = state.withLock { state in
            defer { state.hasNotedProxy = true }
            return !state.hasNotedProxy
        }
        guard isFirst else { return }
        logger.notice(
            "x-forwarded-for came and is not believed: if it is from your proxy, name that in forwarded_allow_ips (unix: for one on a Unix socket)",
            metadata: origin.metadata
        )
    }

    private enum Admission {
        case suppressed
        /// With the number of lines suppressed since the last one.
        case admitted(Int)
        case crowded(Int)
    }

    private func admit(_ key: Key, at now: MonotonicTime) -> Admission {
        state.withLock { state in
            if let entry = state.entries[key] {
                if entry.begun.advanced(by: Self.interval) <= now {
                    state.entries[key] = Entry(begun: now)
                    return .admitted(entry.suppressed)
                }
                guard entry.lines < key.kind.linesPerMinute else {
                    state.entries[key]?.suppressed += 1
                    return .suppressed
                }
                state.entries[key]?.lines += 1
                return .admitted(0)
            }
            if state.entries.count >= Self.capacity {
                state.entries = state.entries.filter { $0.value.begun.advanced(by: Self.interval) > now }
            }
            guard state.entries.count < Self.capacity else {
                state.others.suppressed += 1
                guard state.others.begun.advanced(by: Self.interval) <= now else { return .suppressed }
                defer { state.others = Entry(begun: now) }
                return .crowded(state.others.suppressed - 1)
            }
            state.entries[key] = Entry(begun: now)
            return .admitted(0)
        }
    }
}
