/// Who is at the two ends of a connection; shared by all its requests, and by all connections of a Unix listener.
final class ConnectionOrigin: Sendable {
    /// The peer's address; nil for a peer on a Unix socket, which has none.
    let client: Endpoint?
    /// The address that the connection was accepted on.
    let server: Endpoint
    /// `http`: these transports end no TLS.
    let scheme = "http"

    init(client: Endpoint?, server: Endpoint) {
        self.client = client
        self.server = server
    }
}
