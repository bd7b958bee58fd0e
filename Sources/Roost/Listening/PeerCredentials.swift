import CLinux

/// The process at the other end of a Unix socket, as the kernel knows it (SO_PEERCRED, unix(7)): of a client, as of the time it connected.
public struct PeerCredentials: Sendable, Hashable, CustomStringConvertible {
    /// The process's number; 0 if it lives in a PID namespace that this process can't see.
    public let pid: Int32
    /// The effective user's number.
    public let uid: UInt32
    /// The effective group's number.
    public let gid: UInt32

    public init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// Asks the kernel; nil if the descriptor is no connected Unix socket. Of a pair of sockets both ends have the process that made it.
    package init?(of descriptor: Int32) {
        var found = clinux_credentials()
        // Sockets of other kinds, and those without a peer, have nobody.
        guard clinux_peer_credentials(descriptor, &found) == 0, found.user != .max else { return nil }
        self.init(pid: found.process, uid: found.user, gid: found.group)
    }

    /// `pid=812 uid=33 gid=33`.
    public var description: String { "pid=\(pid) uid=\(uid) gid=\(gid)" }
}
