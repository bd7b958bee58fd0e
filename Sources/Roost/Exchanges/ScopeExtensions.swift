public import ProxyProtocol

/// What the server knows of a request beyond the scope's other fields: ASGI's `extensions`, by their names or as properties.
public struct ScopeExtensions: Sendable {
    private let exchange: Exchange

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// What a proxy has told of the connection before its first byte: addresses and TLVs; nil if none has. `proxy_protocol`.
    public var proxyProtocol: ProxyHeader? { exchange.origin.proxyHeader }

    /// TLS between the client and the proxy that ended it, as far as its PROXY header tells; nil if it does not, or if forwarded fields name a
    /// client behind the one that the header is about: its certificate would be the other proxy's. `tls`.
    public var tls: TLSExtension? {
        guard let header = exchange.origin.proxyHeader, header.command == .proxy, !exchange.told(\.isForwarded) else { return nil }
        return header.ssl.flatMap { TLSExtension($0) }
    }

    /// The process at the other end of a Unix socket: the proxy, as a rule; nil on TCP. `roost.peer`.
    public var peer: PeerCredentials? { exchange.origin.credentials }

    /// What the request is called. `roost.request_id`.
    public var requestID: String { exchange.requestID.description }

    /// That the server sends files by their path, with `ASGISendEvent.httpResponsePathsend`; never nil. `http.response.pathsend`.
    public var pathsend: PathsendExtension? { PathsendExtension() }

    /// The extension with this name, a `ProxyHeader`, `TLSExtension`, `PeerCredentials`, `String` or `PathsendExtension`; nil if there is none.
    public subscript(name: String) -> (any Sendable)? {
        switch name {
        case "proxy_protocol": proxyProtocol
        case "tls": tls
        case "roost.peer": peer
        case "roost.request_id": requestID
        case "http.response.pathsend": pathsend
        default: nil
        }
    }
}

/// ASGI's `http.response.pathsend` extension: it is there, and says nothing more.
public struct PathsendExtension: Sendable {
    init() {}
}
