/// Counts what clients may make happen only so often in a while.
struct RateLimit {
    private static let interval = Nanoseconds(.seconds(30))

    let limit: Int
    private var count = 0
    private var begun: MonotonicTime

    init(_ limit: Int, at now: MonotonicTime) {
        self.limit = limit
        begun = now
    }

    /// Counts once more; false if that is too often.
    mutating func admit(at now: MonotonicTime) -> Bool {
        if begun.advanced(by: Self.interval) <= now {
            begun = now
            count = 0
        }
        count += 1
        return count <= limit
    }
}
