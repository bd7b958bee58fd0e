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
    /// By `ForwardedHeader.index`; those of fields that are not there mean nothing.
    private var lines = InlineArray<6, Lines>(repeating: Lines(first: 0, last: 0))
    /// The bits of the fields that are there.
    private var bits: UInt8 = 0

    init(_ head: RequestHead) {
        self.head = head
        let bytes = head.bytes
        self.bytes = bytes
        let span = bytes.span
        for index in 0..<head.fieldCount {
            guard let field = ForwardedHeader(span, name: head.fieldNameRange(at: index)) else { continue }
            let first = self[field]?.first ?? index
            lines[field.index] = Lines(first: first, last: index)
            bits |= field.bit
        }
    }

    /// Where a field's lines are; nil if there are none.
    subscript(field: ForwardedHeader) -> Lines? { bits & field.bit == 0 ? nil : lines[field.index] }

    /// Whether there is a field of this family.
    func has(_ family: ForwardedFamily) -> Bool { bits & family.bits != 0 }

    /// The element of a list field that has `position` others to its right, or the left-most if there are not so many. Nil if there is none.
    func element(of field: ForwardedHeader, at position: Int) -> ArraySlice<UInt8>? {
        guard bits & field.bit != 0 else { return nil }
        var elements = FieldElements(field, in: self)
        var found: ArraySlice<UInt8>?
        for _ in 0...max(position, 0) {
            guard let element = elements.next() else { break }
            found = element
        }
        return found
    }
}
