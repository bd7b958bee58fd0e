import HTTPWire

/// Goes through the elements of a comma-separated list from the right to the left, over all lines of a field; empty elements are left out.
///
/// The right end is what the nearest proxy has written and the left end is the client's, so each line is looked at only when the walk gets
/// there, and a bad one ends it without harm to what was found to its right.
struct FieldElements: IteratorProtocol {
    private let field: ForwardedHeader
    private let head: RequestHead
    private let bytes: ArraySlice<UInt8>
    /// The line that the walk is in, and the left-most. Without any, the walk begins at its end.
    private var line: Int
    private let firstLine: Int
    /// What is left of the line.
    private var rest: Range<Int>
    /// Whether the walk has ended because a line breaks the grammar of its field.
    private(set) var isMalformed = false

    init(_ field: ForwardedHeader, in fields: ForwardedFields) {
        self.field = field
        head = fields.head
        bytes = fields.bytes
        rest = 0..<0
        guard let lines = fields[field] else {
            line = 0
            firstLine = 0
            return
        }
        line = lines.last
        firstLine = lines.first
        enterLine()
    }

    /// The next element to the left, without white space around it; nil at the end, or where the list is malformed.
    mutating func next() -> ArraySlice<UInt8>? {
        while true {
            while !rest.isEmpty {
                let start = field == .forwarded ? startOfLastQuotedElement : startOfLastElement
                let element = bytes[start..<rest.upperBound].trimmingWhitespace
                rest = rest.lowerBound..<max(rest.lowerBound, start - 1)
                if !element.isEmpty { return element }
            }
            guard !isMalformed, goToPreviousLine() else { return nil }
        }
    }

    /// Goes to the next line of the field to the left; returns false if there is none.
    private mutating func goToPreviousLine() -> Bool {
        while line > firstLine {
            line -= 1
            if ForwardedHeader(bytes.span, name: head.fieldNameRange(at: line)) == field {
                enterLine()
                return true
            }
        }
        return false
    }

    private mutating func enterLine() {
        let range = head.fieldValueRange(at: line)
        // Where quoted strings begin can only be told from the left.
        isMalformed = field == .forwarded && !ForwardedElement.isList(bytes[range])
        rest = isMalformed ? range.lowerBound..<range.lowerBound : range
    }

    private var startOfLastElement: Int {
        bytes[rest].lastIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? rest.lowerBound
    }

    /// The same where commas in quoted strings do not count.
    ///
    /// In a line whose grammar is right, a quote inside of a quoted string has a backslash before it, and the one that begins the string has a
    /// `=` there: so quoted strings can be skipped from the right too.
    private var startOfLastQuotedElement: Int {
        var start = rest.upperBound
        var isQuoted = false
        while start > rest.lowerBound {
            let byte = bytes[start - 1]
            if byte == UInt8(ascii: "\"") {
                isQuoted = !isQuoted || (start - 1 > rest.lowerBound && bytes[start - 2] == UInt8(ascii: "\\"))
            } else if byte == UInt8(ascii: ","), !isQuoted {
                break
            }
            start -= 1
        }
        return start
    }
}

extension ArraySlice<UInt8> {
    /// Without the spaces and tabs at both ends.
    fileprivate var trimmingWhitespace: ArraySlice<UInt8> {
        var (start, end) = (startIndex, endIndex)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return self[start..<end]
    }
}
