/// One socket that listens.
struct Listener: Sendable {
    /// The listening socket: nonblocking, closed on exec. It belongs to the `ListenerSet`; nobody else closes it.
    let descriptor: Int32
    /// Where clients reach it.
    let address: BoundAddress
    /// The address that was asked for.
    let bind: BindAddress
    /// Which of the binds that is, counted from 0.
    var place = 0
    /// Whether Roost opened it; false for a socket from systemd or another parent.
    let isOwn: Bool
    /// Whether accepted connections need `TCP_NODELAY` set one by one. Roost's own TCP sockets hand it on; an inherited one is not changed.
    let needsNoDelay: Bool

    /// Whether clients come over a Unix socket, in the file system or abstract.
    var isUnix: Bool { address.endpoint.port == nil }
}
