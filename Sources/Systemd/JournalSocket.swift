internal import CLinux
internal import Glibc
internal import Synchronization

/// A connected datagram socket to the journal, nonblocking, made when it is first needed and again when the journal is another.
final class JournalSocket: Sendable {
    static let system = JournalSocket(Journal.systemSocket)

    /// What the kernel may keep of entries that the journal has not read; as much as libsystemd asks for.
    private static let bufferSize: Int32 = 8 << 20

    private let path: String
    /// -1 while there is none.
    private let descriptor = Mutex<Int32>(-1)

    init(_ path: String) {
        self.path = path
    }

    deinit {
        descriptor.withLock { if $0 >= 0 { close($0) } }
    }

    func send(_ bytes: [UInt8], patience: Duration) -> JournalResult {
        descriptor.withLock { descriptor in
            // A socket from before the journal was started anew is connected to nobody: the second try has a new one.
            for _ in 0..<2 {
                if descriptor < 0 { descriptor = connected() }
                guard descriptor >= 0 else { return errno == ENOENT ? .notUnderSystemd : .failed(errno: errno) }
                if Self.hand(bytes, to: descriptor, patience: patience) { return .sent }
                let reason = errno
                switch reason {
                case ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE, EBADF, ENOTSOCK:
                    // After EBADF or ENOTSOCK the number is another's, who closed this socket unasked.
                    if reason != EBADF, reason != ENOTSOCK { close(descriptor) }
                    descriptor = -1
                default: return .failed(errno: reason)
                }
            }
            return .failed(errno: ECONNREFUSED)
        }
    }

    /// -1 with `errno` set if nobody is there.
    private func connected() -> Int32 {
        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let made = socket(AF_UNIX, flags, 0)
        guard made >= 0 else { return -1 }
        guard clinux_connect_unix(made, path) == 0 else {
            let reason = errno
            close(made)
            errno = reason
            return -1
        }
        var size = Self.bufferSize
        // Beyond net.core.wmem_max the kernel gives less, and larger entries go as files sooner.
        _ = setsockopt(made, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        return made
    }

    /// False with `errno` set if the journal did not take it.
    private static func hand(_ bytes: [UInt8], to descriptor: Int32, patience: Duration) -> Bool {
        var file: Int32 = -1
        defer { if file >= 0 { close(file) } }
        var hasWaited = patience <= .zero
        while true {
            let sent = file < 0 ? bytes.withUnsafeBytes { clinux_send_datagram(descriptor, $0.baseAddress, $0.count) } : clinux_send_descriptor(descriptor, file)
            if sent >= 0 { return true }
            switch errno {
            case EINTR: continue
            case EMSGSIZE, ENOBUFS:
                guard file < 0 else { return false }
                file = bytes.withUnsafeBytes { clinux_sealed_memory("journal-entry", $0.baseAddress, $0.count) }
                guard file >= 0 else { return false }
            case EAGAIN:
                guard !hasWaited else { return false }
                hasWaited = true
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&polled, 1, Int32(clamping: Int64(patience / .milliseconds(1))))
            default: return false
            }
        }
    }
}
