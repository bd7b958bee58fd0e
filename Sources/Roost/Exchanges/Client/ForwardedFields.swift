import HTTPWire

/// Where the forwarded fields of a request are, found in one pass over its head.
struct ForwardedFields {
    /// The lines of one field, by their indices in the head; there may be others between them.
    struct Lines {
        var first: Int
        var last: Int
    }

    let head: RequestHead
    /// By `ForwardedHeader.index`; those of fields that are not there mean nothing.
    private var lines = InlineArray<6, Lines>(repeating: Lines(first: 0, last: 0))
    /// The bits of the fields that are there.
    private var bits: UInt8 = 0

    /// - Parameter bytes: those of the head, here and below.
    init(_ head: RequestHead, _ bytes: Span<UInt8>) {
        self.head = head
        for index in 0..<head.fieldCount {
            guard let field = ForwardedHeader(bytes, name: head.fieldNameRange(at: index)) else { continue }
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
    func element(of field: ForwardedHeader, at position: Int, _ bytes: Span<UInt8>) -> Range<Int>? {
        guard bits & field.bit != 0 else { return nil }
        var elements = FieldElements(field, in: self, bytes)
        var found: Range<Int>?
        for _ in 0...max(position, 0) {
            guard let element = elements.next(in: self, bytes) else { break }
            found = element
        }
        return found
    }
}
