internal import Glibc
internal import Roost
internal import Synchronization

/// The channel to the process that has started this one as a worker or as its successor.
final class ParentChannel: Sendable {
    /// What the parent says, in one byte.
    enum Command: UInt8, Sendable {
        /// The successor is the service from here on.
        case promoted = 0x70
        /// Open the log files again.
        case reopenLogs = 0x72
    }

    let descriptor: Int32
    private let isOpen = Mutex(true)

    /// - Parameter descriptor: This side's end.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // A parent that does not read must not hold this process up.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Tells the parent; false if it can't be told.
    @discardableResult
    func send(_ message: WorkerMessage) -> Bool {
        let bytes = message.encoded()
        return isOpen.withLock { isOpen in
            var sent = 0
            while isOpen, sent < bytes.count {
                let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL)) }
                if count > 0 { sent += count } else if errno != EINTR { isOpen = false }
            }
            return isOpen
        }
    }

    /// Waits for the parent's next word; nil if it is gone.
    func next() -> Command? {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count == 1, let command = Command(rawValue: byte) { return command }
            if count == 0 || count < 0 && errno != EINTR { return nil }
        }
    }

    /// Waits until the parent is gone, whoever else listens to it.
    func waitForEnd() {
        // That the other end is closed is told unasked.
        var polled = pollfd(fd: descriptor, events: 0, revents: 0)
        while poll(&polled, 1, -1) < 0, errno == EINTR { continue }
    }

    /// Calls `handle` for each word on a thread of its own, at last with nil when the parent is gone.
    func listen(_ handle: @escaping @Sendable (Command?) -> Void) throws {
        try DetachedThread.start(named: "roost-parent") {
            while let command = self.next() { handle(command) }
            handle(nil)
        }
    }
}
