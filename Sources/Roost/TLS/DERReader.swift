/// Reads values in the distinguished encoding of ASN.1 (X.690), one after the other.
///
/// For certificates that BoringSSL has read before: what is wrong there ends the reading, and nothing more is said about it.
struct DERReader {
    struct Element: Equatable {
        let tag: UInt8
        let content: ArraySlice<UInt8>
        /// With the tag and the length in front.
        let whole: ArraySlice<UInt8>

        /// What it is made of.
        var parts: DERReader { DERReader(content) }
    }

    enum Tag {
        static let octetString: UInt8 = 0x04
        static let objectIdentifier: UInt8 = 0x06
        static let utf8String: UInt8 = 0x0C
        static let printableString: UInt8 = 0x13
        static let teletexString: UInt8 = 0x14
        static let ia5String: UInt8 = 0x16
        static let universalString: UInt8 = 0x1C
        static let bmpString: UInt8 = 0x1E
        static let sequence: UInt8 = 0x30
        static let set: UInt8 = 0x31

        /// A tag that the type around it gives meaning to.
        static func context(_ number: UInt8, isConstructed: Bool) -> UInt8 { 0x80 | (isConstructed ? 0x20 : 0) | number }
    }

    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { bytes.isEmpty }

    /// The next value; nil at the end and for what is no value.
    mutating func next() -> Element? {
        var rest = bytes
        // Tags above 30 take more bytes; certificates have none.
        guard let tag = rest.popFirst(), tag & 0x1F != 0x1F, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            // Certificates are shorter than 16 MiB.
            let count = Int(first & 0x7F)
            guard (1...3).contains(count), rest.count >= count else { return nil }
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(count)
        }
        guard rest.count >= length else { return nil }
        let whole = bytes.prefix(rest.startIndex - bytes.startIndex + length)
        bytes = rest.dropFirst(length)
        return Element(tag: tag, content: rest.prefix(length), whole: whole)
    }

    /// The next value, if it has this tag; else nil, and it is still the next.
    mutating func next(_ tag: UInt8) -> Element? {
        guard bytes.first == tag else { return nil }
        return next()
    }
}
