public import ProxyProtocol

/// The IP addresses that share their first bits, as `10.0.0.0/8` or `2001:db8::/32` name them (RFC 4632, RFC 4291 section 2.3); or one address.
///
/// An IPv4 address that is mapped into IPv6 (`::ffff:10.1.2.3`) is taken as the IPv4 address that it is, in a network as well as in what is
/// compared with one. So `::/0` is every IPv6 address and no IPv4 address.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    /// The first address. Invariant: no bit behind the prefix is set, and it is unmapped.
    public let address: IPAddress
    /// How many bits the addresses share: 0 to 32 of IPv4, 0 to 128 of IPv6.
    public let prefixLength: Int

    /// One address.
    public init(_ address: IPAddress) {
        self.address = address.unmapped
        prefixLength = self.address.bitWidth
    }

    /// A network.
    ///
    /// Nil if there are not so many bits, or if bits behind the first `prefixLength` are set.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength), address.keeping(prefixLength) == address else { return nil }
        let isMapped = address.unmapped != address && prefixLength >= 96
        self.address = isMapped ? address.unmapped : address
        self.prefixLength = isMapped ? prefixLength - 96 : prefixLength
    }

    /// Reads an address, or an address, a slash and the number of bits.
    ///
    /// - Throws: `TrustedPeerError` if it is neither, or if bits behind the prefix are set: then it says which network that would be.
    public init(_ text: String) throws(TrustedPeerError) {
        let slash = text.firstIndex(of: "/")
        let addressText = String(text[..<(slash ?? text.endIndex)])
        guard let address = IPAddress(addressText) else { throw Self.noAddress(addressText, in: text) }
        guard let slash else {
            self.init(address)
            return
        }
        let digits = text[text.index(after: slash)...]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(digits), length <= address.bitWidth
        else {
            throw TrustedPeerError(text, "expected a number of bits from 0 to \(address.bitWidth) after the slash", example: "\(address)/\(address.bitWidth - 8)")
        }
        guard let network = IPNetwork(address, prefixLength: length) else {
            let first = address.keeping(length)
            throw TrustedPeerError(
                text, "bits behind the first \(length) are set; the network is \(first)/\(length), the address alone \(address)", example: "\(first)/\(length)")
        }
        self = network
    }

    /// The error for a text that has no address where one was expected, with a hint for what people write.
    private static func noAddress(_ address: String, in text: String) -> TrustedPeerError {
        if address.utf8.first == UInt8(ascii: "["), let last = address.firstIndex(of: "]") {
            let inner = String(address[address.index(after: address.startIndex)..<last])
            if IPAddress(inner) != nil {
                return TrustedPeerError(text, "an IPv6 address is written without brackets and without a port", example: inner)
            }
        }
        if let colon = address.firstIndex(of: ":"), case let host = String(address[..<colon]), IPAddress(host) != nil {
            return TrustedPeerError(text, "an address is written without a port", example: host)
        }
        return TrustedPeerError(
            text, "expected an IP address, a network, unix: or * (names are not looked up)", example: "127.0.0.1, 10.0.0.0/8 or unix:")
    }

    /// Whether an address is in the network.
    public func contains(_ candidate: IPAddress) -> Bool {
        switch (address, candidate.unmapped) {
        case (.v4(let first), .v4(let candidate)): (first.bits ^ candidate.bits) >> (32 &- prefixLength) == 0
        case (.v6(let first), .v6(let candidate)): (first.bits ^ candidate.bits) >> (128 &- prefixLength) == 0
        default: false
        }
    }

    /// `10.0.0.0/8`; for a single address only that.
    public var description: String {
        prefixLength == address.bitWidth ? "\(address)" : "\(address)/\(prefixLength)"
    }
}

extension IPAddress {
    fileprivate var bitWidth: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The address with all bits behind the first `length` cleared.
    fileprivate func keeping(_ length: Int) -> IPAddress {
        switch self {
        case .v4(let address): .v4(IPv4Address(bits: (address.bits >> (32 - length)) << (32 - length)))
        case .v6(let address): .v6(IPv6Address(bits: (address.bits >> (128 - length)) << (128 - length)))
        }
    }
}
