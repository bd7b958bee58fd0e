/// The header that a proxy puts before a connection's first byte to say on whose behalf it speaks: the PROXY protocol, versions 1 and 2, of
/// HAProxy's `proxy-protocol.txt`.
///
/// It is a claim of whoever sent it. Whether to believe it is not decided here.
public struct ProxyHeader: Sendable, Hashable {
    /// The form in which a header was written.
    public enum Version: Sendable, Hashable {
        /// A line of text.
        case v1
        /// Binary.
        case v2
    }

    /// Why the connection was opened.
    public enum Command: Sendable, Hashable {
        /// By the proxy for itself, a health check for instance: the connection's real ends count.
        case local
        /// On behalf of a client.
        case proxy
    }

    public let version: Version
    public let command: Command
    /// The client's connection to the proxy; `.unspecified` with `.local`. Where it is unspecified the connection's real ends count.
    public let addresses: ProxyAddresses
    /// What else the proxy tells, in its order; empty in version 1. Padding (`ProxyTLV.Kind.noop`) is left out by the parser.
    public let tlvs: [ProxyTLV]

    private init(version: Version, command: Command, addresses: ProxyAddresses, tlvs: [ProxyTLV]) {
        self.version = version
        self.command = command
        self.addresses = addresses
        self.tlvs = tlvs
    }

    /// A header of version 1. It can tell of nothing but TCP over IPv4 and IPv6; other addresses become `.unspecified` (`UNKNOWN` in the text).
    public static func v1(_ addresses: ProxyAddresses) -> ProxyHeader {
        let expressible: ProxyAddresses =
            switch addresses {
            case .ipv4(_, _, .stream), .ipv6(_, _, .stream): addresses
            case .ipv4, .ipv6, .unix, .unspecified: .unspecified
            }
        return ProxyHeader(version: .v1, command: .proxy, addresses: expressible, tlvs: [])
    }

    /// A header of version 2 for a client's connection.
    public static func v2(_ addresses: ProxyAddresses, tlvs: [ProxyTLV] = []) -> ProxyHeader {
        ProxyHeader(version: .v2, command: .proxy, addresses: addresses, tlvs: tlvs)
    }

    /// A header of version 2 for a connection that the proxy opened for itself.
    public static func local(tlvs: [ProxyTLV] = []) -> ProxyHeader {
        ProxyHeader(version: .v2, command: .local, addresses: .unspecified, tlvs: tlvs)
    }
}
