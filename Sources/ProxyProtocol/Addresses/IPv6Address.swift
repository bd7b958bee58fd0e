/// An IPv6 address, without a zone.
public struct IPv6Address: Sendable, Hashable, LosslessStringConvertible {
    /// The address as a number: `::1` is 1.
    public var bits: UInt128

    public init(bits: UInt128) {
        self.bits = bits
    }

    /// Reads RFC 4291 section 2.2: eight groups of up to four hexadecimal digits in either case, at most one run of them left out as `::`, the
    /// last two perhaps written as an IPv4 address. Nil if the text is anything else, also for brackets and a zone.
    public init?(_ text: String) {
        var scanner = IPv6Scanner()
        for byte in text.utf8 {
            guard scanner.accept(byte) else { return nil }
        }
        guard let address = scanner.address else { return nil }
        self = address
    }

    /// The IPv4 address that is mapped into this one (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2).
    public var mappedIPv4: IPv4Address? {
        bits >> 32 == 0xFFFF ? IPv4Address(bits: UInt32(truncatingIfNeeded: bits)) : nil
    }

    /// The text of RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of two or more zero groups; mapped IPv4
    /// addresses in their own form behind `::ffff:`.
    public var description: String {
        if let mappedIPv4 { return "::ffff:\(mappedIPv4)" }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> (112 - 16 * $0)) }
        var longest = 0..<0
        var start = 0
        for index in 0..<8 {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > max(longest.count, 1) {
                longest = start..<index + 1
            }
        }
        func text(_ groups: ArraySlice<UInt16>) -> String { groups.map { String($0, radix: 16) }.joined(separator: ":") }
        return longest.isEmpty ? text(groups[...]) : "\(text(groups[..<longest.lowerBound]))::\(text(groups[longest.upperBound...]))"
    }
}
