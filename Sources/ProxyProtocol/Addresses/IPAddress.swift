/// An IPv4 or IPv6 address.
public enum IPAddress: Sendable, Hashable, LosslessStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Reads a text as `IPv4Address` and `IPv6Address` do; nil if it is neither.
    public init?(_ text: String) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The address with an IPv4 address that is mapped into IPv6 (`::ffff:192.0.2.1`) taken out of it, so that both forms of one host are equal.
    public var unmapped: IPAddress {
        if case .v6(let address) = self, let inner = address.mappedIPv4 { .v4(inner) } else { self }
    }

    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}
