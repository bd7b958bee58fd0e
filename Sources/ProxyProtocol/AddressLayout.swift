/// What the 14th byte of version 2 says about the addresses that follow.
enum AddressLayout: Sendable {
    /// There are none.
    case none
    case ipv4(ProxyAddresses.Transport)
    case ipv6(ProxyAddresses.Transport)
    case unix(ProxyAddresses.Transport)
    /// They mean nothing, and it is not defined where they end.
    case undefined

    /// Nil if the family or the protocol is a number that is not assigned.
    init?(familyAndProtocol byte: UInt8) {
        let transport: ProxyAddresses.Transport?
        switch byte & 0xF {
        case 0: transport = nil
        case 1: transport = .stream
        case 2: transport = .datagram
        default: return nil
        }
        switch byte >> 4 {
        case 0: self = .none
        case 1: self = transport.map(Self.ipv4) ?? .undefined
        case 2: self = transport.map(Self.ipv6) ?? .undefined
        case 3: self = transport.map(Self.unix) ?? .undefined
        default: return nil
        }
    }

    /// The length of the addresses in bytes; nil if it is not defined.
    var length: Int? {
        switch self {
        case .none: 0
        case .ipv4: 12
        case .ipv6: 36
        case .unix: 2 * UnixAddress.fieldLength
        case .undefined: nil
        }
    }
}
