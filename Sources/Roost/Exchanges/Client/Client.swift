/// The scheme of a request's URL.
enum URLScheme: String, Sendable, Hashable {
    case http
    case https

    /// The port of a URL that names none.
    var defaultPort: Int {
        switch self {
        case .http: 80
        case .https: 443
        }
    }
}

/// Who sent a request, and how it reached the first proxy that tells.
struct Client: Sendable, Hashable {
    /// Nil if it is not known, as of a peer on a Unix socket; port 0 if only the port is not known.
    var address: Endpoint?
    var scheme: URLScheme
    /// Where the request came to.
    var server: Endpoint?
    /// Replaces the field `host`; nil to leave it as it was received.
    var host: String?
    /// The path's beginning that the proxy took away; nil for the one that is configured.
    var rootPath: String?
    /// Whether forwarded fields have named the sender, well or badly: then what is known of the connection is not known of the client.
    var isForwarded = false
    /// The fields that the application must not see, since the proxy does not know of them.
    var hiddenFields: ForwardedFamily?
}
