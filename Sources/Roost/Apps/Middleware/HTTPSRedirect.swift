/// Sends who comes by http to the same place by https; Hypercorn's `HTTPToHTTPSRedirectMiddleware`.
///
/// What came by http is what `HTTPScope.scheme` says, so that a trusted proxy's word counts. The method is kept: 307, or 308 for good. Who asks for a
/// WebSocket by ws is sent to wss.
public struct HTTPSRedirect: Sendable {
    private let app: ASGIFramework
    private let host: String?
    private let port: Int
    private let status: Int

    /// - Parameters:
    ///   - app: has the other calls.
    ///   - host: where to, with a port if it is not 443. Default: the host that was asked for, without its port; a request that names none is 400.
    ///   - isPermanent: whether clients may remember it (308). Default: false (307).
    public init(_ app: @escaping ASGIFramework, host: String? = nil, isPermanent: Bool = false) {
        self.init(app, host: host, port: 443, isPermanent: isPermanent)
    }

    /// - Parameter port: where https is served, for who does not name a host.
    init(_ app: @escaping ASGIFramework, host: String? = nil, port: Int, isPermanent: Bool) {
        self.app = app
        self.host = host
        self.port = port
        status = isPermanent ? 308 : 307
    }

    /// The app that passes on what need not be redirected.
    public var application: ASGIFramework {
        { scope, receive, send in
            switch scope {
            case .http(let request) where request.scheme == "http":
                guard let location = location(of: request, scheme: "https") else {
                    try await send(.httpResponseStart(status: 400, headers: ["content-type": "text/plain"]))
                    return try await send(.httpResponseBody(ByteBuffer(string: "Bad Request\n")))
                }
                try await send(.httpResponseStart(status: status, headers: ["location": location]))
                try await send(.httpResponseBody())
            case .websocket(let request) where request.scheme == "ws":
                guard let location = location(of: request.http, scheme: "wss") else { return try await WebSocketSession.refuse(receive, send, status: 400) }
                try await WebSocketSession.refuse(receive, send, status: status, headers: ["location": location])
            case .http, .websocket, .lifespan:
                try await app(scope, receive, send)
            }
        }
    }

    /// Where the same is by `scheme`; nil if the request names no host.
    private func location(of request: HTTPScope, scheme: String) -> String? {
        guard let host = host ?? request.headers["host"].map(Self.withoutPort).map({ $0.isEmpty || port == 443 ? $0 : "\($0):\(port)" }), !host.isEmpty
        else { return nil }
        let query = request.queryString
        // Of `*`, which is no path, nothing but the host is left.
        let path = request.rawPath.utf8.first == UInt8(ascii: "/") ? request.rawPath : "/"
        return scheme + "://" + host + path + (query.isEmpty ? "" : "?" + query)
    }

    /// `[2001:db8::1]:80` without `:80`.
    private static func withoutPort(_ host: String) -> String {
        let end = host.lastIndex(of: "]") ?? host.startIndex
        return host[end...].lastIndex(of: ":").map { String(host[..<$0]) } ?? host
    }
}
