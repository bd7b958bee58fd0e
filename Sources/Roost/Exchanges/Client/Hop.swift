import ProxyProtocol

/// Who sent us a request: the client itself, or the last proxy before us.
enum Hop: Sendable, Hashable {
    case ip(IPAddress)
    /// A process on a Unix socket.
    case unix
    /// Nobody knows. Only `*` trusts it.
    case unknown
}
