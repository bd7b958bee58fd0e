public import Tracing

/// One request as a WSGI application sees it: PEP 3333's `environ`.
///
/// The variables that are strings are read and changed by name, as in CGI; those that are not are properties. Values are made when they are
/// asked for. For the application's thread only.
public struct WSGIEnvironment {
    private let scope: HTTPScope
    /// What middleware has set; nil for what it has removed.
    private var changes: [String: String?] = [:]

    /// The request's body; `wsgi.input`.
    public let input: WSGIInput
    /// Lines for the operator's log; `wsgi.errors`.
    public let errors: WSGIErrors
    /// The version of the contract; `wsgi.version`.
    public let version = (major: 1, minor: 0)
    /// Whether another thread may call the application at the same time; `wsgi.multithread`.
    public let multithread: Bool
    /// Whether another process may serve the same application at the same time; `wsgi.multiprocess`.
    public let multiprocess: Bool
    /// Whether this process calls the application only once; `wsgi.run_once`.
    public let runOnce = false
    /// Whether `input` ends where the body ends, also without `CONTENT_LENGTH`; `wsgi.input_terminated`.
    public let inputTerminated = true

    init(_ scope: HTTPScope, input: WSGIInput, errors: WSGIErrors, multithread: Bool, multiprocess: Bool) {
        self.scope = scope
        self.input = input
        self.errors = errors
        self.multithread = multithread
        self.multiprocess = multiprocess
    }

    /// The variable with this name; nil if the request has none.
    ///
    /// Header fields are found as `HTTP_` and their name in upper case with underscores for dashes; several of one name are joined with a
    /// comma, those of Cookie with `; `. A field with an underscore in its own name is not found, so that none poses as another.
    public subscript(key: String) -> String? {
        get { changes[key] ?? WSGIVariables(scope)[key] }
        set { changes.updateValue(newValue, forKey: key) }
    }

    /// What the request is called in logs and in the response's `x-request-id`; `roost.request_id`.
    public var requestID: String { scope.requestID }

    /// The trace that the request belongs to; see `HTTPScope.traceID`.
    public var traceID: String? { scope.traceID }

    /// The request's span, if there is a tracer; see `HTTPScope.span`.
    public var span: (any Tracing.Span)? { scope.span }

    /// What is known of the request beyond the variables.
    public var extensions: ScopeExtensions { scope.extensions }

    /// All variables that are strings, by name.
    public var variables: [String: String] {
        var all = WSGIVariables(scope).all
        for (key, value) in changes { all[key] = value }
        return all
    }
}

// MARK: - By property

extension WSGIEnvironment {
    /// The method, in the case in which it came; `REQUEST_METHOD`.
    public var requestMethod: String {
        get { self["REQUEST_METHOD"] ?? "" }
        set { self["REQUEST_METHOD"] = newValue }
    }

    /// The prefix under which the application is mounted, percent-decoded; empty at the root. `SCRIPT_NAME`.
    public var scriptName: String {
        get { self["SCRIPT_NAME"] ?? "" }
        set { self["SCRIPT_NAME"] = newValue }
    }

    /// The path behind the prefix, percent-decoded as UTF-8; `PATH_INFO`.
    public var pathInfo: String {
        get { self["PATH_INFO"] ?? "" }
        set { self["PATH_INFO"] = newValue }
    }

    /// What follows the `?`, as it came; `QUERY_STRING`.
    public var queryString: String {
        get { self["QUERY_STRING"] ?? "" }
        set { self["QUERY_STRING"] = newValue }
    }

    /// The media type of the request's body, if the client names it; `CONTENT_TYPE`.
    public var contentType: String? { self["CONTENT_TYPE"] }

    /// The length of the request's body in bytes, if the client announces it; `CONTENT_LENGTH`.
    public var contentLength: Int? { self["CONTENT_LENGTH"].flatMap { Int($0) } }

    /// The address that the request came to, `localhost` on a Unix socket; `SERVER_NAME`.
    public var serverName: String { self["SERVER_NAME"] ?? "" }

    /// The port that the request came to, that of the scheme on a Unix socket; `SERVER_PORT`, which is a string.
    public var serverPort: String { self["SERVER_PORT"] ?? "" }

    /// `HTTP/1.1` or `HTTP/1.0`; `SERVER_PROTOCOL`.
    public var serverProtocol: String { self["SERVER_PROTOCOL"] ?? "" }

    /// The client's IP address, empty if it is not known, as on a Unix socket; `REMOTE_ADDR`.
    public var remoteAddress: String { self["REMOTE_ADDR"] ?? "" }

    /// The client's port, if it is known; `REMOTE_PORT`.
    public var remotePort: Int? { self["REMOTE_PORT"].flatMap { Int($0) } }

    /// `http` or `https`; `wsgi.url_scheme`.
    public var urlScheme: String {
        get { self["wsgi.url_scheme"] ?? scope.scheme }
        set { self["wsgi.url_scheme"] = newValue }
    }
}
