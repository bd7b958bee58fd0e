/// Lets a few log lines through each second and counts the rest, so that a flood of bad requests is not a flood of lines.
struct LogThrottle {
    private static let linesPerSecond = 10
    private var second: UInt64 = 0
    private var lines = 0
    private var suppressed = 0

    /// The number of lines suppressed since the last one admitted; nil if this one is to be suppressed too.
    mutating func admit(at now: MonotonicTime) -> Int? {
        let second = now.nanoseconds / 1_000_000_000
        if second != self.second {
            self.second = second
            lines = 0
        }
        guard lines < Self.linesPerSecond else {
            suppressed += 1
            return nil
        }
        lines += 1
        defer { suppressed = 0 }
        return suppressed
    }
}
