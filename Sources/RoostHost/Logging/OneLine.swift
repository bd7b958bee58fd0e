/// Makes text safe to stand in one line of a terminal or a log.
enum OneLine {
    /// The longest text that a message repeats, in characters.
    private static let longestQuote = 160

    /// `text` with every control character and line separator written as an escape.
    static func escaped(_ text: String) -> String {
        // Most text needs nothing, and is then not copied.
        guard text.unicodeScalars.contains(where: needsEscape) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if needsEscape(scalar) { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    /// `text` in quotation marks, escaped, and cut off when it is very long.
    static func quoted(_ text: String) -> String {
        let end = text.index(text.startIndex, offsetBy: longestQuote, limitedBy: text.endIndex) ?? text.endIndex
        var result = "\""
        for scalar in text[..<end].unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            default: if needsEscape(scalar) { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
            }
        }
        return result + (end == text.endIndex ? "\"" : "\"…")
    }

    /// C0 and C1 controls, DEL, the line and paragraph separators, and the marks that turn the direction of writing.
    static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let digits = String(scalar.value, radix: 16)
            return scalar.value < 0x100 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
        }
    }
}
