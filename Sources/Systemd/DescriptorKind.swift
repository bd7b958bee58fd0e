internal import Glibc

/// What a descriptor turned out to be, as far as it matters to someone who hoped for a listening stream socket.
public enum DescriptorKind: Sendable, Hashable, CustomStringConvertible {
    /// A stream socket that listens.
    case listeningStream
    /// A stream socket with a peer: what a socket unit with `Accept=yes` passes.
    case connectedStream
    /// A stream socket that neither listens nor has a peer.
    case idleStream
    /// A datagram socket (`ListenDatagram=`).
    case datagram
    /// A sequenced-packet socket (`ListenSequentialPacket=`).
    case sequentialPacket
    /// A socket of another type; its `SO_TYPE`.
    case otherSocket(type: Int32)
    /// A named or unnamed pipe (`ListenFIFO=`).
    case fifo
    case regularFile
    case directory
    case characterDevice
    /// Not open at all.
    case closed
    /// Something else, such as an epoll set or a message queue.
    case other

    /// Looks at a descriptor without changing it.
    public init(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            self = .closed
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFSOCK: self = Self.socket(descriptor)
        case S_IFIFO: self = .fifo
        case S_IFREG: self = .regularFile
        case S_IFDIR: self = .directory
        case S_IFCHR: self = .characterDevice
        default: self = .other
        }
    }

    private static func socket(_ descriptor: Int32) -> DescriptorKind {
        guard let type = option(SO_TYPE, of: descriptor) else { return .other }
        switch type {
        case Int32(SOCK_STREAM.rawValue): break
        case Int32(SOCK_DGRAM.rawValue): return .datagram
        case Int32(SOCK_SEQPACKET.rawValue): return .sequentialPacket
        default: return .otherSocket(type: type)
        }
        if option(SO_ACCEPTCONN, of: descriptor) == 1 { return .listeningStream }
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let hasPeer = withUnsafeMutableBytes(of: &peer) { bytes in
            // The storage is large enough and aligned for every family's address.
            getpeername(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) == 0
        }
        return hasPeer ? .connectedStream : .idleStream
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    public var description: String {
        switch self {
        case .listeningStream: "a stream socket that listens"
        case .connectedStream: "a connected stream socket"
        case .idleStream: "a stream socket that does not listen"
        case .datagram: "a datagram socket"
        case .sequentialPacket: "a sequenced-packet socket"
        case .otherSocket(let type): "a socket of type \(type)"
        case .fifo: "a pipe"
        case .regularFile: "a regular file"
        case .directory: "a directory"
        case .characterDevice: "a character device"
        case .closed: "not open"
        case .other: "no socket"
        }
    }

    /// What the operator can do about it in the socket unit.
    var wayOut: String {
        switch self {
        case .connectedStream: "set Accept=no in the socket unit"
        case .datagram: "use ListenStream= instead of ListenDatagram= in the socket unit"
        case .sequentialPacket: "use ListenStream= instead of ListenSequentialPacket= in the socket unit"
        case .fifo: "use ListenStream= instead of ListenFIFO= in the socket unit"
        default: "use ListenStream= in the socket unit"
        }
    }
}
