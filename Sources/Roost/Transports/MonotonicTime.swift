import CLinux
import Glibc

/// A point on the kernel's monotonic clock, in nanoseconds; `.distantFuture` never comes.
package struct MonotonicTime: Comparable, Sendable {
    var nanoseconds: UInt64

    static let distantFuture = MonotonicTime(nanoseconds: .max)

    /// The time of the last tick (4 ms or finer): exact enough for timeouts, and cheap.
    package static func coarseNow() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return MonotonicTime(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// The exact time, for durations that somebody reads.
    static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    /// This time, later by `interval`; `.distantFuture` for nil and on overflow.
    package func advanced(by interval: Nanoseconds?) -> MonotonicTime {
        guard let interval else { return .distantFuture }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(interval.count)
        return overflow ? .distantFuture : MonotonicTime(nanoseconds: sum)
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

/// A span of time as the event loops count it.
package struct Nanoseconds: Comparable, Sendable {
    var count: UInt64

    init(count: UInt64) {
        self.count = count
    }

    /// Negative durations count as zero; those of over 500 years as the largest.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else {
            count = 0
            return
        }
        let (whole, wholeOverflows) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        count = wholeOverflows || overflow ? .max : sum
    }

    package static func < (left: Nanoseconds, right: Nanoseconds) -> Bool {
        left.count < right.count
    }
}
