import HTTPWire

/// What a proxy has told of the request beside its sender, as it came; nil where it has told nothing.
struct ToldOrigin {
    private let family: ForwardedFamily
    private let proto: ToldValue?
    private let host: ToldValue?
    private let port: ToldValue?
    private let prefix: ToldValue?
    /// What was malformed.
    private(set) var problem: String?

    /// Takes proto and host from an element of `forwarded`.
    init(_ element: ForwardedElement?) {
        family = .forwarded
        proto = element?.proto
        host = element?.host
        port = nil
        prefix = nil
    }

    /// Takes from each field that is believed the element that was written together with the entry at `position`, if there are so many.
    init(_ fields: ForwardedFields, at position: Int, _ bytes: Span<UInt8>, _ policy: ForwardedPolicy) {
        family = .xForwarded
        proto = Self.value(of: .xForwardedProto, fields, at: position, bytes, policy)
        host = Self.value(of: .xForwardedHost, fields, at: position, bytes, policy)
        port = Self.value(of: .xForwardedPort, fields, at: position, bytes, policy)
        prefix = Self.value(of: .xForwardedPrefix, fields, at: position, bytes, policy)
    }

    private static func value(
        of field: ForwardedHeader, _ fields: ForwardedFields, at position: Int, _ bytes: Span<UInt8>, _ policy: ForwardedPolicy
    ) -> ToldValue? {
        guard policy.believes(field), let range = fields.element(of: field, at: position, bytes) else { return nil }
        return ToldValue(range: range)
    }

    /// Puts into `client` what is told and well-formed.
    mutating func apply(to client: inout Client, _ head: RequestHead, _ bytes: Span<UInt8>) {
        if let scheme = read("proto", proto, bytes, "http or https", URLScheme.init(told:)) { client.scheme = scheme }
        let authority = read("host", host, bytes, "a host, with or without a port") { Authority($0) }
        let port = read("port", port, bytes, "a number from 1 to 65535") { UInt16(decimalPort: $0).flatMap { $0 == 0 ? nil : Int($0) } }
        if let authority {
            let port = port ?? authority.port ?? client.scheme.defaultPort
            client.host = authority.text(port: port, client.scheme)
            client.server = Endpoint(host: authority.host, port: port)
        } else if let port {
            let received = Array(head.host.utf8)
            let authority = Authority(received.span)
            client.host = authority?.text(port: port, client.scheme)
            if client.server?.port != nil {
                client.server?.port = port
            } else if let authority {
                // A Unix socket has no port that could be another.
                client.server = Endpoint(host: authority.host, port: port)
            }
        }
        if let rootPath = read("prefix", prefix, bytes, "a path such as /app", Self.rootPath) { client.rootPath = rootPath }
    }

    /// Reads a value; if it is there and malformed, says so.
    private mutating func read<Value>(
        _ name: String, _ value: ToldValue?, _ bytes: Span<UInt8>, _ expected: String, _ parse: (Span<UInt8>) -> Value?
    ) -> Value? {
        guard let value else { return nil }
        if let parsed = value.parse(bytes, parse) { return parsed }
        let field = family == .forwarded ? #"forwarded has a "\#(name)" that"# : "x-forwarded-\(name)"
        problem = problem ?? "\(field) is not \(expected)"
        return nil
    }

    /// A path of the characters that RFC 3986 allows in one without an escape, with its slashes at the end taken away: `/` alone is no prefix.
    /// Empty segments and those of dots, which lead elsewhere, are not allowed.
    private static func rootPath(_ bytes: Span<UInt8>) -> String? {
        let slash = UInt8(ascii: "/")
        guard !bytes.isEmpty, bytes[0] == slash, bytes.count == 1 || bytes[1] != slash, bytes.allSatisfy(isPathByte) else { return nil }
        var end = bytes.count
        while end > 0, bytes[end &- 1] == slash { end &-= 1 }
        guard let path = String(bytes.extracting(0..<end)) else { return nil }
        let leadsElsewhere = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().contains { ["", ".", ".."].contains($0) }
        return leadsElsewhere ? nil : path
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "@")...UInt8(ascii: "Z"), UInt8(ascii: "-")...UInt8(ascii: ";"): true
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}

extension URLScheme {
    /// Reads a scheme in any case, of HTTP or of WebSocket.
    fileprivate init?(told bytes: Span<UInt8>) {
        switch bytes.lowercaseWord {
        case 0x7074_7468, 0x7377: self = .http  // http, ws
        case 0x73_7074_7468, 0x73_7377: self = .https  // https, wss
        default: return nil
        }
    }
}
