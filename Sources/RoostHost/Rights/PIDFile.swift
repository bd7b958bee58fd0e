internal import CLinux
internal import Glibc
internal import Logging
internal import Synchronization

/// The file in which others read the id of the process that serves.
///
/// It is there from `write` to `remove`, unless `leave` comes before that: then another process has it. A process that is to give up root's rights reserves it before that: it is then there from the start, and
/// empty until the process serves.
final class PIDFile: Sendable {
    let path: String
    /// The process that the file names; one that it forks does not touch the file.
    private let process: pid_t
    /// The file that was reserved; nil to make it when it is written.
    private let reserved: Mutex<Int32?>
    private let isLeft = Atomic(false)

    /// - Parameter logger: Is told if the file is there already and means nothing any more.
    /// - Throws: If the file names another process that is there, or if it can't be made.
    init(_ path: String, logger: Logger) throws(PIDFileError) {
        self.path = AbsolutePath.of(path)
        process = getpid()
        reserved = Mutex(nil)
        if let leftover = try Self.leftover(at: self.path, process: process) { logger.info("the pid file \(self.path) is replaced: \(leftover)") }
    }

    /// A file that another process, or this one before it became this program, has seen to.
    ///
    /// - Parameter reserved: What `reserve` gave there.
    init(_ path: String, reserved: Int32?) {
        self.path = AbsolutePath.of(path)
        process = getpid()
        self.reserved = Mutex(reserved)
    }

    /// Makes the file, without the id.
    ///
    /// - Returns: Its descriptor, with which it can be written whoever the process is by then.
    func reserve() throws(PIDFileError) -> Int32 { try replace(with: "") }

    /// Writes the id: those who read the file find either nothing or all of it.
    func write() throws(PIDFileError) {
        let text = "\(process)\n"
        if let descriptor = reserved.withLock(\.self) {
            guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.utf8.count, 0) == text.utf8.count else { throw .unwritable(path: path, code: errno) }
        } else {
            close(try replace(with: text))
        }
    }

    /// The file is another process's from here on.
    func leave() { isLeft.store(true, ordering: .releasing) }

    /// Removes the file if it is still this process's.
    func remove() {
        guard getpid() == process, !isLeft.load(ordering: .acquiring) else { return }
        let descriptor = reserved.withLock { reserved in
            defer { reserved = nil }
            return reserved
        }
        if isOurs(descriptor), unlink(path) != 0, let descriptor {
            // In a directory of root's it has to stay, but it names nobody.
            ftruncate(descriptor, 0)
        }
        if let descriptor { close(descriptor) }
    }

    private func isOurs(_ descriptor: Int32?) -> Bool {
        guard let content = try? Self.content(of: path) else { return false }
        if Self.process(in: content) == process { return true }
        // Reserved, and not written.
        guard content.isEmpty, let descriptor else { return false }
        var ours = stat()
        var found = stat()
        return fstat(descriptor, &ours) == 0 && lstat(path, &found) == 0 && ours.st_dev == found.st_dev && ours.st_ino == found.st_ino
    }

    /// Puts a new file in the place of what is there, by a name of its own, so that nobody meets half of it.
    private func replace(with text: String) throws(PIDFileError) -> Int32 {
        let temporary = "\(path).\(process)"
        // Only a process of this id that was killed can have left it.
        unlink(temporary)
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unwritable(path: path, code: errno) }
        // The umask has taken from the mode.
        guard fchmod(descriptor, 0o644) == 0, Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            close(descriptor)
            throw .unwritable(path: path, code: code)
        }
        return descriptor
    }

    /// What is wrong with a file that is there, in words; nil if there is none, or nothing wrong with it.
    private static func leftover(at path: String, process: pid_t) throws(PIDFileError) -> String? {
        guard let content = try content(of: path) else {
            let directory = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
            guard access(directory.isEmpty ? "/" : String(directory), W_OK | X_OK) == 0 else { throw .unwritable(path: path, code: errno) }
            return nil
        }
        guard let named = Self.process(in: content) else { return "it holds no process id" }
        // The same process before it gave up root's rights; or an earlier one, where process ids begin anew.
        guard named != process else { return nil }
        guard clinux_process_exists(named) == 0 else { throw .taken(path: path, process: named) }
        return "the process \(named), which it names, is gone"
    }

    /// The first bytes of the file; nil if there is none.
    private static func content(of path: String) throws(PIDFileError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT { return nil }
            throw .unreadable(path: path, problem: String(cString: strerror(code)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, problem: "it is not a file") }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .unreadable(path: path, problem: String(cString: strerror(errno))) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// The id that stands in the file alone.
    private static func process(in content: String) -> pid_t? {
        let words = content.split(whereSeparator: \.isWhitespace)
        guard words.count == 1, let process = pid_t(words[0]), process > 0 else { return nil }
        return process
    }
}
