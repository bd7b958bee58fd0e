/// How long a log may be waited for: a moment, so that a reader that is only slow catches up, and seldom, so that one that hangs holds up
/// nothing.
struct LogPatience {
    /// In milliseconds, out of each second.
    private static let moment: Int32 = 20
    private static let pause = Duration.seconds(1)

    private var next: ContinuousClock.Instant?

    /// The milliseconds to wait now; 0 if it was waited a short while ago.
    mutating func take(at now: ContinuousClock.Instant = .now) -> Int32 {
        if let next, now < next { return 0 }
        next = now + Self.pause
        return Self.moment
    }
}
