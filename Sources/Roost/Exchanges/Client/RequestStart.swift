import Glibc

/// The field `X-Request-Start`: when a request reached the first proxy, as a Unix time in seconds, milliseconds or microseconds, often behind `t=`.
///
/// nginx sends it with `proxy_set_header X-Request-Start "t=${msec}";`.
struct RequestStart: Sendable, Hashable {
    /// Unix time.
    let microseconds: UInt64

    /// Nil for anything but digits with at most one decimal point between them, and for times before 2001 or after 2286.
    init?(_ bytes: ArraySlice<UInt8>) {
        let digits = bytes.starts(with: "t=".utf8) ? bytes.dropFirst(2) : bytes
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (10...16).contains(whole.count), var value = Self.number(whole) else { return nil }
        // So many digits have seconds from 2001 to 2286; three and six more have the finer units.
        let decimals: Int
        switch whole.count {
        case 10: decimals = 6
        case 13: decimals = 3
        case 16: decimals = 0
        default: return nil
        }
        let fraction = parts.count > 1 ? parts[1] : []
        guard parts.count == 1 || !fraction.isEmpty && Self.number(fraction.prefix(16)) != nil else { return nil }
        for place in 0..<decimals {
            let digit = fraction.dropFirst(place).first.map { UInt64($0 - UInt8(ascii: "0")) } ?? 0
            value = value * 10 + digit
        }
        guard value >= 1_000_000_000_000_000 else { return nil }
        microseconds = value
    }

    /// The nanoseconds until now: 0 if the proxy's clock is a little ahead, nil if it is not to be believed.
    var elapsed: UInt64? {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return elapsed(until: UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000)
    }

    /// - Parameter now: Unix time in microseconds.
    func elapsed(until now: UInt64) -> UInt64? {
        if now >= microseconds { return now - microseconds <= Self.longest ? (now - microseconds) * 1000 : nil }
        return microseconds - now <= Self.skew ? 0 : nil
    }

    /// An hour: nobody waits longer, so the clocks differ.
    private static let longest: UInt64 = 3_600_000_000
    /// A minute.
    private static let skew: UInt64 = 60_000_000

    /// At most 16 digits.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return bytes.isEmpty ? nil : value
    }
}
