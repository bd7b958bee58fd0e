extension HTTPDate {
    /// The Unix time, in seconds, that `text` says in one of the three forms that HTTP knows (RFC 9110 section 5.6.7); nil if it is in none of them.
    ///
    /// - Parameter now: the Unix time now; a year of two digits is the latest that is at most 50 years away.
    public static func secondsSince1970(_ text: String, now: Int64) -> Int64? {
        let bytes = Array(text.utf8)
        // `Sun Nov  6 08:49:37 1994` has its day, of one digit or two, in a place of fixed width.
        let words = bytes.split(omittingEmptySubsequences: true) { $0 == 0x20 || $0 == 0x2C || $0 == 0x2D }
        switch words.count {
        case 6 where bytes.count == 29:
            guard let seconds = seconds(day: words[1], month: words[2], year: words[3], time: words[4]) else { return nil }
            // Whatever else may be wrong, such as the day of the week or the spaces.
            return HTTPDate(secondsSince1970: seconds).description.utf8.elementsEqual(bytes) ? seconds : nil
        case 6 where words[3].count == 2 && words[5].elementsEqual("GMT".utf8) && words[0].count >= 6 && words[0].suffix(3).elementsEqual("day".utf8):
            guard let short = number(words[3], 2) else { return nil }
            let thisYear = Int(year(of: now))
            var year = thisYear - thisYear % 100 + short
            if year > thisYear + 50 { year -= 100 } else if year <= thisYear - 50 { year += 100 }
            return seconds(day: words[1], month: words[2], year: year, time: words[4])
        case 5 where bytes.count == 24 && words[0].count == 3:
            return seconds(day: words[2], month: words[1], year: words[4], time: words[3])
        default:
            return nil
        }
    }

    private static func seconds(day: ArraySlice<UInt8>, month: ArraySlice<UInt8>, year: ArraySlice<UInt8>, time: ArraySlice<UInt8>) -> Int64? {
        number(year, 4).flatMap { seconds(day: day, month: month, year: $0, time: time) }
    }

    private static func seconds(day: ArraySlice<UInt8>, month: ArraySlice<UInt8>, year: Int, time: ArraySlice<UInt8>) -> Int64? {
        guard let day = number(day, day.count), (1...31).contains(day), year >= 1970,
            let month = months.firstIndex(where: { $0.utf8.elementsEqual(month) }).map({ $0 + 1 })
        else { return nil }
        let parts = time.split(separator: 0x3A, omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0], 2), let minute = number(parts[1], 2), let second = number(parts[2], 2),
            hour < 24, minute < 60, second < 60
        else { return nil }
        // Years that begin in March, as where dates are written.
        let marchYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
        return Int64(days * 86400 + hour * 3600 + minute * 60 + second)
    }

    private static func year(of seconds: Int64) -> Int64 {
        let digits = HTTPDate(secondsSince1970: seconds).description.utf8.dropFirst(12).prefix(4)
        return digits.reduce(0) { $0 * 10 + Int64($1 & 0x0F) }
    }

    /// One or two digits, or exactly four.
    private static func number(_ digits: ArraySlice<UInt8>, _ count: Int) -> Int? {
        guard digits.count == count, (1...4).contains(count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 & 0x0F) }
    }
}
