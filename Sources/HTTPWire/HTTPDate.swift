/// A time as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 section 5.6.7), always 29 bytes.
public struct HTTPDate: Sendable, Equatable, CustomStringConvertible {
    /// The 29 bytes in their order in memory, and three more that mean nothing.
    @usableFromInline let words: InlineArray<4, UInt64>

    /// - Parameter secondsSince1970: Unix time; below 0 (1970) it counts as 0, beyond the year 9999 as that year's last second.
    public init(secondsSince1970: Int64) {
        let seconds = Int(min(max(secondsSince1970, 0), 253_402_300_799))
        let (days, time) = seconds.quotientAndRemainder(dividingBy: 86400)

        // Years that begin in March have their leap day at their end. 719468 days lie between 0000-03-01 and 1970-01-01, 146097 in 400 years.
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // From March on, each five months have 153 days.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)

        var text = InlineArray<32, UInt8>(repeating: 0x20)
        func put(_ word: String, at offset: Int) {
            let bytes = word.utf8.span
            for index in bytes.indices { text[offset + index] = bytes[index] }
        }
        func put(number: Int, at offset: Int) {
            text[offset] = UInt8(0x30 + number / 10 % 10)
            text[offset + 1] = UInt8(0x30 + number % 10)
        }
        put(Self.weekdays[(days + 4) % 7], at: 0)
        put(number: day, at: 5)
        put(Self.months[month - 1], at: 8)
        put(number: year / 100, at: 12)
        put(number: year, at: 14)
        put(number: time / 3600, at: 17)
        put(":", at: 19)
        put(number: time / 60 % 60, at: 20)
        put(":", at: 22)
        put(number: time % 60, at: 23)
        put("GMT", at: 26)
        let bytes = text.span.bytes
        words = InlineArray { bytes.unsafeLoad(fromByteOffset: 8 * $0, as: UInt64.self) }
    }

    private static let length = 29
    private static let weekdays = ["Sun,", "Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    public var description: String {
        let bytes = words.span.bytes
        return String(unsafeUninitializedCapacity: Self.length) { text in
            for index in 0..<Self.length { text.initializeElement(at: index, to: bytes.byte(at: index)) }
            return Self.length
        }
    }

    public static func == (one: HTTPDate, other: HTTPDate) -> Bool {
        one.words.indices.allSatisfy { one.words[$0] == other.words[$0] }
    }
}
