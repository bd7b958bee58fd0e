/// One element of the field `forwarded`, what one proxy has told (RFC 7239 section 4):
///
///     Forwarded         = 1#forwarded-element
///     forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
///     forwarded-pair    = token "=" ( token / quoted-string )
///
/// White space is allowed around the commas of the list and nowhere else. A name, in any case, may be there once.
struct ForwardedElement {
    /// The value of a pair.
    struct Value {
        /// As it came, without the quotes.
        let raw: ArraySlice<UInt8>
        let isEscaped: Bool

        /// The value itself, with `\x` as `x`.
        var bytes: ArraySlice<UInt8> {
            guard isEscaped else { return raw }
            var bytes: [UInt8] = []
            var rest = raw
            while let byte = rest.popFirst() {
                let isBackslash = byte == UInt8(ascii: "\\")
                bytes.append(isBackslash ? rest.popFirst() ?? byte : byte)
            }
            return bytes[...]
        }
    }

    /// An element with more pairs is malformed; four names are registered.
    private static let mostPairs = 16

    private(set) var node: Value?
    private(set) var proto: Value?
    private(set) var host: Value?

    /// Whether a line is a list of elements, of which some may be empty.
    static func isList(_ line: ArraySlice<UInt8>) -> Bool {
        var offset = line.startIndex
        while true {
            line.skipWhitespace(&offset)
            guard ForwardedElement(line, at: &offset) != nil else { return false }
            line.skipWhitespace(&offset)
            guard offset < line.endIndex else { return true }
            guard line[offset] == UInt8(ascii: ",") else { return false }
            offset += 1
        }
    }

    /// Parses the one element that these bytes are, without white space around it.
    init?(_ bytes: ArraySlice<UInt8>) {
        var offset = bytes.startIndex
        self.init(bytes, at: &offset)
        guard offset == bytes.endIndex else { return nil }
    }

    /// Parses the element that begins at `offset`, which may be empty, up to a comma, white space or the end. Nil if the grammar is broken.
    private init?(_ line: ArraySlice<UInt8>, at offset: inout Int) {
        var names = InlineArray<16, Range<Int>>(repeating: 0..<0)
        var count = 0
        while offset < line.endIndex {
            switch line[offset] {
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t"):
                return
            case UInt8(ascii: ";"):
                offset += 1
                continue
            default:
                break
            }
            let name = line.token(at: offset)
            offset = name.upperBound
            guard !name.isEmpty, count < Self.mostPairs, offset < line.endIndex, line[offset] == UInt8(ascii: "=") else { return nil }
            for index in 0..<count where line[names[index]].equalsIgnoringCase(line[name]) { return nil }
            names[count] = name
            count += 1
            offset += 1
            guard let value = Value(line, at: &offset) else { return nil }
            take(value, for: line[name])
            guard offset == line.endIndex || [UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(line[offset]) else {
                return nil
            }
        }
    }

    private mutating func take(_ value: Value, for name: ArraySlice<UInt8>) {
        if name.equalsIgnoringCase("for") {
            node = value
        } else if name.equalsIgnoringCase("proto") {
            proto = value
        } else if name.equalsIgnoringCase("host") {
            host = value
        }
    }
}

extension ForwardedElement.Value {
    /// Parses the token or the quoted string that begins at `offset` (RFC 9110 section 5.6).
    fileprivate init?(_ line: ArraySlice<UInt8>, at offset: inout Int) {
        guard offset < line.endIndex, line[offset] == UInt8(ascii: "\"") else {
            let token = line.token(at: offset)
            guard !token.isEmpty else { return nil }
            offset = token.upperBound
            self.init(raw: line[token], isEscaped: false)
            return
        }
        offset += 1
        let start = offset
        var isEscaped = false
        while offset < line.endIndex, line[offset] != UInt8(ascii: "\"") {
            if line[offset] == UInt8(ascii: "\\") {
                isEscaped = true
                offset += 1
            }
            guard offset < line.endIndex, line[offset] >= 0x20 && line[offset] != 0x7F || line[offset] == 0x09 else { return nil }
            offset += 1
        }
        guard offset < line.endIndex else { return nil }
        self.init(raw: line[start..<offset], isEscaped: isEscaped)
        offset += 1
    }
}

extension ArraySlice<UInt8> {
    /// Where the longest token (RFC 9110 section 5.6.2) is that begins at `offset`; it may be empty.
    fileprivate func token(at offset: Int) -> Range<Int> {
        var end = offset
        while end < endIndex, self[end].isTokenByte { end += 1 }
        return offset..<end
    }

    fileprivate func skipWhitespace(_ offset: inout Int) {
        while offset < endIndex, self[offset] == 0x20 || self[offset] == 0x09 { offset += 1 }
    }

    /// Whether these are the same bytes but for the case of ASCII letters.
    fileprivate func equalsIgnoringCase(_ other: ArraySlice<UInt8>) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }

    /// - Parameter name: in lower case.
    fileprivate func equalsIgnoringCase(_ name: String) -> Bool {
        count == name.utf8.count && zip(self, name.utf8).allSatisfy { $0.lowercasedASCII == $1 }
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    fileprivate var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"): true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"): true
        case UInt8(ascii: "~"): true
        default: false
        }
    }
}
