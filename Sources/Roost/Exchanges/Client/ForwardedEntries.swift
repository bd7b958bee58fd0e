/// Goes through the senders of a request as proxies have named them: from the right, which is the nearest, to the left.
struct ForwardedEntries {
    struct Entry {
        /// Nil if an element of `forwarded` has no `for`.
        let node: ForwardedNode?
        /// The element of `forwarded` that it is from.
        let element: ForwardedElement?
    }

    enum Step {
        case entry(Entry)
        case end
        /// No further entry can be believed, for this reason.
        case malformed(String)
    }

    private var elements: FieldElements
    private let family: ForwardedFamily

    init(_ family: ForwardedFamily, in fields: ForwardedFields, _ bytes: Span<UInt8>) {
        elements = FieldElements(family == .forwarded ? .forwarded : .xForwardedFor, in: fields, bytes)
        self.family = family
    }

    mutating func next(in fields: ForwardedFields, _ bytes: Span<UInt8>) -> Step {
        guard let range = elements.next(in: fields, bytes) else {
            return elements.isMalformed ? .malformed("forwarded has a line that is no list of elements as for=192.0.2.1;proto=https (RFC 7239)") : .end
        }
        switch family {
        case .xForwarded:
            guard let node = ForwardedNode(bytes.extracting(range), .xForwardedFor) else {
                return .malformed("x-forwarded-for has an entry that is not an IP address, with or without a port")
            }
            return .entry(Entry(node: node, element: nil))
        case .forwarded:
            guard let element = ForwardedElement(bytes, range) else { return .end }
            guard let value = element.node else { return .entry(Entry(node: nil, element: element)) }
            guard let node = value.parse(bytes, { ForwardedNode($0, .forwarded) }) else {
                return .malformed(#"forwarded has a "for" that is not an IPv4 address, an IPv6 address in brackets, unknown or a name with _ before it"#)
            }
            return .entry(Entry(node: node, element: element))
        }
    }
}
