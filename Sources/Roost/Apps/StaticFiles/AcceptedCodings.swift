/// Which content codings a client takes, and how much it likes each (`Accept-Encoding`, RFC 9110 section 12.5.3).
struct AcceptedCodings {
    /// A sibling of a file with the same content, compressed.
    enum Coding: String, CaseIterable {
        case brotli = "br"
        case gzip = "gzip"

        /// What is behind the file's name.
        var suffix: String {
            switch self {
            case .brotli: ".br"
            case .gzip: ".gz"
            }
        }
    }

    /// In thousandths.
    private var weights: [String: Int] = [:]

    /// - Parameter values: of all `Accept-Encoding` fields.
    init(_ values: [String]) {
        for item in values.flatMap({ $0.split(separator: ",") }) {
            let parts = item.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0).lowercased() }
            guard let name = parts.first, !name.isEmpty else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Self.weight($0.dropFirst(2)) } ?? 1000
            weights[name == "x-gzip" ? "gzip" : name] = weight
        }
    }

    /// Those that the client likes no less than the file as it is, the best first.
    var preferred: [Coding] {
        let plain = weights["identity"] ?? 1
        return Coding.allCases.map { ($0, weights[$0.rawValue] ?? weights["*"] ?? 0) }
            .filter { $0.1 > 0 && $0.1 >= plain }
            // The order of the cases decides between equals.
            .enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }
            .map(\.element.0)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    /// `0.5` in thousandths; what is no weight is none.
    private static func weight(_ text: Substring) -> Int {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first == 0x30 || first == 0x31, bytes.count <= 5 else { return 0 }
        guard bytes.count > 1 else { return Int(first & 0x0F) * 1000 }
        guard bytes[1] == 0x2E, bytes.dropFirst(2).allSatisfy({ (0x30...0x39).contains($0) }) else { return 0 }
        var thousandths = Int(first & 0x0F) * 1000
        for (digit, unit) in zip(bytes.dropFirst(2), [100, 10, 1]) { thousandths += Int(digit & 0x0F) * unit }
        return min(thousandths, 1000)
    }
}
