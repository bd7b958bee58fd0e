import HTTPWire

/// The forwarded fields of a request, found in one pass over its head.
struct ForwardedFields {
    /// The lines of one field, by their indices in the head; there may be others between them.
    struct Lines {
        var first: Int
        var last: Int
    }

    let head: RequestHead
    let bytes: ArraySlice<UInt8>
    /// By `ForwardedHeader.index`.
    private var lines = InlineArray<6, Lines?>(repeating: nil)

    init(_ head: RequestHead) {
        self.head = head
        bytes = head.bytes
        for index in 0..<head.fieldCount {
            guard let field = ForwardedHeader(name: bytes[head.fieldNameRange(at: index)])?.index else { continue }
            lines[field] = Lines(first: lines[field]?.first ?? index, last: index)
        }
    }

    /// Where a field's lines are; nil if there are none.
    subscript(field: ForwardedHeader) -> Lines? { lines[field.index] }

    func has(_ family: ForwardedFamily) -> Bool {
        for field in ForwardedHeader.allCases where field.family == family && self[field] != nil { return true }
        return false
    }

    /// The element of a list field that has `position` others to its right, or the left-most if there are not so many. Nil if there is none.
    func element(of field: ForwardedHeader, at position: Int) -> ArraySlice<UInt8>? {
        var elements = FieldElements(field, in: self)
        var found: ArraySlice<UInt8>?
        for _ in 0...max(position, 0) {
            guard let element = elements.next() else { break }
            found = element
        }
        return found
    }
}
