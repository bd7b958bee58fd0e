public import ProxyProtocol

/// What the server knows of a request beyond the scope's other fields: ASGI's `extensions`, by their names or as properties.
public struct ScopeExtensions: Sendable {
    private let exchange: Exchange

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// Whether there can be neither `proxyProtocol` nor `tls`.
    package var isOfPlainConnection: Bool { exchange.origin.isPlain }

    /// What a proxy has told of the connection before its first byte: addresses and TLVs; nil if none has. `proxy_protocol`.
    public var proxyProtocol: ProxyHeader? { exchange.origin.proxyHeader }

    /// TLS between the client and whoever ended it: the proxy, as its PROXY header tells, or this server; nil if there is none, or if forwarded
    /// fields name a client behind the one on the other end: its certificate would be the other proxy's. `tls`.
    public var tls: TLSExtension? {
        let header = exchange.origin.proxyHeader
        guard header?.command == .proxy || exchange.origin.tls != nil, !exchange.told(\.isForwarded) else { return nil }
        // A proxy that has ended TLS may speak it to this server once more, and then that is its own.
        if header?.command == .proxy, let ssl = header?.ssl { return TLSExtension(ssl) }
        return exchange.origin.tls
    }

    /// The process at the other end of a Unix socket: the proxy, as a rule; nil on TCP. `roost.peer`.
    public var peer: PeerCredentials? { exchange.origin.credentials }

    /// What the request is called. `roost.request_id`.
    public var requestID: String { exchange.requestID.description }

    /// That the server sends files by their path, with `ASGISendEvent.httpResponsePathsend`; nil in a websocket scope only. `http.response.pathsend`.
    public var pathsend: PathsendExtension? { exchange.asksForWebSocket ? nil : PathsendExtension() }

    /// That the server sends parts of open files, with `ASGISendEvent.httpResponseZerocopysend`; nil in a websocket scope only.
    /// `http.response.zerocopysend`.
    public var zerocopysend: ZerocopysendExtension? { exchange.asksForWebSocket ? nil : ZerocopysendExtension() }

    /// That responses may end with trailer fields, `ASGISendEvent.httpResponseTrailers`; nil unless the client says that it takes them (`TE: trailers`),
    /// and in a websocket scope. `http.response.trailers`.
    public var trailers: TrailersExtension? { exchange.head.takesTrailers && !exchange.asksForWebSocket ? TrailersExtension() : nil }

    /// That links may be hinted at before the response, with `ASGISendEvent.httpResponseEarlyHint`; nil unless `Config.earlyHints` says so and the
    /// client speaks HTTP/1.1, and in a websocket scope. `http.response.early_hint`.
    public var earlyHint: EarlyHintExtension? { exchange.takesEarlyHints && !exchange.asksForWebSocket ? EarlyHintExtension() : nil }

    /// That a client that asks for a WebSocket may be refused with a response of the application's own,
    /// `ASGISendEvent.websocketHTTPResponseStart`; nil in an http scope. `websocket.http.response`.
    public var webSocketHTTPResponse: WebSocketHTTPResponseExtension? { exchange.asksForWebSocket ? WebSocketHTTPResponseExtension() : nil }

    /// The extension with this name, a `ProxyHeader`, `TLSExtension`, `PeerCredentials`, `String`, `PathsendExtension`, `ZerocopysendExtension`,
    /// `TrailersExtension`, `EarlyHintExtension` or `WebSocketHTTPResponseExtension`; nil if there is none.
    public subscript(name: String) -> (any Sendable)? {
        switch name {
        case "proxy_protocol": proxyProtocol
        case "tls": tls
        case "roost.peer": peer
        case "roost.request_id": requestID
        case "http.response.pathsend": pathsend
        case "http.response.zerocopysend": zerocopysend
        case "http.response.trailers": trailers
        case "http.response.early_hint": earlyHint
        case "websocket.http.response": webSocketHTTPResponse
        default: nil
        }
    }
}

/// ASGI's `http.response.pathsend` extension: it is there, and says nothing more.
public struct PathsendExtension: Sendable {
    init() {}
}

/// ASGI's `http.response.zerocopysend` extension: it is there, and says nothing more.
public struct ZerocopysendExtension: Sendable {
    init() {}
}

/// ASGI's `http.response.trailers` extension: it is there, and says nothing more.
public struct TrailersExtension: Sendable {
    init() {}
}

/// ASGI's `http.response.early_hint` extension: it is there, and says nothing more.
public struct EarlyHintExtension: Sendable {
    init() {}
}

/// ASGI's `websocket.http.response` extension: it is there, and says nothing more.
public struct WebSocketHTTPResponseExtension: Sendable {
    init() {}
}
