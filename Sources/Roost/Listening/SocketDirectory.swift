import CLinux
import Glibc

/// The directory that a Unix socket's file lies in, held open: the file is made, replaced and removed in it
/// even if the process changes its working directory or somebody moves the directory.
struct SocketDirectory: ~Copyable {
    private let descriptor: OpenDescriptor

    var number: Int32 { descriptor.number }

    /// Opens the directory of a socket's path, and makes it first when the options say so.
    init(of path: String, options: SocketOptions, for bind: BindAddress) throws(BindError) {
        let folder = Self.parent(of: path)
        if options.makeDirectories { try Self.make(folder, umask: options.umask, for: bind) }
        guard let opened = OpenDescriptor(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
            throw Self.failure(errno, folder, bind)
        }
        descriptor = opened
    }

    consuming func take() -> Int32 { descriptor.take() }

    /// The directory's part of a path, `.` when it has none.
    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let folder = path[..<slash]
        return folder.isEmpty ? "/" : String(folder)
    }

    /// The file's part of a path.
    static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// The directory in which a socket's directory, or one above it, would have to be made; nil if it is there.
    static func whereToMake(for path: String) -> String? {
        let wanted = parent(of: path)
        var folder = wanted
        var status = stat()
        while stat(folder, &status) != 0, errno == ENOENT, folder != "/", folder != "." { folder = parent(of: folder) }
        return folder == wanted ? nil : folder
    }

    /// Whether the directory of a socket's path is missing but could be made.
    ///
    /// - Throws: If it is missing and could not.
    static func canBeMade(for path: String, _ bind: BindAddress) throws(BindError) -> Bool {
        guard let folder = whereToMake(for: path) else { return false }
        let wanted = parent(of: path)
        guard access(folder, W_OK | X_OK) == 0 else {
            throw BindError(bind, doing: "making the directory \(wanted) in \(folder)", code: errno)
        }
        return true
    }

    /// Makes the directory and those above it that are missing.
    ///
    /// - Parameter owner: Whom they are given to; nil leaves them the process's.
    static func make(_ folder: String, umask mask: UInt32?, owner: SocketHeir? = nil, for bind: BindAddress) throws(BindError) {
        var status = stat()
        if stat(folder, &status) == 0 { return }
        let above = parent(of: folder)
        if above != folder, above != "." { try make(above, umask: mask, owner: owner, for: bind) }
        let mode = mode_t(0o755 & ~(mask ?? 0))
        guard mkdir(folder, mode) == 0 else {
            let code = errno
            if code == EEXIST { return }
            throw BindError(bind, doing: "making the directory \(folder)", code: code)
        }
        // The process's own mask may have taken bits away that the one asked for leaves.
        guard mask == nil || chmod(folder, mode) == 0 else {
            throw BindError(bind, doing: "setting the mode of the directory \(folder)", code: errno)
        }
        if let owner, lchown(folder, owner.user, owner.group) != 0 {
            throw BindError(bind, doing: "giving the directory \(folder) to the user \(owner.user)", code: errno)
        }
    }

    private static func failure(_ code: Int32, _ folder: String, _ bind: BindAddress) -> BindError {
        switch code {
        case ENOENT:
            BindError(
                bind, "the directory \(folder) does not exist",
                hint: "make it (RuntimeDirectory= in the service unit does), or have it made (socket_make_dirs, --socket-make-dirs)", code: code)
        case ENOTDIR: BindError(bind, "\(folder) is not a directory", hint: "choose another path", code: code)
        case EACCES:
            BindError(
                bind, doing: "opening the directory \(folder)", code: code,
                hint: "the process must be able to read, write and search it")
        default: BindError(bind, doing: "opening the directory \(folder)", code: code)
        }
    }
}

/// A lock on a directory that everyone who puts a socket in place there holds meanwhile,
/// so that between looking at the old socket and replacing it nobody else does the same.
///
/// It is flock(2) on the directory itself: nothing is left behind, and the kernel lets go of it when the process dies.
struct DirectoryLock: ~Copyable {
    private let descriptor: OpenDescriptor

    /// Waits at most this long (milliseconds); others hold the lock for less than one.
    static let patience = 2000

    /// Locks the directory. The lock has an open file of its own, so that two threads exclude each other as two processes do.
    ///
    /// The lock is a help against a race, not a right to the path. So file systems that have no such locks (some network ones) are used
    /// without, and somebody who holds the lock all the time, which whoever may read the directory can do, is not waited for any longer.
    init(_ directory: Int32, patience: Int = Self.patience) throws(SystemError) {
        guard let opened = OpenDescriptor(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else { throw SystemError("openat") }
        var waited = 0
        while flock(opened.number, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK, waited < patience else { break }
            usleep(2000)
            waited += 2
        }
        descriptor = opened
    }

    deinit { _ = flock(descriptor.number, LOCK_UN) }
}
