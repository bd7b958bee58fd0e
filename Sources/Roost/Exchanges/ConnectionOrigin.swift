import HTTPWire
import Logging
import ProxyProtocol

/// Who is at the two ends of a connection; shared by all its requests, and by all connections that one process makes to a Unix listener.
final class ConnectionOrigin: Sendable {
    /// Who is calling, as far as the connection tells.
    let client: Client
    /// Who sends the requests: the client, or the last proxy before us that speaks HTTP.
    let hop: Hop
    /// The address at the other end of the connection itself, whatever a proxy tells; nil on a Unix socket.
    let peer: Endpoint?
    /// The process at the other end of a Unix socket.
    let credentials: PeerCredentials?
    /// What a proxy has told of the connection.
    let proxyHeader: ProxyHeader?
    /// TLS on the connection itself; nil if it is in clear text.
    let tls: TLSExtension?
    let policy: PeerPolicy
    /// Whether forwarded fields are believed.
    let isForwarderTrusted: Bool
    /// What the proxy calls the connection.
    let uniqueID: String?
    /// Whether there is neither a PROXY header nor TLS, as on most connections: the header is large, and is copied to be looked at.
    let isPlain: Bool

    /// A connection whose client is at its other end.
    convenience init(client: Client, hop: Hop, credentials: PeerCredentials? = nil, policy: PeerPolicy) {
        self.init(client: client, hop: hop, peer: client.address, credentials: credentials, proxyHeader: nil, policy: policy)
    }

    private init(
        client: Client, hop: Hop, peer: Endpoint?, credentials: PeerCredentials?, proxyHeader: ProxyHeader?, tls: TLSExtension? = nil, policy: PeerPolicy
    ) {
        self.client = client
        self.hop = hop
        self.peer = peer
        self.credentials = credentials
        self.proxyHeader = proxyHeader
        self.tls = tls
        self.policy = policy
        isPlain = proxyHeader == nil && tls == nil
        isForwarderTrusted = policy.forwarded.trusts(hop)
        uniqueID = proxyHeader?.command == .proxy ? proxyHeader?.uniqueID.flatMap(ReceivedRequestID.text(uniqueID:)) : nil
    }

    /// A connection between these ends; without an address the client is on a Unix socket.
    convenience init(client: Endpoint?, server: Endpoint?, credentials: PeerCredentials? = nil, policy: PeerPolicy) {
        let address = client.flatMap { IPAddress($0.host) }
        self.init(
            client: Client(address: client, scheme: .http, server: server),
            hop: address.map { .ip($0.unmapped) } ?? (client == nil ? .unix : .unknown),
            credentials: credentials,
            policy: policy
        )
    }

    /// The same connection as a PROXY header tells of it. Where the header does not tell, the real ends count.
    ///
    /// A connection that the proxy made for itself is the proxy's, whatever else its header holds. One that it made for somebody whom it can't
    /// name by an address is nobody's to be trusted: the forwarded fields on it may be anyone's.
    func proxied(by header: ProxyHeader) -> ConnectionOrigin {
        guard header.command == .proxy else {
            return ConnectionOrigin(client: client, hop: hop, peer: peer, credentials: credentials, proxyHeader: header, policy: policy)
        }
        var client = client
        var hop = Hop.unknown
        switch header.addresses.source {
        case .ip(let address, let port):
            client.address = Endpoint(host: "\(address.unmapped)", port: Int(port))
            hop = .ip(address.unmapped)
        case .unix: client.address = nil
        case nil: break
        }
        switch header.addresses.destination {
        case .ip(let address, let port): client.server = Endpoint(host: "\(address.unmapped)", port: Int(port))
        case .unix(let address) where address != .unnamed: client.server = Endpoint(host: address.description, port: nil)
        case .unix, nil: break
        }
        if header.ssl?.client.contains(.ssl) ?? false { client.scheme = .https }
        return ConnectionOrigin(client: client, hop: hop, peer: peer, credentials: credentials, proxyHeader: header, policy: policy)
    }

    /// The same connection once TLS is spoken on it, after a PROXY header if there is one.
    func secured(by session: TLSSession) -> ConnectionOrigin {
        var client = client
        client.scheme = .https
        return ConnectionOrigin(
            client: client, hop: hop, peer: peer, credentials: credentials, proxyHeader: proxyHeader, tls: session.scopeExtension, policy: policy)
    }

    /// What logs call a client without an address.
    static let unixName = "unix"

    /// Who is calling, for lines of the log about the connection as such.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = ["client": "\(client.address?.host ?? Self.unixName)"]
        if let port = client.address?.port, port > 0 { metadata["client_port"] = .stringConvertible(port) }
        if let bind = policy.bind { metadata["bind"] = "\(bind)" }
        if let credentials { metadata["peer"] = "\(credentials)" }
        return metadata
    }

    /// Who is calling, without what one caller can change at will: the port, and the half of an IPv6 address that is its own to choose.
    var source: String {
        guard let host = client.address?.host else { return credentials.map { "uid \($0.uid)" } ?? "unix" }
        guard let address = IPv6Address(host) else { return host }
        return "\(IPv6Address(bits: (address.bits >> 64) << 64))/64"
    }
}
