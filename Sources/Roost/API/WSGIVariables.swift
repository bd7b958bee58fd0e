import HTTPWire

/// The variables of PEP 3333 and CGI (RFC 3875 section 4.1) that follow from a request.
struct WSGIVariables {
    private static let names = [
        "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME", "SERVER_PORT",
        "SERVER_PROTOCOL", "REMOTE_ADDR", "REMOTE_PORT", "wsgi.url_scheme",
    ]

    private let scope: HTTPScope

    init(_ scope: HTTPScope) {
        self.scope = scope
    }

    subscript(name: String) -> String? {
        switch name {
        case "REQUEST_METHOD": scope.method
        case "SCRIPT_NAME": mount.scriptName
        case "PATH_INFO": mount.pathInfo
        case "QUERY_STRING": scope.queryString
        case "CONTENT_TYPE": scope.headers["content-type"]
        case "CONTENT_LENGTH": contentLength
        case "SERVER_NAME": scope.server?.port == nil ? "localhost" : scope.server?.host
        case "SERVER_PORT": scope.server?.port.map { "\($0)" } ?? (scope.scheme == "https" ? "443" : "80")
        case "SERVER_PROTOCOL": "HTTP/\(scope.httpVersion)"
        case "REMOTE_ADDR": scope.client?.host ?? ""
        case "REMOTE_PORT": scope.client?.port.flatMap { $0 == 0 ? nil : "\($0)" }
        case "wsgi.url_scheme": scope.scheme
        default: WSGIFieldName.field(named: name).flatMap(value(ofField:))
        }
    }

    /// All that there are.
    var all: [String: String] {
        var all: [String: String] = [:]
        for name in Self.names { all[name] = self[name] }
        for field in scope.headers {
            guard let name = WSGIFieldName.variable(for: field.name), all[name] == nil else { continue }
            all[name] = self[name]
        }
        return all
    }

    /// From the framing, which is what `input` follows: a body in chunks has no length.
    private var contentLength: String? {
        switch scope.head.framing {
        case .length(let length): "\(length)"
        case .chunked: nil
        case .none: scope.headers.contains(name: "content-length") ? "0" : nil
        }
    }

    private func value(ofField name: String) -> String? {
        let values = scope.headers.values(for: name)
        guard !values.isEmpty else { return nil }
        return values.joined(separator: name == "cookie" ? "; " : ",")
    }

    private var mount: MountedPath { MountedPath(scope.path, rootPath: scope.rootPath) }
}

/// Names of header fields, and of the variables that hold their values.
enum WSGIFieldName {
    /// `HTTP_ACCEPT_ENCODING` for `accept-encoding`; nil for a field that has no variable of this kind: one with an underscore in its name, which
    /// would pose as the one with a dash, and the two that have a variable without `HTTP_`.
    static func variable(for field: String) -> String? {
        guard !field.utf8.contains(UInt8(ascii: "_")) else { return nil }
        let name = field.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0.upperCased }
        let variable = "HTTP_" + String(decoding: name, as: UTF8.self)
        return hasOtherVariable(variable) ? nil : variable
    }

    /// `accept-encoding` for `HTTP_ACCEPT_ENCODING`; nil for what is no such variable.
    static func field(named variable: String) -> String? {
        guard variable.hasPrefix("HTTP_"), !hasOtherVariable(variable) else { return nil }
        let name = variable.utf8.dropFirst(5)
        guard !name.isEmpty, name.allSatisfy({ $0 != UInt8(ascii: "-") && $0 == $0.upperCased }) else { return nil }
        return String(decoding: name.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0.lowerCased }, as: UTF8.self)
    }

    private static func hasOtherVariable(_ variable: String) -> Bool {
        variable == "HTTP_CONTENT_TYPE" || variable == "HTTP_CONTENT_LENGTH"
    }
}

extension UInt8 {
    fileprivate var upperCased: UInt8 { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) ? self &- 0x20 : self }
    fileprivate var lowerCased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self &+ 0x20 : self }
}
