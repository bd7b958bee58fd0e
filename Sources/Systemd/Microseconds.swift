extension Duration {
    /// This duration in microseconds, rounded down; zero for a negative one, and the largest number for one that does not fit.
    var wholeMicroseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (scaled, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000_000)
        return overflow || carry ? .max : sum
    }
}
