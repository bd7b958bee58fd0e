/// Decides how a round is gone through: whether input is read for several connections in a row, and whether small pieces of output are held, so that
/// several are sent at once. That is while there is more to be done in the same round, for a moment only, and only where it saves something.
struct RoundPolicy {
    /// For how long output is held while the loop goes on.
    static let longestHold = Nanoseconds(.microseconds(250))
    /// Where a turn takes longer than this on average, peers would fall asleep again before there is a second response.
    static let longestTurn = Nanoseconds(.microseconds(200))
    /// Where it takes less than this, output is held in large rounds only: the few peers of a small one would just wait for it.
    static let shortTurn = Nanoseconds(.microseconds(8))
    /// How many turns a large round has at least.
    static let largeRound = 6
    /// How many times as many connections take turns then at least: if most of them were in the round, their peers would do nothing until it is over.
    static let largeRotation = 2
    /// How many short turns there are from one look at the clock to the next.
    static let turnsPerLook = 8

    private var holds = false
    private var isLarge = false
    private var isFollowed = false
    private var roundBegan = MonotonicTime.distantFuture
    /// How many turns ago the clock was looked at.
    private var unlooked = 0
    /// How long a turn of the round before took; at first too long.
    private var averageTurn = Nanoseconds(.seconds(1))
    /// No later than the work began whose output is held.
    private var since = MonotonicTime.distantFuture
    /// The number of the last turn of a connection.
    private(set) var turn: UInt64 = 0
    /// About how many connections take turns, in sixteenths: after how many turns each has its next, averaged over the last ones.
    private var rotation = 0
    /// No connection counts for more than this.
    private static let longestRotation: UInt64 = 1024

    /// Whether output is to be held now.
    @inline(__always)
    var holdsOutput: Bool { holds && isFollowed }

    /// Whether input is to be read for several connections in a row.
    @inline(__always)
    var fetchesInput: Bool { isLarge }

    /// - Parameter turns: how many there are, more than one.
    mutating func roundBegins(at now: MonotonicTime, turns: Int) {
        roundBegan = now
        since = now
        let isQuick = averageTurn <= Self.longestTurn
        isLarge = isQuick && turns >= Self.largeRound && turns &* Self.largeRotation <= rotation / 16
        holds = isQuick && (isLarge || averageTurn >= Self.shortTurn)
    }

    /// Notes a turn of a connection's.
    ///
    /// - Parameter last: the number of the turn that it had before, and then of this one.
    @inline(__always)
    mutating func connectionTurn(last: inout UInt64) {
        turn &+= 1
        rotation &+= Int(truncatingIfNeeded: min(turn &- last, Self.longestRotation)) &- rotation / 16
        last = turn
    }

    /// - Parameter isLast: whether nothing else is there to be done in this round.
    @inline(__always)
    mutating func turnBegins(isLast: Bool) { isFollowed = !isLast }

    /// Whether what is held is to be sent at the end of a turn; what is held from now on waits anew then.
    ///
    /// - Parameter now: asked for where that does not cost more than it is worth.
    @inline(__always)
    mutating func isDue(at now: @autoclosure () -> MonotonicTime) -> Bool {
        guard isFollowed else { return true }
        unlooked += 1
        if averageTurn < Self.shortTurn, unlooked < Self.turnsPerLook { return false }
        unlooked = 0
        let now = now()
        guard since.advanced(by: Self.longestHold) <= now else { return false }
        since = now
        return true
    }

    /// - Parameter turns: how many there were.
    mutating func roundEnds(at now: MonotonicTime, turns: Int) {
        averageTurn = Nanoseconds(count: (now.nanoseconds &- roundBegan.nanoseconds) / UInt64(turns))
        isLarge = false
    }
}
