/// One end of a connection, of whatever family.
public enum ProxyEndpoint: Sendable, Hashable, CustomStringConvertible {
    case ip(IPAddress, port: UInt16)
    case unix(UnixAddress)

    /// `192.0.2.1:80`, `[2001:db8::1]:80`, or `unix:` and the address's own text.
    public var description: String {
        switch self {
        case .ip(.v4(let address), let port): "\(address):\(port)"
        case .ip(.v6(let address), let port): "[\(address)]:\(port)"
        case .unix(let address): "unix:\(address)"
        }
    }
}
