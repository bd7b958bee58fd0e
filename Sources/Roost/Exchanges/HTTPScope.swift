public import HTTPWire
public import Tracing

/// The scope of one HTTP request; names are ASGI's.
///
/// Strings are made from the received bytes when they are asked for. What middleware sets replaces what was received.
public struct HTTPScope: Sendable {
    private let exchange: Exchange
    private var overrides: ScopeOverrides?

    package init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    /// `1.0`, `1.1` or `2`.
    public var httpVersion: String { "\(exchange.head.version.number)" }

    /// The request's method, in the case in which it came (methods are case-sensitive, RFC 9110 section 9.1).
    public var method: String { exchange.head.method }

    /// `http` or `https`.
    public var scheme: String {
        get { overrides?.scheme ?? exchange.told(\.scheme).rawValue }
        set { override { $0.scheme = newValue } }
    }

    /// The target's path, percent-decoded as UTF-8; it includes `rootPath` if the proxy passes the whole path on.
    public var path: String {
        get { overrides?.path ?? exchange.head.path }
        set { override { $0.path = newValue } }
    }

    /// The target's path as it came, without the query.
    public var rawPath: String { exchange.head.rawPath }

    /// What follows the `?` of the target, as it came; empty without one.
    public var queryString: String { exchange.head.queryString }

    /// The prefix under which the application is mounted, as a trusted proxy tells or as it is configured; empty at the root.
    public var rootPath: String {
        get { overrides?.rootPath ?? exchange.rootPath }
        set { override { $0.rootPath = newValue } }
    }

    /// The header fields in the order in which they came, names in lower case. `host` is what a trusted proxy says that the client asked for.
    public var headers: Headers {
        get { overrides?.headers ?? receivedHeaders }
        set { override { $0.headers = newValue } }
    }

    /// Who sent the request: from the PROXY header, else from forwarded fields of a trusted proxy, else the peer itself. Nil if that is not known,
    /// as of a peer on a Unix socket; the port is 0 if a proxy did not tell it.
    public var client: Endpoint? {
        get {
            if let overrides, let client = overrides.client { return client.value }
            return exchange.told(\.address)
        }
        set { override { $0.client = Replaced(value: newValue) } }
    }

    /// The address that the request came to, at the first proxy that tells: host and port, or a Unix socket's path and no port.
    public var server: Endpoint? { exchange.told(\.server) }

    /// A copy of what the application put into its lifespan's state during startup.
    public var state: [String: any Sendable] {
        get { overrides?.state ?? exchange.shared.state }
        set { override { $0.state = newValue } }
    }

    /// What the request is called in logs and in the response's `x-request-id`: the trusted proxy's word, else one that was made for it.
    public var requestID: String { exchange.requestID.description }

    /// The trace that the request belongs to, in 32 hexadecimal digits: that of its span, else the one in the `traceparent` of a trusted proxy.
    /// Nil if there is neither, or if the tracer speaks no W3C Trace Context.
    public var traceID: String? { exchange.traceIDs.trace }

    /// The request's span, for what only the application knows of it; nil if there is no tracer (`Config.tracer`). A router names it:
    ///
    /// ```swift
    /// request.span?.operationName = "GET /users/{id}"
    /// request.span?.attributes["http.route"] = "/users/{id}"
    /// ```
    public var span: (any Tracing.Span)? { exchange.trace?.span }

    /// What is known of the request beyond what every server tells.
    public var extensions: ScopeExtensions { ScopeExtensions(exchange) }

    /// Whether a trusted proxy sends some files if they are the whole response.
    var mayBeLeftToProxy: Bool { exchange.mayBeLeftToProxy }

    /// Whether a trusted proxy sends the file with this path if it is the whole response (`Config.accelMap`).
    func isLeftToProxy(_ path: [UInt8]) -> Bool { exchange.isLeftToProxy(path) }

    private var receivedHeaders: Headers {
        var headers = exchange.head.headers
        guard exchange.origin.isForwarderTrusted else { return headers }
        if let host = exchange.told(\.host) { headers.replaceOrAdd(name: "host", value: host) }
        if let hidden = exchange.told(\.hiddenFields) {
            for name in hidden.fieldNames { headers.remove(name: name) }
        }
        return headers
    }

    /// The subprotocols that a client offers that asks for a WebSocket.
    var offeredSubprotocols: [String] { exchange.webSocket?.offer.subprotocols ?? [] }

    /// The request's head as it was received, for adapters to other contracts.
    var head: RequestHead { exchange.head }

    private mutating func override(_ change: (inout ScopeOverrides.Values) -> Void) {
        var values = overrides?.values ?? ScopeOverrides.Values()
        change(&values)
        overrides = ScopeOverrides(values)
    }
}

/// What middleware has replaced in a scope; made only when something is.
@dynamicMemberLookup
private final class ScopeOverrides: Sendable {
    struct Values: Sendable {
        var scheme: String?
        var path: String?
        var rootPath: String?
        var headers: Headers?
        var client: Replaced?
        var state: [String: any Sendable]?
    }

    let values: Values

    init(_ values: Values) {
        self.values = values
    }

    subscript<Value>(dynamicMember member: KeyPath<Values, Value>) -> Value { values[keyPath: member] }
}

/// A replaced client, which may be no client at all.
private struct Replaced: Sendable {
    var value: Endpoint?
}
