/// An address that is being listened on: what `taskStatus.started` is given.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address and port that the kernel reports; the socket's path for a Unix socket.
    public var endpoint: Endpoint
    /// The name systemd gave to the socket (`FileDescriptorName=`), if it is an activated one.
    public var name: String?
    /// Whether connections begin with a TLS handshake. Default: false.
    public var speaksTLS = false

    public init(endpoint: Endpoint, name: String? = nil) {
        self.endpoint = endpoint
        self.name = name
    }

    /// `http://127.0.0.1:8000`, `https://[::1]:8443`, `http://unix:/run/app.sock`.
    public var description: String { "\(speaksTLS ? "https" : "http")://\(endpoint)" }
}
