/// How sockets that Roost opens itself are made. Sockets that it inherits are left as they are.
public struct SocketOptions: Sendable, Hashable {
    /// Length of the queue of connections that wait to be accepted. Default: 2048; the kernel caps it at `net.core.somaxconn`.
    public var backlog = 2048
    /// Mode of Unix socket files, 0 to 0777. Default: 0660. Abstract sockets have no mode: everyone in the network namespace may connect.
    public var mode: UInt32 = 0o660
    /// Owner of Unix socket files, by name or number; nil leaves the process's.
    public var user: String?
    /// Group of Unix socket files, by name or number; nil leaves the process's.
    public var group: String?
    /// File mode creation mask that counts for a Unix socket's directories when they are made; nil leaves the process's.
    /// The mask of the process itself is not touched, and the socket's own mode is `mode` whatever the mask says.
    public var umask: UInt32?
    /// Whether a Unix socket's missing parent directories are made (mode 0755 less the mask). Default: false.
    /// They stay when the socket goes.
    public var makeDirectories = false
    /// Whether `SO_REUSEPORT` is set on TCP sockets. Default: false.
    public var reusePort = false

    public init() {}
}
