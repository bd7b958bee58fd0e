/// Takes one TLV after another out of a range of bytes. It looks at their lengths only, at what they hold it does not.
struct TLVReader {
    /// Where the next TLV begins.
    private(set) var offset: Int
    private let end: Int

    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next TLV; nil at the end of the range.
    mutating func next(_ bytes: Span<UInt8>) throws(MalformedProxyHeader) -> ProxyTLV? {
        guard offset < end else { return nil }
        let left = end - offset - 3
        guard left >= 0 else { throw .v2("fewer than 3 bytes are left over behind the last TLV", at: offset) }
        let length = Int(bytes[offset + 1]) << 8 | Int(bytes[offset + 2])
        guard length <= left else { throw .v2("a TLV says that it has \(length) bytes, but \(left) are left", at: offset + 1) }
        let start = offset + 3
        let kind = ProxyTLV.Kind(rawValue: bytes[offset])
        offset = start + length
        return ProxyTLV(kind, bytes.array(start..<offset))
    }
}

extension Span<UInt8> {
    func array(_ range: Range<Int>) -> [UInt8] {
        range.map { self[$0] }
    }
}
