import Glibc

/// What stands at the path of a Unix socket before a new one takes its place.
enum UnixSocketProbe {
    case absent
    /// A socket that nobody listens on: what a process that was killed leaves behind.
    case stale
    /// A socket that somebody listens on, or that is open for something else than a stream.
    case live(holder: SocketHolder?)
    /// No socket: a regular file, a directory, a link… Nothing that Roost made.
    case other(String)
    /// A socket of which can't be told whether it is live.
    case unknown(Int32)

    /// Looks at the path and, when a socket is there, connects to it: only the kernel knows whether somebody listens.
    static func look(at path: String, named name: String, in directory: Int32) -> UnixSocketProbe {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            let code = errno
            return code == ENOENT ? .absent : .unknown(code)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { return .other(kind(status.st_mode)) }
        return connect(to: .unix(path: path))
    }

    /// Connects to a Unix address and says what answered.
    static func connect(to address: SocketAddress) -> UnixSocketProbe {
        guard let client = SocketCalls.stream(AF_UNIX) else { return .unknown(errno) }
        let code = SocketCalls.connect(client.number, to: address)
        switch code {
        case 0: return .live(holder: SocketHolder.listening(to: client.number))
        // Its queue is full, so somebody listens; EPROTOTYPE: it is a datagram or packet socket, which is open.
        case EAGAIN, EPROTOTYPE: return .live(holder: nil)
        case ECONNREFUSED: return .stale
        case ENOENT: return .absent
        default: return .unknown(code)
        }
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFREG: "a regular file"
        case S_IFDIR: "a directory"
        case S_IFLNK: "a symbolic link"
        case S_IFIFO: "a pipe"
        default: "a device"
        }
    }
}
