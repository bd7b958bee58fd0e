/// Finds where the keys and values of a TOML document stand, which the TOML parser does not tell.
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

    /// Deeper than any setting is; what lies deeper is stepped over.
    private static let deepest = 8

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private var places: [[SettingStep]: Place] = [:]
    private var isTooDeep = false
    /// How many tables an array of tables has so far.
    private var tables: [[SettingStep]: Int] = [:]

    /// The first place of each key and of each element, by the way to it from the top; nil if a key has more parts than any setting, which the
    /// parser would make a table within the other for.
    static func places(in text: String) -> [[SettingStep]: Place]? {
        var scanner = TOMLKeyScanner(bytes: Array(text.utf8))
        scanner.scan()
        return scanner.isTooDeep ? nil : scanner.places
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func scan() {
        var table: [SettingStep] = []
        while index < bytes.count {
            skipBlanks()
            guard let byte = current else { break }
            switch byte {
            case UInt8(ascii: "#"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "["): table = header()
            default: assignment(in: table, depth: 0)
            }
            skipLine()
        }
    }

    // MARK: Tables and keys

    /// `[a.b]` or `[[a.b]]`: the table that the following keys belong to.
    private mutating func header() -> [SettingStep] {
        let place = here
        var brackets = 0
        while current == UInt8(ascii: "[") {
            brackets += 1
            step()
        }
        var table: [SettingStep] = []
        let names = keys()
        for (number, name) in names.enumerated() {
            table.append(.key(name))
            note(place, at: table)
            if number == names.count - 1, brackets > 1 { tables[table, default: 0] += 1 }
            // The name of an array of tables stands for its last one.
            guard let count = tables[table] else { continue }
            table.append(.index(count - 1))
            note(place, at: table)
        }
        return table
    }

    private mutating func assignment(in table: [SettingStep], depth: Int) {
        let place = here
        var path = table
        for name in keys() {
            path.append(.key(name))
            note(place, at: path)
        }
        while let byte = current, byte != UInt8(ascii: "="), byte != UInt8(ascii: "\n") { step() }
        guard current == UInt8(ascii: "=") else { return }
        step()
        skipBlanks()
        value(at: path, depth: depth)
    }

    /// The parts of a key, bare or in quotation marks, with dots between them; escapes are left as they are.
    private mutating func keys() -> [String] {
        var names: [String] = []
        while true {
            guard names.count < Self.deepest else {
                isTooDeep = true
                break
            }
            skipBlanks()
            guard let name = key() else { break }
            names.append(name)
            skipBlanks()
            guard current == UInt8(ascii: ".") else { break }
            step()
        }
        return names
    }

    private mutating func key() -> String? {
        guard let first = current else { return nil }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            let start = index + 1
            skipString(first)
            return start < index ? String(decoding: bytes[start..<max(start, index - 1)], as: UTF8.self) : nil
        }
        let start = index
        while let byte = current, !" \t\r\n.=]}#".utf8.contains(byte) { step() }
        return start < index ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
    }

    private mutating func note(_ place: Place, at path: [SettingStep]) {
        if places[path] == nil { places[path] = place }
    }

    // MARK: Values

    /// Goes behind the value that begins here.
    private mutating func value(at path: [SettingStep], depth: Int) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            skipString(bytes[index])
        case UInt8(ascii: "[") where depth < Self.deepest:
            elements(of: path, depth: depth + 1)
        case UInt8(ascii: "{") where depth < Self.deepest:
            table(at: path, depth: depth + 1)
        default:
            if bytes[index...].starts(with: [UInt8(ascii: "0"), UInt8(ascii: "o")]) { places[path]?.isOctal = true }
            while let byte = current, !",]}#\n".utf8.contains(byte) { step() }
        }
    }

    private mutating func elements(of path: [SettingStep], depth: Int) {
        step()
        var count = 0
        while let byte = nextInBrackets() {
            switch byte {
            case UInt8(ascii: "]"): return step()
            case UInt8(ascii: ","):
                count += 1
                step()
            default:
                let start = index
                note(here, at: path + [.index(count)])
                value(at: path + [.index(count)], depth: depth)
                if index == start { step() }
            }
        }
    }

    private mutating func table(at path: [SettingStep], depth: Int) {
        step()
        while let byte = nextInBrackets() {
            switch byte {
            case UInt8(ascii: "}"): return step()
            case UInt8(ascii: ","): step()
            default:
                let start = index
                assignment(in: path, depth: depth)
                if index == start { step() }
            }
        }
    }

    /// Goes to what comes next within brackets: not a blank, a comment or the end of a line.
    private mutating func nextInBrackets() -> UInt8? {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): step()
            case UInt8(ascii: "#"): skipLine()
            default: return byte
            }
        }
        return nil
    }

    // MARK: Bytes

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
