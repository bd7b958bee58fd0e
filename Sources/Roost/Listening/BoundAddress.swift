/// An address that is being listened on: what `taskStatus.started` is given.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address and port that the kernel reports; the socket's path for a Unix socket.
    public var endpoint: Endpoint
    /// The name systemd gave to the socket (`FileDescriptorName=`), if it is an activated one.
    public var name: String?

    public init(endpoint: Endpoint, name: String? = nil) {
        self.endpoint = endpoint
        self.name = name
    }

    /// `http://127.0.0.1:8000`, `http://unix:/run/app.sock`.
    public var description: String { "http://\(endpoint)" }
}
