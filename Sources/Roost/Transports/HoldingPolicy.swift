/// Decides when small pieces of output are held, so that several are sent at once: while there is more to be done in the same round, for a moment
/// only, and only where that saves something.
struct HoldingPolicy {
    /// For how long output is held while the loop goes on.
    static let longestHold = Nanoseconds(.microseconds(250))
    /// How long a turn takes on average where output is held. Where it is shorter, peers do not fall asleep between two responses; where it is
    /// longer, they would do so again before there is a second.
    static let turns = Nanoseconds(.microseconds(8))...Nanoseconds(.microseconds(200))

    private var isWorthwhile = false
    private var isFollowed = false
    private var roundBegan = MonotonicTime.distantFuture
    /// No later than the work began whose output is held.
    private var since = MonotonicTime.distantFuture

    /// Whether output is to be held now.
    @inline(__always)
    var isUseful: Bool { isWorthwhile && isFollowed }

    mutating func roundBegins(at now: MonotonicTime) {
        roundBegan = now
        since = now
    }

    /// - Parameter isLast: whether nothing else is there to be done in this round.
    @inline(__always)
    mutating func turnBegins(isLast: Bool) { isFollowed = !isLast }

    /// Whether what is held is to be sent at the end of a turn; what is held from now on waits anew then.
    mutating func isDue(at now: MonotonicTime) -> Bool {
        guard !isFollowed || since.advanced(by: Self.longestHold) <= now else { return false }
        since = now
        return true
    }

    /// - Parameter count: how many turns there were, more than one.
    mutating func roundEnds(at now: MonotonicTime, afterTurns count: Int) {
        isWorthwhile = Self.turns.contains(Nanoseconds(count: (now.nanoseconds &- roundBegan.nanoseconds) / UInt64(count)))
    }
}
