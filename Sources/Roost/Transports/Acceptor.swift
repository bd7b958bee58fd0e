import CLinux
import Glibc

/// Takes connections from one listening socket.
final class Acceptor {
    /// Connections taken at once at most, so that those that are open are served too.
    static let batch = 64
    /// Connections taken at most when the listener is about to close: a backlog's worth, so that clients that keep coming cannot hold up the end.
    static let sweep = 65536
    /// How long nothing is accepted after the process ran out of something.
    static let pause = Nanoseconds(.milliseconds(100))

    enum Outcome {
        case connection(Int32, ConnectionOrigin)
        /// Nobody waits.
        case none
        /// Nothing can be accepted for now.
        case exhausted(SystemError)
    }

    let listener: Listener
    /// What epoll(7) is asked about the socket. One that several loops accept from wakes only one of them.
    let events: UInt32
    private let policy: PeerPolicy
    /// Peers of a Unix listener have no addresses: all connections of one process share an origin.
    private var unixOrigins: [PeerCredentials?: ConnectionOrigin] = [:]
    /// Proxies have few processes; where there are more, sharing does not pay.
    private static let originLimit = 64

    init(_ listener: Listener, policy: PeerPolicy, isShared: Bool) {
        self.listener = listener
        self.policy = policy
        events = EPOLLIN.rawValue | (isShared ? EPOLLEXCLUSIVE.rawValue : 0)
    }

    func accept() -> Outcome {
        while true {
            let descriptor = clinux_accept(listener.descriptor)
            if descriptor >= 0 {
                if listener.needsNoDelay { SocketCalls.setNoDelay(descriptor) }
                return .connection(descriptor, listener.isUnix ? unixOrigin(of: descriptor) : origin(of: descriptor))
            }
            switch errno {
            case EAGAIN: return .none
            // The peer gave up, or a signal came: the next one may do better (accept(2), "Error handling").
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH: continue
            // Descriptors or memory have run out, or the socket is not what it was: to try again at once would only spin.
            default: return .exhausted(SystemError("accept4"))
            }
        }
    }

    private func origin(of descriptor: Int32) -> ConnectionOrigin {
        let peer = SocketAddress(peerOf: descriptor)
        return ConnectionOrigin(
            client: Client(address: peer?.endpoint, scheme: .http, server: Endpoint(localOf: descriptor) ?? listener.address.endpoint),
            hop: peer?.ipAddress.map(Hop.ip) ?? .unknown,
            policy: policy
        )
    }

    private func unixOrigin(of descriptor: Int32) -> ConnectionOrigin {
        let credentials = PeerCredentials(of: descriptor)
        if let known = unixOrigins[credentials] { return known }
        let origin = ConnectionOrigin(client: nil, server: listener.address.endpoint, credentials: credentials, policy: policy)
        if unixOrigins.count >= Self.originLimit { unixOrigins = [:] }
        unixOrigins[credentials] = origin
        return origin
    }
}
