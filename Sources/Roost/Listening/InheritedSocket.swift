import Glibc
import Systemd

/// A listening socket that another process made and passed on: from systemd, or under a descriptor number (`fd://N`).
///
/// Such a socket is used as it is: no options, no second listen(2), no mode, and its file is never removed. The exceptions are two flags,
/// set by `prepare`: close-on-exec, which belongs to this process's descriptor alone, and `O_NONBLOCK`, without which accept(2) would
/// hold up the event loop whenever another process takes the connection first. `O_NONBLOCK` belongs to the socket and
/// is seen by everyone who has it; it is not taken back, since another worker may rely on it by then.
struct InheritedSocket {
    let number: Int32
    /// The socket unit's name for it; nil for `fd://N`.
    let name: String?
    /// The bind that names it, or for an activated socket that none does, the one that would.
    let bind: BindAddress
    let address: SocketAddress
    let endpoint: Endpoint
    /// The socket's own number, the same for every descriptor of it.
    let inode: UInt64
    /// Whether a socket for `::` leaves IPv4 alone.
    let isV6Only: Bool

    /// Looks at the descriptor without changing it.
    ///
    /// - Throws: `BindError` that says what the descriptor is, when it is not a listening stream socket over TCP or Unix.
    init(_ number: Int32, name: String?, for bind: BindAddress) throws(BindError) {
        let what = name.map { "descriptor \(number) (\($0))" } ?? "descriptor \(number)"
        let kind = DescriptorKind(of: number)
        guard kind == .listeningStream else {
            throw BindError(bind, "\(what) is \(Self.describe(kind, number)), expected a stream socket that listens", hint: Self.wayOut(kind))
        }
        guard let address = SocketAddress(localOf: number), let endpoint = address.endpoint else {
            throw BindError(bind, "\(what) listens on something else than TCP or a Unix socket", hint: "pass an IPv4, IPv6 or Unix socket")
        }
        var status = stat()
        guard fstat(number, &status) == 0 else { throw BindError(bind, doing: "looking at \(what)", code: errno) }
        self.number = number
        self.name = name
        self.bind = bind
        self.address = address
        self.endpoint = endpoint
        self.inode = UInt64(status.st_ino)
        self.isV6Only = address.isV6 && SocketCalls.get(IPV6_V6ONLY, of: SocketCalls.ipv6, on: number) == 1
    }

    /// Sets the two flags without which the event loop can't use it.
    func prepare() throws(BindError) { try Self.prepare(number, for: bind) }

    static func prepare(_ number: Int32, for bind: BindAddress) throws(BindError) {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0, flags & O_NONBLOCK != 0 || fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(number, F_SETFD, FD_CLOEXEC) == 0
        else { throw BindError(bind, doing: "preparing descriptor \(number)", code: errno) }
    }

    var listener: Listener {
        let isTCP = address.port != nil
        let hasNoDelay = isTCP && SocketCalls.get(TCP_NODELAY, of: SocketCalls.tcp, on: number) ?? 0 != 0
        return Listener(
            descriptor: number, address: BoundAddress(endpoint: endpoint, name: name), bind: bind, isOwn: false,
            needsNoDelay: isTCP && !hasNoDelay)
    }

    private static func describe(_ kind: DescriptorKind, _ number: Int32) -> String {
        switch kind {
        case .regularFile, .directory, .characterDevice:
            SocketHolder.link("/proc/self/fd/\(number)").map { "\(kind) (\($0))" } ?? kind.description
        default: kind.description
        }
    }

    private static func wayOut(_ kind: DescriptorKind) -> String {
        switch kind {
        case .closed: "whoever starts this process must leave the descriptor open (without close-on-exec)"
        case .connectedStream: "pass the listening socket itself (Accept=no in a socket unit)"
        case .idleStream: "call listen() on it before it is passed"
        default: "pass a listening stream socket (ListenStream= in a socket unit)"
        }
    }
}
