/// What stands at the beginning of a line of a header or trailer section (RFC 9112 section 5).
enum FieldLine {
    /// The line is not complete.
    case incomplete
    /// The empty line that ends the section; `next` is the offset behind it.
    case blank(next: Int)
    /// A field; `next` is the offset of the next line.
    case field(FieldEntry, next: Int, hasUnderscore: Bool)

    /// Parses the line that begins at `start` and is looked at up to `end`.
    ///
    /// A fault is found at the first byte that makes the line wrong, however the bytes were cut into pieces.
    @inline(__always)
    static func parse(_ bytes: RawSpan, from start: Int, to end: Int) throws(Fault) -> FieldLine {
        var offset = start
        var hasUnderscore = false
        while true {
            offset = bytes.endOfLettersAndDashes(from: offset, to: end)
            guard offset < end else { return .incomplete }
            let byte = bytes.byte(at: offset)
            if byte == 0x3A { break }
            guard ByteSet.token.contains(byte) else { return try parseWithoutName(bytes, at: offset, start: start, end: end) }
            if byte == 0x5F { hasUnderscore = true }
            offset &+= 1
        }
        let name = start..<offset
        guard !name.isEmpty else { throw .malformed("a field has no name") }
        offset &+= 1
        while offset < end, bytes.byte(at: offset) == 0x20 || bytes.byte(at: offset) == 0x09 { offset &+= 1 }
        let valueStart = offset
        while true {
            offset = bytes.firstControl(from: offset, to: end)
            guard offset < end else { return .incomplete }
            let byte = bytes.byte(at: offset)
            if byte == 0x0D { break }
            guard byte == 0x09 else { throw .malformed("the value of a field holds a control character or a bare LF") }
            offset &+= 1
        }
        guard offset &+ 1 < end else { return .incomplete }
        guard bytes.byte(at: offset &+ 1) == 0x0A else { throw .malformed("a CR has no LF behind it") }
        var valueEnd = offset
        while valueEnd > valueStart, bytes.byte(at: valueEnd &- 1) == 0x20 || bytes.byte(at: valueEnd &- 1) == 0x09 { valueEnd &-= 1 }
        return .field(FieldEntry(name: name, value: valueStart..<valueEnd), next: offset &+ 2, hasUnderscore: hasUnderscore)
    }

    /// Decides about a line that has a byte before its colon that no name can hold.
    @inline(never)
    private static func parseWithoutName(_ bytes: RawSpan, at offset: Int, start: Int, end: Int) throws(Fault) -> FieldLine {
        let byte = bytes.byte(at: offset)
        if offset == start {
            if byte == 0x0D {
                guard offset + 1 < end else { return .incomplete }
                guard bytes.byte(at: offset + 1) == 0x0A else { throw .malformed("a CR has no LF behind it") }
                return .blank(next: offset + 2)
            }
            if byte == 0x20 || byte == 0x09 { throw .malformed("a line begins with white space (obsolete line folding)") }
        } else if byte == 0x20 || byte == 0x09 {
            throw .malformed("there is white space between the name of a field and its colon")
        }
        throw .malformed("the name of a field holds a byte that no name can hold, or a line has no colon")
    }
}
