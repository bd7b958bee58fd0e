import CLinux
import Glibc

/// A part of a regular file that is sent from where it is (sendfile(2)), without passing through the process's memory.
///
/// It keeps the file open: whoever named it may close, rename or remove it at once.
///
/// `@unchecked Sendable`: used by one thread at a time; the one that makes it hands it to the loop that sends it.
package final class FilePart: @unchecked Sendable {
    /// Why nothing of a file can be sent.
    package struct Refusal: Error, Equatable {
        /// As in errno(3).
        package let code: Int32
        package let reason: String

        package init(code: Int32 = EINVAL, _ reason: String) {
            self.code = code
            self.reason = reason
        }

        /// Takes the calling thread's `errno`.
        fileprivate static func last() -> Refusal {
            let code = errno
            return Refusal(code: code, String(cString: clinux_error_text(code)))
        }
    }

    /// Why the rest of a file is not sent.
    enum Failure: Equatable, CustomStringConvertible {
        /// The file has become shorter.
        case ended
        case unreadable(code: Int32)

        var description: String {
            switch self {
            case .ended: "it has become shorter meanwhile"
            case .unreadable(let code): String(cString: clinux_error_text(code))
            }
        }
    }

    /// How much is sent at once, so that a client as fast as the file leaves the loop time for others.
    static let turn = 256 << 10

    private let file: OpenFile
    private var offset: off_t
    /// How many bytes are yet to be sent.
    package private(set) var count: Int
    /// Set when the file does not give what it has promised.
    private(set) var failure: Failure?
    /// Whether the file's bytes can be had by read(2) only.
    private(set) var mustBeRead = false

    /// What is behind `offset` in an open file, which is not below zero, or so many bytes of it.
    init(of file: OpenFile, from offset: Int, count: Int? = nil) {
        self.file = file
        self.offset = off_t(offset)
        self.count = max(0, file.size - offset)
        if let count { shorten(to: count) }
    }

    /// Takes over a descriptor of a file; it is closed if this throws.
    private convenience init(taking descriptor: Int32, from offset: Int, count: Int? = nil) throws(Refusal) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let refusal = Refusal.last()
            close(descriptor)
            throw refusal
        }
        let file = OpenFile(descriptor, status)
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw Refusal(code: EISDIR, String(cString: clinux_error_text(EISDIR)))
        default: throw Refusal("not a regular file")
        }
        self.init(of: file, from: offset, count: count)
    }

    /// Opens the file with this path, all of which is to be sent.
    package convenience init(opening path: some Collection<UInt8>) throws(Refusal) {
        guard !path.contains(0) else { throw Refusal("a path has no null character") }
        // O_NONBLOCK: a FIFO is to be refused, and not to be waited for.
        let descriptor = (path.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { path in
            path.baseAddress.map { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) } ?? -1
        }
        guard descriptor >= 0 else { throw .last() }
        try self.init(taking: descriptor, from: 0)
    }

    /// What is behind `offset` in a file that somebody else has open for reading, or so many bytes of it.
    package convenience init(sharing descriptor: Int32, from offset: Int, count: Int? = nil) throws(Refusal) {
        let isReadable = clinux_is_readable(descriptor)
        guard isReadable >= 0 else { throw .last() }
        guard isReadable > 0 else { throw Refusal("not open for reading") }
        guard offset >= 0, count ?? 0 >= 0 else { throw Refusal("an offset or a count below zero") }
        let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { throw .last() }
        try self.init(taking: own, from: offset, count: count)
    }

    /// Where somebody else's descriptor stands, in bytes.
    package static func position(of descriptor: Int32) throws(Refusal) -> Int {
        let position = lseek(descriptor, 0, SEEK_CUR)
        // What has no position is a pipe or a socket.
        guard position >= 0 else { throw errno == ESPIPE ? Refusal("not a regular file") : .last() }
        return position
    }

    /// Moves somebody else's descriptor.
    package static func setPosition(of descriptor: Int32, to position: Int) {
        lseek(descriptor, off_t(position), SEEK_SET)
    }

    /// Leaves out what is beyond this many bytes.
    package func shorten(to limit: Int) {
        count = max(0, min(count, limit))
    }

    /// Sends some of the file to a socket; returns the number of bytes, or -1 with `errno` set. If it is the file that fails, `failure` says how.
    func send(to socket: Int32) -> Int {
        let sent = clinux_send_file(socket, file.descriptor, &offset, min(count, Self.turn))
        if sent > 0 {
            count -= sent
            return sent
        }
        // "Applications may wish to fall back to read(2) and write(2) in the case where sendfile() fails with EINVAL or ENOSYS" (sendfile(2)).
        if sent < 0, errno == EINVAL || errno == ENOSYS {
            mustBeRead = true
        } else if sent == 0 || errno != EAGAIN && errno != EINTR {
            // A file that ends has set no errno.
            let code = sent == 0 ? EAGAIN : errno
            errno = findFailure() ? EIO : code
        }
        return -1
    }

    /// Calls `body` with the next bytes; they count as sent then. False if there are none, and `failure` says why.
    ///
    /// - Parameter most: how many at most; above zero.
    func read(atMost most: Int = turn, _ body: (Span<UInt8>) -> Void) -> Bool {
        let limit = min(count, most)
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, readAgain(buffer))
        }
        guard !bytes.isEmpty else {
            _ = findFailure()
            errno = EIO
            return false
        }
        offset += off_t(bytes.count)
        count -= bytes.count
        body(bytes.span)
        return true
    }

    /// Finds out whether it is the file that does not give any more, and why.
    private func findFailure() -> Bool {
        let count = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1, readAgain)
        if count <= 0 { failure = count == 0 ? .ended : .unreadable(code: errno) }
        return count <= 0
    }

    /// pread(2), as often as signals interrupt it.
    private func readAgain(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        while true {
            let count = pread(file.descriptor, buffer.baseAddress, buffer.count, offset)
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
