internal import CLinux
internal import Glibc

/// A descriptor that is written to without waiting for whoever reads at its other end.
///
/// Its flags stay as they are: `O_NONBLOCK` belongs to everyone who has the same pipe or terminal open, be it the shell or a child of the app,
/// and they would lose output over it. So each write itself says that it does not wait.
struct UnwaitingDescriptor {
    private enum Kind {
        case pipe, terminal, socket
        /// A file, which never waits for a reader, or a device.
        case other
    }

    let number: Int32
    private let kind: Kind

    init(_ number: Int32) {
        self.number = number
        var status = stat()
        guard fstat(number, &status) == 0 else {
            kind = .other
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFIFO: kind = .pipe
        case S_IFSOCK: kind = .socket
        case S_IFCHR where isatty(number) == 1: kind = .terminal
        default: kind = .other
        }
    }

    /// Writes what it can.
    ///
    /// - Parameter patience: Where it would have to wait, it waits for as many milliseconds as this gives, once.
    /// - Returns: How many bytes; fewer than all with `errno` set.
    func write(_ bytes: UnsafeRawBufferPointer, patience: () -> Int32) -> Int {
        var written = 0
        var hasWaited = false
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = writeOnce(rest)
            if count > 0 {
                written += count
                continue
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN, !hasWaited {
                hasWaited = true
                var polled = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                if poll(&polled, 1, patience()) > 0 { continue }
                errno = EAGAIN
            }
            return written
        }
        return written
    }

    private func writeOnce(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch kind {
        case .pipe: clinux_write_without_waiting(number, 1, bytes.baseAddress, bytes.count)
        case .terminal: clinux_write_without_waiting(number, 0, bytes.baseAddress, bytes.count)
        case .socket: clinux_send_without_waiting(number, bytes.baseAddress, bytes.count)
        case .other: Glibc.write(number, bytes.baseAddress, bytes.count)
        }
    }
}
