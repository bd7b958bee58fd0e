internal import Glibc

/// Writes times as access logs do, `[23/Nov/2026:08:05:43 +0000]`, always in UTC; a second's text is made once.
struct AccessLogTime: Sendable {
    private var second = time_t.min
    private var text: [UInt8] = []

    /// - Parameter second: Unix time.
    mutating func bytes(_ second: time_t) -> [UInt8] {
        if self.second != second {
            self.second = second
            text = Array(Self.written(second).utf8)
        }
        return text
    }

    private static func written(_ second: time_t) -> String {
        var second = second
        var parts = tm()
        // Only years that no clock shows fail.
        guard gmtime_r(&second, &parts) != nil, months.indices.contains(Int(parts.tm_mon)) else { return "-" }
        let date = "\(twoDigits(parts.tm_mday))/\(months[Int(parts.tm_mon)])/\(Int(parts.tm_year) + 1900)"
        return "[\(date):\(twoDigits(parts.tm_hour)):\(twoDigits(parts.tm_min)):\(twoDigits(parts.tm_sec)) +0000]"
    }

    private static func twoDigits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
