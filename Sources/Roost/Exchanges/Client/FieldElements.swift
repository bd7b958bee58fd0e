import HTTPWire

/// Goes through the elements of a comma-separated list from the right to the left, over all lines of a field; empty elements are left out.
///
/// The right end is what the nearest proxy has written and the left end is the client's, so each line is looked at only when the walk gets
/// there, and a bad one ends it without harm to what was found to its right.
struct FieldElements {
    private let field: ForwardedHeader
    /// The line that the walk is in, and the left-most.
    private var line = 0
    private let firstLine: Int
    /// What is left of the line.
    private var rest = 0..<0
    /// Whether the walk has ended because a line breaks the grammar of its field.
    private(set) var isMalformed = false

    init(_ field: ForwardedHeader, in fields: ForwardedFields, _ bytes: Span<UInt8>) {
        self.field = field
        let lines = fields[field]
        firstLine = lines?.first ?? 0
        if let lines {
            line = lines.last
            enterLine(fields, bytes)
        }
    }

    /// Where the next element to the left is, without white space around it; nil at the end, or where the list is malformed.
    mutating func next(in fields: ForwardedFields, _ bytes: Span<UInt8>) -> Range<Int>? {
        while true {
            while !rest.isEmpty {
                let start = field == .forwarded ? startOfLastQuotedElement(bytes) : startOfLastElement(bytes)
                let element = bytes.trimmingWhitespace(start..<rest.upperBound)
                rest = rest.lowerBound..<max(rest.lowerBound, start &- 1)
                if !element.isEmpty { return element }
            }
            guard !isMalformed, goToPreviousLine(fields, bytes) else { return nil }
        }
    }

    /// Goes to the next line of the field to the left; returns false if there is none.
    private mutating func goToPreviousLine(_ fields: ForwardedFields, _ bytes: Span<UInt8>) -> Bool {
        while line > firstLine {
            line &-= 1
            if ForwardedHeader(bytes, name: fields.head.fieldNameRange(at: line)) == field {
                enterLine(fields, bytes)
                return true
            }
        }
        return false
    }

    private mutating func enterLine(_ fields: ForwardedFields, _ bytes: Span<UInt8>) {
        rest = fields.head.fieldValueRange(at: line)
        // Where quoted strings begin can only be told from the left.
        if field == .forwarded, !ForwardedElement.isList(bytes, rest) {
            isMalformed = true
            rest = 0..<0
        }
    }

    private func startOfLastElement(_ bytes: Span<UInt8>) -> Int {
        var start = rest.upperBound
        while start > rest.lowerBound, bytes[start &- 1] != UInt8(ascii: ",") { start &-= 1 }
        return start
    }

    /// The same where commas in quoted strings do not count.
    ///
    /// In a line whose grammar is right, a quote inside of a quoted string has a backslash before it, and the one that begins the string has a
    /// `=` there: so quoted strings can be skipped from the right too.
    private func startOfLastQuotedElement(_ bytes: Span<UInt8>) -> Int {
        var start = rest.upperBound
        var isQuoted = false
        while start > rest.lowerBound {
            let byte = bytes[start &- 1]
            if byte == UInt8(ascii: "\"") {
                isQuoted = !isQuoted || (start &- 1 > rest.lowerBound && bytes[start &- 2] == UInt8(ascii: "\\"))
            } else if byte == UInt8(ascii: ","), !isQuoted {
                break
            }
            start &-= 1
        }
        return start
    }
}
