public import HTTPWire
public import Tracing

/// The scope of one WebSocket; names are ASGI's. What it is asked with is an HTTP request: `http` is the scope of that.
public struct WebSocketScope: Sendable {
    /// The request that asks for the WebSocket. What middleware sets here replaces what was received.
    public var http: HTTPScope

    package init(_ exchange: Exchange) {
        http = HTTPScope(exchange)
    }

    /// `1.1`, or `2` on a stream of HTTP/2 (RFC 8441).
    public var httpVersion: String { http.httpVersion }

    /// `ws` or `wss`.
    public var scheme: String { http.scheme == "https" ? "wss" : "ws" }

    /// As of `HTTPScope`.
    public var path: String {
        get { http.path }
        set { http.path = newValue }
    }

    /// As of `HTTPScope`.
    public var rawPath: String { http.rawPath }

    /// As of `HTTPScope`.
    public var queryString: String { http.queryString }

    /// As of `HTTPScope`.
    public var rootPath: String {
        get { http.rootPath }
        set { http.rootPath = newValue }
    }

    /// As of `HTTPScope`; `origin`, if there is one, is for the application to judge.
    public var headers: Headers {
        get { http.headers }
        set { http.headers = newValue }
    }

    /// As of `HTTPScope`.
    public var client: Endpoint? {
        get { http.client }
        set { http.client = newValue }
    }

    /// As of `HTTPScope`.
    public var server: Endpoint? { http.server }

    /// The subprotocols that the client offers, the one it likes best first.
    public var subprotocols: [String] { http.offeredSubprotocols }

    /// As of `HTTPScope`.
    public var state: [String: any Sendable] {
        get { http.state }
        set { http.state = newValue }
    }

    /// As of `HTTPScope`.
    public var requestID: String { http.requestID }

    /// As of `HTTPScope`.
    public var traceID: String? { http.traceID }

    /// As of `HTTPScope`.
    public var span: (any Tracing.Span)? { http.span }

    /// As of `HTTPScope`; with `websocket.http.response`, and without what is for responses.
    public var extensions: ScopeExtensions { http.extensions }
}
