/// One end of a connection, as ASGI's `client` and `server` name it.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An IP address without brackets, or the path of a Unix socket (`@name` for an abstract one).
    public var host: String
    /// The TCP port; nil for a Unix socket.
    public var port: Int?

    public init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/app.sock`.
    public var description: String {
        guard let port else { return "unix:\(host)" }
        return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
