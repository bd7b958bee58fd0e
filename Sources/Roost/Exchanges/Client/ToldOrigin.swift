import HTTPWire

/// What a proxy has told of the request beside its sender, as it came; nil where it has told nothing.
struct ToldOrigin {
    private let family: ForwardedFamily
    private let proto: ArraySlice<UInt8>?
    private let host: ArraySlice<UInt8>?
    private let port: ArraySlice<UInt8>?
    private let prefix: ArraySlice<UInt8>?
    /// What was malformed.
    private(set) var problem: String?

    /// Takes proto and host from an element of `forwarded`.
    init(_ element: ForwardedElement?) {
        family = .forwarded
        proto = element?.proto?.bytes
        host = element?.host?.bytes
        port = nil
        prefix = nil
    }

    /// Takes from each field that is believed the element that was written together with the entry at `position`, if there are so many.
    init(_ fields: ForwardedFields, at position: Int, _ policy: ForwardedPolicy) {
        family = .xForwarded
        proto = policy.believes(.xForwardedProto) ? fields.element(of: .xForwardedProto, at: position) : nil
        host = policy.believes(.xForwardedHost) ? fields.element(of: .xForwardedHost, at: position) : nil
        port = policy.believes(.xForwardedPort) ? fields.element(of: .xForwardedPort, at: position) : nil
        prefix = policy.believes(.xForwardedPrefix) ? fields.element(of: .xForwardedPrefix, at: position) : nil
    }

    /// Puts into `client` what is told and well-formed.
    mutating func apply(to client: inout Client, _ head: RequestHead) {
        if let scheme = read("proto", proto, "http or https", URLScheme.init(told:)) { client.scheme = scheme }
        let authority = read("host", host, "a host, with or without a port", Authority.init)
        let port = read("port", port, "a number from 1 to 65535") { UInt16(decimalPort: $0).flatMap { $0 == 0 ? nil : Int($0) } }
        if let authority {
            let port = port ?? authority.port ?? client.scheme.defaultPort
            client.host = authority.text(port: port, client.scheme)
            client.server = Endpoint(host: authority.host, port: port)
        } else if let port {
            client.host = Authority(Array(head.host.utf8)[...])?.text(port: port, client.scheme)
            if client.server?.port != nil { client.server?.port = port }
        }
        if let rootPath = read("prefix", prefix, "a path with one / before it", Self.rootPath) { client.rootPath = rootPath }
    }

    /// Reads a value; if it is there and malformed, says so.
    private mutating func read<Value>(
        _ name: String, _ bytes: ArraySlice<UInt8>?, _ expected: String, _ parse: (ArraySlice<UInt8>) -> Value?
    ) -> Value? {
        guard let bytes else { return nil }
        if let value = parse(bytes) { return value }
        let field = family == .forwarded ? #"forwarded has a "\#(name)" that"# : "x-forwarded-\(name)"
        problem = problem ?? "\(field) is not \(expected)"
        return nil
    }

    /// A path of the characters that RFC 3986 allows in one, with its slashes at the end taken away: `/` alone is no prefix.
    private static func rootPath(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/"), bytes.allSatisfy(isPathByte) else { return nil }
        let end = bytes.lastIndex { $0 != UInt8(ascii: "/") }.map { $0 + 1 } ?? bytes.startIndex
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "@")...UInt8(ascii: "Z"), UInt8(ascii: "-")...UInt8(ascii: ";"): true
        case UInt8(ascii: "!"), UInt8(ascii: "$")...UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}

extension URLScheme {
    /// Reads a scheme in any case, of HTTP or of WebSocket.
    fileprivate init?(told bytes: ArraySlice<UInt8>) {
        guard bytes.count <= 5 else { return nil }
        switch String(decoding: bytes, as: UTF8.self).lowercased() {
        case "http", "ws": self = .http
        case "https", "wss": self = .https
        default: return nil
        }
    }
}
