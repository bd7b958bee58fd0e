/// How often it is told what was dropped: at once, and then once a second at most, or a log that can just not keep up would be told of little else.
struct LossPace {
    private static let pause = Duration.seconds(1)

    private var next: ContinuousClock.Instant?

    /// Whether it may be told now.
    func isDue(at now: ContinuousClock.Instant = .now) -> Bool { next.map { $0 <= now } ?? true }

    /// Notes that it was told.
    mutating func note(at now: ContinuousClock.Instant = .now) {
        next = now + Self.pause
    }
}
