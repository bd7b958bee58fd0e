import HTTPWire

/// A name under which a service may be asked for: `example.org`, `example.org:8443` with that port alone, `*.example.org` for every name
/// below it, `192.0.2.1` or `[::1]`. The case of letters does not matter.
public struct ServerName: Sendable, Hashable, CustomStringConvertible {
    /// In lower case, without the asterisk; an IPv6 address in its brackets.
    private let name: String
    private let port: Int?
    private let isWildcard: Bool

    /// Nil for what is no such name.
    public init?(_ text: String) {
        isWildcard = text.hasPrefix("*.")
        let bytes = Array(text.utf8.dropFirst(isWildcard ? 2 : 0))
        guard !bytes.contains(UInt8(ascii: "*")), let authority = Authority(bytes.span) else { return nil }
        name = (isWildcard ? "." : "") + authority.name.lowercased()
        port = authority.port
    }

    /// In the form in which it is written.
    public var description: String { (isWildcard ? "*" : "") + name + (port.map { ":\($0)" } ?? "") }

    /// Whether a request for this host, its name in lower case, is for this name.
    func matches(_ host: String, port: Int?) -> Bool {
        guard self.port == nil || self.port == port else { return false }
        return isWildcard ? host.utf8.count > name.utf8.count && host.hasSuffix(name) : host == name
    }
}

extension [ServerName] {
    /// Whether a request for this host, with a port or without, is for one of these.
    ///
    /// - Parameter defaultPort: The port that is meant where none is written.
    func contain(_ host: String, defaultPort: Int) -> Bool {
        let bytes = Array<UInt8>(host.utf8)
        guard let authority = Authority(bytes.span) else { return false }
        let name = authority.name.lowercased()
        return contains { $0.matches(name, port: authority.port ?? defaultPort) }
    }
}
