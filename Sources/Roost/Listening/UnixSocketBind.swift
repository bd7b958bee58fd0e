import CLinux
import Glibc

/// Puts a listening Unix socket at a path, as one step for everyone who looks.
///
/// The socket is bound under a temporary name in the same directory, gets its owner and mode, and listens. Then the path is looked at:
/// a live socket there is left alone and the bind refused, as is anything that is no socket; over a stale one, the new socket is renamed.
/// So there is no moment in which the path leads to a socket that can't be connected to, or that the wrong people can connect to.
/// The directory is locked meanwhile: of two that want one path, the later finds the earlier live.
struct UnixSocketBind {
    let bind: BindAddress
    let path: String
    let options: SocketOptions
    let owner: SocketOwner

    /// How often the path is looked at again because a process that takes no lock changed it meanwhile.
    private static let placeAttempts = 8
    /// How often another temporary name is tried; each is one of four thousand million.
    private static let nameAttempts = 4

    /// The listening socket and its file, both owned by the caller.
    func open() throws(BindError) -> (descriptor: Int32, file: UnixSocketFile) {
        try checkMode()
        let directory = try SocketDirectory(of: path, options: options, for: bind)
        let lock = try lock(directory.number)
        guard let socket = SocketCalls.stream(AF_UNIX) else { throw BindError(bind, doing: "making the socket", code: errno) }
        // bind(2) gives the file this mode less the process's mask: already at its birth nobody has more than he will have.
        guard fchmod(socket.number, mode_t(options.mode)) == 0 else { throw BindError(bind, doing: "setting the socket's mode", code: errno) }

        let name = SocketDirectory.name(of: path)
        let temporary = try bindTemporarily(socket.number, name: name, directory: directory.number)
        do throws(BindError) {
            let identity = try finish(socket.number, temporary, as: name, in: directory.number)
            _ = consume lock
            return (socket.take(), UnixSocketFile(directory: directory, identity: identity, path: path))
        } catch {
            unlinkat(directory.number, temporary, 0)
            throw error
        }
    }

    /// Does all of `open` but to listen and to take the place, and leaves nothing behind.
    func tryOut() throws(BindError) {
        try checkMode()
        if options.makeDirectories, try SocketDirectory.canBeMade(for: path, bind) { return }
        var options = options
        options.makeDirectories = false
        let directory = try SocketDirectory(of: path, options: options, for: bind)
        let lock = try lock(directory.number)
        guard let socket = SocketCalls.stream(AF_UNIX) else { throw BindError(bind, doing: "making the socket", code: errno) }
        let name = SocketDirectory.name(of: path)
        let temporary = try bindTemporarily(socket.number, name: name, directory: directory.number)
        defer { unlinkat(directory.number, temporary, 0) }
        guard let identity = OpenDescriptor(clinux_open_path(directory.number, temporary)) else {
            throw BindError(bind, doing: "opening the new socket's file", code: errno)
        }
        try setOwnerAndMode(identity.number)
        try refuse(UnixSocketProbe.look(at: path, named: name, in: directory.number))
        _ = consume lock
    }

    private func checkMode() throws(BindError) {
        guard options.mode <= 0o777 else {
            throw BindError(bind, "the socket's mode is 0\(String(options.mode, radix: 8))", hint: "expected 0 to 0777 (octal)")
        }
    }

    /// Makes the bound socket what it shall be and moves it to its place; gives the descriptor that names its file.
    private func finish(_ socket: Int32, _ temporary: String, as name: String, in directory: Int32) throws(BindError) -> OpenDescriptor {
        guard let identity = OpenDescriptor(clinux_open_path(directory, temporary)) else {
            throw BindError(bind, doing: "opening the new socket's file", code: errno)
        }
        try setOwnerAndMode(identity.number)
        let code = SocketCalls.listen(socket, backlog: options.backlog)
        guard code == 0 else { throw BindError(bind, doing: "listening", code: code) }
        try place(temporary, as: name, in: directory)
        return identity
    }

    private func lock(_ directory: Int32) throws(BindError) -> DirectoryLock {
        do throws(SystemError) {
            return try DirectoryLock(directory)
        } catch {
            throw BindError(bind, doing: "locking the directory \(SocketDirectory.parent(of: path))", code: error.code)
        }
    }

    /// Binds the socket beside its place and gives the name of the file.
    ///
    /// The name starts with the path where that fits, since the kernel goes on calling the socket by the name it was bound to (as `ss -xl` shows).
    /// Where it doesn't fit, the way leads through the open directory.
    private func bindTemporarily(_ socket: Int32, name: String, directory: Int32) throws(BindError) -> String {
        var code: Int32 = 0
        for _ in 0..<Self.nameAttempts {
            let digits = String(UInt32.random(in: .min ... .max), radix: 16)
            let mark = "." + String(repeating: "0", count: 8 - digits.count) + digits
            let isShort = path.utf8.count + mark.utf8.count <= BindAddress.longestUnixPath
            let temporary = isShort ? name + mark : mark
            let place = isShort ? path + mark : "/proc/self/fd/\(directory)/\(mark)"
            code = SocketCalls.bind(socket, to: .unix(path: place))
            if code == 0 { return temporary }
            if code != EADDRINUSE { break }
        }
        let folder = SocketDirectory.parent(of: path)
        let hint = switch code {
        case EACCES, EPERM: "the process must be able to write to that directory (User= and RuntimeDirectory= in the service unit)"
        case EROFS: "its file system is read-only; RuntimeDirectory= or ReadWritePaths= in the service unit opens a place"
        default: String?.none
        }
        throw BindError(bind, doing: "making a socket in \(folder)", code: code, hint: hint)
    }

    /// Owner first: changing it may take mode bits away.
    private func setOwnerAndMode(_ identity: Int32) throws(BindError) {
        if owner.user != nil || owner.group != nil {
            guard clinux_change_owner(identity, owner.user ?? .max, owner.group ?? .max) == 0 else {
                let code = errno
                throw BindError(
                    bind, doing: "giving the socket to \(ownerText)", code: code,
                    hint: code == EPERM ? "only root may choose the user, and others only a group that they belong to" : nil)
            }
        }
        var status = stat()
        guard fstat(identity, &status) == 0 else { throw BindError(bind, doing: "looking at the new socket's file", code: errno) }
        guard status.st_mode & 0o7777 != mode_t(options.mode) else { return }
        // The link in /proc leads to the file itself, so nobody can slip another one under the name.
        guard chmod("/proc/self/fd/\(identity)", mode_t(options.mode)) == 0 else {
            throw BindError(bind, doing: "setting the socket's mode to 0\(String(options.mode, radix: 8))", code: errno)
        }
    }

    private var ownerText: String {
        [options.user.map { "user \(BindAddressError.quoted($0))" }, options.group.map { "group \(BindAddressError.quoted($0))" }]
            .compactMap { $0 }.joined(separator: " and ")
    }

    /// Renames the listening socket to its place if that is free or stale.
    private func place(_ temporary: String, as name: String, in directory: Int32) throws(BindError) {
        for _ in 0..<Self.placeAttempts {
            let code: Int32
            let found = UnixSocketProbe.look(at: path, named: name, in: directory)
            try refuse(found)
            if case .absent = found {
                code = renameToFree(temporary, name, directory)
            } else {
                code = renameat(directory, temporary, directory, name) == 0 ? 0 : errno
            }
            switch code {
            case 0: return
            case EEXIST: continue
            case EACCES, EPERM:
                throw BindError(bind, doing: "replacing the stale socket", code: code, hint: "it belongs to another user: remove it or choose another path")
            default: throw BindError(bind, doing: "renaming the socket to its place", code: code)
            }
        }
        throw BindError(bind, "other processes keep making and removing files at this path", hint: "choose another path", code: EEXIST)
    }

    /// Leaves what is there alone, unless it is a stale socket.
    private func refuse(_ found: UnixSocketProbe) throws(BindError) {
        switch found {
        case .absent, .stale: break
        case .live(let holder): throw live(holder)
        case .other(let kind):
            throw BindError(bind, "there is \(kind) at this path, which Roost does not replace", hint: "remove it or choose another path", code: EEXIST)
        case .unknown(let code):
            throw BindError(
                bind, doing: "there is a socket at this path, and whether it is in use can't be told", code: code,
                hint: "remove it if it is not, or choose another path")
        }
    }

    private func renameToFree(_ temporary: String, _ name: String, _ directory: Int32) -> Int32 {
        if clinux_rename_to_free_name(directory, temporary, name) == 0 { return 0 }
        let code = errno
        guard code == EINVAL || code == ENOSYS else { return code }
        // Not every file system can refuse to replace; the look at the path has to do there.
        return renameat(directory, temporary, directory, name) == 0 ? 0 : errno
    }

    private func live(_ holder: SocketHolder?) -> BindError {
        BindError(
            bind, holder.map { "\($0) is listening on it" } ?? "another process is listening on it",
            hint: holder?.wayOut(other: "path") ?? "stop that process or choose another path", code: EADDRINUSE, holder: holder?.process)
    }
}
