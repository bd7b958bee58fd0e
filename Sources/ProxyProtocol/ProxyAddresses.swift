/// The two ends of the connection on whose behalf a proxy speaks.
public enum ProxyAddresses: Sendable, Hashable {
    /// The kind of socket.
    public enum Transport: Sendable, Hashable {
        /// TCP, or a Unix stream.
        case stream
        /// UDP, or Unix datagrams.
        case datagram
    }

    /// The header does not tell.
    case unspecified
    case ipv4(source: IPEndpoint<IPv4Address>, destination: IPEndpoint<IPv4Address>, Transport)
    case ipv6(source: IPEndpoint<IPv6Address>, destination: IPEndpoint<IPv6Address>, Transport)
    case unix(source: UnixAddress, destination: UnixAddress, Transport)

    /// The client's end; nil if the header does not tell.
    public var source: ProxyEndpoint? {
        switch self {
        case .unspecified: nil
        case .ipv4(let source, _, _): .ip(.v4(source.address), port: source.port)
        case .ipv6(let source, _, _): .ip(.v6(source.address), port: source.port)
        case .unix(let source, _, _): .unix(source)
        }
    }

    /// The end that the client connected to; nil if the header does not tell.
    public var destination: ProxyEndpoint? {
        switch self {
        case .unspecified: nil
        case .ipv4(_, let destination, _): .ip(.v4(destination.address), port: destination.port)
        case .ipv6(_, let destination, _): .ip(.v6(destination.address), port: destination.port)
        case .unix(_, let destination, _): .unix(destination)
        }
    }

    /// The kind of socket; nil if the header does not tell.
    public var transport: Transport? {
        switch self {
        case .unspecified: nil
        case .ipv4(_, _, let transport), .ipv6(_, _, let transport), .unix(_, _, let transport): transport
        }
    }
}
