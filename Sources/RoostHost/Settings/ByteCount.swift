/// A number of bytes as operators write it: `8190`, `64KB` (64,000), `16MiB` (16 × 1,048,576).
///
/// A bare `K`, `M` or `G` is refused, because programs differ in what they mean by it.
struct ByteCount: Sendable, Hashable, CustomStringConvertible {
    /// Zero or more.
    let bytes: Int

    private static let units: [(name: String, bytes: Int64)] = [
        ("B", 1),
        ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    init?(bytes: Int) {
        guard bytes >= 0 else { return nil }
        self.bytes = bytes
    }

    init?(_ text: String) {
        var rest = text.utf8[...]
        guard let number = DecimalNumber(from: &rest) else { return nil }
        let name = rest.isEmpty ? "B" : String(Substring(rest))
        guard let unit = Self.units.first(where: { $0.name == name || $0.name.lowercased() == name.lowercased() }) else { return nil }
        guard let count = number.scaled(by: unit.bytes) else { return nil }
        self.init(bytes: Int(count))
    }

    /// In the largest binary unit that divides it: `16MiB`; otherwise the bytes alone.
    var description: String {
        for unit in Self.units.reversed() where unit.name.contains("i") && bytes > 0 && Int64(bytes) % unit.bytes == 0 {
            return "\(Int64(bytes) / unit.bytes)\(unit.name)"
        }
        return "\(bytes)"
    }
}
