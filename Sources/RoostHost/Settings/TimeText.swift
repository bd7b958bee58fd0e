/// A length of time as operators write it: `30`, `30s`, `500ms`, `1m30s`, `1.5h`.
///
/// A number without a unit counts seconds. The units are `ms`, `s`, `m`, `h` and `d`, each used once, the larger first.
/// The finest step is one millisecond and the longest time is 365 days, so arithmetic on such a time cannot overflow.
struct TimeText: Sendable, Hashable, CustomStringConvertible {
    /// Zero or more.
    let milliseconds: Int64

    static let longest: Int64 = 365 * 86_400_000

    /// From the largest to the smallest.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    init?(milliseconds: Int64) {
        guard (0...Self.longest).contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    /// Seconds as configuration files give them; rounded to a millisecond.
    init?(seconds: Double) {
        let milliseconds = (seconds * 1000).rounded()
        guard milliseconds >= 0, milliseconds <= Double(Self.longest) else { return nil }
        // What is more than nothing must not become nothing.
        guard milliseconds > 0 || seconds == 0 else { return nil }
        self.init(milliseconds: Int64(milliseconds))
    }

    init?(_ text: String) {
        var rest = text.utf8[...]
        var total: Int64 = 0
        var unitsLeft = Self.units[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let number = DecimalNumber(from: &rest) else { return nil }
            let name = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest.dropFirst(name.count)
            let wanted = name.isEmpty && total == 0 && unitsLeft.count == Self.units.count && rest.isEmpty ? "s" : String(Substring(name))
            guard let index = unitsLeft.firstIndex(where: { $0.name == wanted }) else { return nil }
            guard let part = number.scaled(by: unitsLeft[index].milliseconds), part <= Self.longest - total else { return nil }
            total += part
            unitsLeft = unitsLeft[(index + 1)...]
        }
        milliseconds = total
    }

    /// Rounds down to a millisecond; nil for a negative or very long duration.
    init?(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, seconds <= Self.longest / 1000, attoseconds >= 0 else { return nil }
        self.init(milliseconds: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    var duration: Duration { .milliseconds(milliseconds) }

    /// The shortest text that `init(_:)` reads back as the same time: `1m30s`.
    var description: String {
        var text = ""
        var rest = milliseconds
        for unit in Self.units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }
}
