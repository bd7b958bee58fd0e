/// Finds where the top-level keys of a TOML document stand, which the TOML parser does not tell.
///
/// It understands just enough of TOML to step over values (strings of four kinds, brackets, comments), and relies on the
/// parser to refuse what is not TOML. A document that it misunderstands costs a right line number, nothing else.
struct TOMLKeyScanner {
    struct Place: Equatable {
        /// Counted from 1.
        var line: Int
        /// In bytes, counted from 1.
        var column: Int
        /// Whether the value begins with `0o`.
        var isOctal = false
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0

    static func places(in text: String) -> [String: Place] {
        var scanner = TOMLKeyScanner(bytes: Array(text.utf8))
        return scanner.scan()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func scan() -> [String: Place] {
        var places: [String: Place] = [:]
        var atTopLevel = true
        while index < bytes.count {
            skipBlanks()
            guard let byte = current else { break }
            switch byte {
            case UInt8(ascii: "#"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                skipLine()
            case UInt8(ascii: "["):
                atTopLevel = false
                let place = here
                while current == UInt8(ascii: "[") { step() }
                skipBlanks()
                if let key = key(), places[key] == nil { places[key] = place }
                skipLine()
            default:
                var place = here
                let name = key()
                let isDotted = skipToValue()
                place.isOctal = !isDotted && bytes[index...].starts(with: [UInt8(ascii: "0"), UInt8(ascii: "o")])
                if atTopLevel, let name, places[name] == nil { places[name] = place }
                skipValue()
            }
        }
        return places
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var here: Place { Place(line: line, column: index - lineStart + 1) }

    private mutating func step() {
        if current == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        index += 1
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { step() }
    }

    private mutating func skipLine() {
        while let byte = current, byte != UInt8(ascii: "\n") { step() }
        if current != nil { step() }
    }

    /// The first part of a key, bare or in quotation marks; escapes in it are left as they are.
    private mutating func key() -> String? {
        guard let first = current else { return nil }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            let start = index + 1
            skipString(first)
            return start < index ? String(decoding: bytes[start..<max(start, index - 1)], as: UTF8.self) : nil
        }
        let start = index
        while let byte = current, !" \t\r\n.=]#".utf8.contains(byte) { step() }
        return start < index ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    /// Goes to the first byte of the value; true if there was more of the key before it.
    private mutating func skipToValue() -> Bool {
        var isDotted = false
        while let byte = current, byte != UInt8(ascii: "="), byte != UInt8(ascii: "\n") {
            if byte == UInt8(ascii: ".") { isDotted = true }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { skipString(byte) } else { step() }
        }
        if current == UInt8(ascii: "=") { step() }
        skipBlanks()
        return isDotted
    }

    /// Goes behind the end of the line on which the value ends.
    private mutating func skipValue() {
        var depth = 0
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                skipString(byte)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "#"):
                while let byte = current, byte != UInt8(ascii: "\n") { step() }
                continue
            case UInt8(ascii: "\n") where depth <= 0:
                step()
                return
            default: break
            }
            step()
        }
    }

    /// Goes behind a string that begins here: one quotation mark, or three for a string of several lines.
    private mutating func skipString(_ quote: UInt8) {
        let isLong = bytes[index...].starts(with: [quote, quote, quote])
        for _ in 0..<(isLong ? 3 : 1) { step() }
        while let byte = current {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                step()
                if current != nil { step() }
            } else if byte == quote, isLong {
                let run = bytes[index...].prefix { $0 == quote }.count
                for _ in 0..<run { step() }
                if run >= 3 { return }
            } else if byte == quote {
                step()
                return
            } else if byte == UInt8(ascii: "\n"), !isLong {
                return
            } else {
                step()
            }
        }
    }
}
