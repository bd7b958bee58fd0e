/// One element of the field `forwarded`, what one proxy has told (RFC 7239 section 4):
///
///     Forwarded         = 1#forwarded-element
///     forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
///     forwarded-pair    = token "=" ( token / quoted-string )
///
/// White space is allowed around the commas of the list and nowhere else. A name, in any case, may be there once.
struct ForwardedElement {
    /// An element with more pairs is malformed; four names are registered.
    private static let mostPairs = 16

    private(set) var node: ToldValue?
    private(set) var proto: ToldValue?
    private(set) var host: ToldValue?

    /// Whether a line is a list of elements, of which some may be empty.
    static func isList(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Bool {
        var offset = line.lowerBound
        while true {
            bytes.skipWhitespace(&offset, to: line.upperBound)
            guard ForwardedElement(bytes, at: &offset, to: line.upperBound) != nil else { return false }
            bytes.skipWhitespace(&offset, to: line.upperBound)
            guard offset < line.upperBound else { return true }
            guard bytes[offset] == UInt8(ascii: ",") else { return false }
            offset &+= 1
        }
    }

    /// Parses the one element that is in `range`, without white space around it.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var offset = range.lowerBound
        self.init(bytes, at: &offset, to: range.upperBound)
        guard offset == range.upperBound else { return nil }
    }

    /// Parses the element that begins at `offset`, which may be empty, up to a comma, white space or the end. Nil if the grammar is broken.
    private init?(_ bytes: Span<UInt8>, at offset: inout Int, to end: Int) {
        var names = InlineArray<16, Range<Int>>(repeating: 0..<0)
        var count = 0
        while offset < end, !bytes[offset].endsElement {
            if bytes[offset] == UInt8(ascii: ";") {
                offset &+= 1
                continue
            }
            let name = bytes.token(at: offset, to: end)
            offset = name.upperBound
            guard !name.isEmpty, count < Self.mostPairs, offset < end, bytes[offset] == UInt8(ascii: "=") else { return nil }
            for index in 0..<count where bytes.areEqualIgnoringCase(names[index], name) { return nil }
            names[count] = name
            count &+= 1
            offset &+= 1
            guard let value = ToldValue(bytes, at: &offset, to: end) else { return nil }
            switch bytes.extracting(name).lowercaseWord {
            case 0x72_6F66: node = value  // for
            case 0x6F_746F_7270: proto = value  // proto
            case 0x7473_6F68: host = value  // host
            default: break
            }
            guard offset == end || bytes[offset] == UInt8(ascii: ";") || bytes[offset].endsElement else { return nil }
        }
    }
}

extension ToldValue {
    /// Parses the token or the quoted string that begins at `offset` (RFC 9110 section 5.6).
    fileprivate init?(_ bytes: Span<UInt8>, at offset: inout Int, to end: Int) {
        guard offset < end, bytes[offset] == UInt8(ascii: "\"") else {
            let token = bytes.token(at: offset, to: end)
            guard !token.isEmpty else { return nil }
            offset = token.upperBound
            self.init(range: token)
            return
        }
        offset &+= 1
        let start = offset
        var isEscaped = false
        while offset < end, bytes[offset] != UInt8(ascii: "\"") {
            if bytes[offset] == UInt8(ascii: "\\") {
                isEscaped = true
                offset &+= 1
            }
            guard offset < end, bytes[offset] >= 0x20 && bytes[offset] != 0x7F || bytes[offset] == 0x09 else { return nil }
            offset &+= 1
        }
        guard offset < end else { return nil }
        self.init(range: start..<offset, isEscaped: isEscaped)
        offset &+= 1
    }
}

extension Span<UInt8> {
    /// Where the longest token (RFC 9110 section 5.6.2) is that begins at `offset`; it may be empty.
    fileprivate func token(at offset: Int, to end: Int) -> Range<Int> {
        var tokenEnd = offset
        while tokenEnd < end, self[tokenEnd].isTokenByte { tokenEnd &+= 1 }
        return offset..<tokenEnd
    }

    fileprivate func skipWhitespace(_ offset: inout Int, to end: Int) {
        while offset < end, self[offset] == 0x20 || self[offset] == 0x09 { offset &+= 1 }
    }

    /// Whether the same bytes are in both places but for the case of ASCII letters.
    fileprivate func areEqualIgnoringCase(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count {
            let (one, other) = (self[one.lowerBound &+ offset], self[other.lowerBound &+ offset])
            guard one == other || (one ^ other == 0x20 && (one | 0x20) &- 0x61 < 26) else { return false }
        }
        return true
    }
}

extension UInt8 {
    /// Whether an element of the list ends before this byte.
    fileprivate var endsElement: Bool { self == UInt8(ascii: ",") || self == 0x20 || self == 0x09 }

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
