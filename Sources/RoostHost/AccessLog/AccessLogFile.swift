internal import CLinux
internal import Glibc
internal import Synchronization

/// Where access lines go: a file that is appended to, or standard output.
///
/// Each line is one write(2), so lines of several threads and processes do not mix. What can't be written is dropped: a full
/// disk must not stop the service. Nothing is kept in memory, so a file may be truncated at any time.
final class AccessLogFile: Sendable {
    /// What stands for standard output.
    static let standardOutput = "-"

    private let descriptor: Int32
    private let isOwned: Bool
    private let failures = Atomic(0)
    /// Whether the last line to be written came to an end.
    private let isAtLineStart = Atomic(true)
    private let path: String
    private let warn: @Sendable (String) -> Void

    /// How many lines were dropped, in whole or in part.
    var dropped: Int { failures.load(ordering: .relaxed) }

    /// Opens the file, and makes it with the mode 0640 if it is not there (the umask takes from that).
    ///
    /// - Parameters:
    ///   - path: A path, or `-` for standard output.
    ///   - warn: Is called at most once, with a line for the operator, when a line could not be written.
    convenience init(_ path: String, warn: @escaping @Sendable (String) -> Void) throws(AccessLogError) {
        guard path != Self.standardOutput else {
            self.init(path: path, descriptor: STDOUT_FILENO, isOwned: false, warn: warn)
            return
        }
        self.init(path: path, descriptor: try Self.open(path), isOwned: true, warn: warn)
    }

    /// - Parameter isOwned: Whether the descriptor is closed when this goes away.
    init(path: String, descriptor: Int32, isOwned: Bool, warn: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.descriptor = descriptor
        self.isOwned = isOwned
        self.warn = warn
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Opens a file for the program that takes the place of this one.
    ///
    /// - Returns: Its descriptor; nil for standard output, which that program has anyway.
    static func open(forSuccessor path: String) throws(AccessLogError) -> Int32? {
        path == standardOutput ? nil : try open(path)
    }

    private static func open(_ path: String) throws(AccessLogError) -> Int32 {
        guard !path.utf8.contains(0) else { throw AccessLogError(path: path, code: EINVAL) }
        // Not blocking: a named pipe is refused at once if nobody reads it, and drops lines if its reader is slow.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw AccessLogError(path: path, code: errno) }
        return descriptor
    }

    /// Opens the path again, where another file may be since the one that is open was moved away. If that fails it goes on with that one.
    func reopen() {
        guard isOwned else { return }
        do throws(AccessLogError) {
            let new = try Self.open(path)
            // The number stays, so that a line that is being written goes to the one or to the other.
            if clinux_replace_descriptor(descriptor, new) < 0 { warn("the access log was not opened again: \(path): \(String(cString: strerror(errno)))") }
            close(new)
        } catch {
            warn("the access log was not opened again: \(error)")
        }
    }

    /// Writes one line, which ends with its line feed.
    func write(_ line: [UInt8]) {
        // Behind a line that was cut off, this one would be part of it.
        let isContinued = !isAtLineStart.exchange(true, ordering: .relaxed)
        let bytes = isContinued ? [UInt8(ascii: "\n")] + line : line
        var written: Int
        repeat {
            written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        } while written < 0 && errno == EINTR
        guard written != bytes.count else { return }
        let reason = written < 0 ? String(cString: strerror(errno)) : "only \(written) of \(bytes.count) bytes were written"
        if written > 0 || isContinued { isAtLineStart.store(false, ordering: .relaxed) }
        if failures.add(1, ordering: .relaxed).oldValue == 0 {
            warn("a line of the access log was dropped: \(path): \(reason); the next ones that are will not be reported")
        }
    }
}
