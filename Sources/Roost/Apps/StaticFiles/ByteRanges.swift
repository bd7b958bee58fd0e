/// The parts of a file that a client asks for (`Range`, RFC 9110 section 14).
enum ByteRanges: Equatable {
    /// All of it: nothing else was asked for in a way that is understood.
    case whole
    /// These parts, in order, at least one; none overlaps another.
    case parts([Range<Int>])
    /// None of what was asked for is there (416).
    case unsatisfiable

    /// More parts than this are as if none was asked for (section 14.2 leaves that to the server).
    static let limit = 32
    /// Parts are joined if no more than this lies between them: a part's own head is about as long.
    static let gap = 80

    /// - Parameters:
    ///   - values: of all `Range` fields.
    ///   - size: how many bytes there are.
    init(_ values: [String], of size: Int) {
        guard values.count == 1, size > 0, let wanted = Self.parse(values[0].utf8[...]) else {
            self = .whole
            return
        }
        let parts = wanted.compactMap { $0.resolve(size) }.sorted { $0.lowerBound < $1.lowerBound }
        guard let first = parts.first else {
            self = .unsatisfiable
            return
        }
        var joined = [first]
        for part in parts.dropFirst() {
            let last = joined[joined.count - 1]
            if part.lowerBound <= last.upperBound + Self.gap {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, part.upperBound)
            } else {
                joined.append(part)
            }
        }
        self = .parts(joined)
    }

    private enum Wanted {
        /// `0-499`, or `500-`
        case from(Int, through: Int?)
        /// `-500`
        case last(Int)

        func resolve(_ size: Int) -> Range<Int>? {
            switch self {
            case .from(let first, let last):
                first < size ? first..<(min(last ?? size - 1, size - 1) + 1) : nil
            case .last(let count):
                count > 0 ? (size - min(count, size))..<size : nil
            }
        }
    }

    /// Nil for what is no list of byte ranges, or too long.
    private static func parse(_ value: Substring.UTF8View) -> [Wanted]? {
        guard let equals = value.firstIndex(of: UInt8(ascii: "=")), String(Substring(value[..<equals])).lowercased() == "bytes" else { return nil }
        var wanted: [Wanted] = []
        for item in value[value.index(after: equals)...].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true) {
            let text = item.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
            guard !text.isEmpty else { continue }
            guard let dash = text.firstIndex(of: UInt8(ascii: "-")) else { return nil }
            let (first, last) = (text[..<dash], text[text.index(after: dash)...])
            switch (number(first), number(last)) {
            case (let first?, let last?):
                guard first <= last else { return nil }
                wanted.append(.from(first, through: last))
            case (let first?, nil) where last.isEmpty: wanted.append(.from(first, through: nil))
            case (nil, let count?) where first.isEmpty: wanted.append(.last(count))
            default: return nil
            }
            guard wanted.count <= limit else { return nil }
        }
        return wanted.isEmpty ? nil : wanted
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// One that is too large for a number is the largest there is: no file is that long.
    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (product, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(Int(digit & 0x0F))
            number = overflows || carries ? .max : sum
            if number == .max { continue }
        }
        return number
    }
}
