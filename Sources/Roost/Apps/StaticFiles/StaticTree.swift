import CLinux
import Glibc

/// A directory tree out of which no path leads.
struct StaticTree: Sendable {
    /// What a path names.
    enum Item {
        case file(OpenFile)
        case directory
        /// Nothing, or nothing that is to be seen: who asks is not told which.
        case nothing
    }

    /// Its absolute path, without a slash at the end.
    let root: String
    let followsLinks: Bool
    /// `root` with a slash behind it.
    private let rootPrefix: [UInt8]
    /// Whether no symbolic link led to the root when this was made, so that one call can open what is below it.
    private let mayOpenAtOnce: Bool

    /// - Parameter directory: relative to the working directory, if it is not absolute.
    init(_ directory: String, followsLinks: Bool) {
        var path = directory
        if path.utf8.first != UInt8(ascii: "/") {
            let working = getcwd(nil, 0)
            defer { free(working) }
            path = (working.map { String(cString: $0) } ?? "") + "/" + path
        }
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        root = path == "/" ? "" : path
        rootPrefix = root.utf8 + [UInt8(ascii: "/")]
        mayOpenAtOnce = !followsLinks && Self.hasNoLinks(root.isEmpty ? "/" : root)
        self.followsLinks = followsLinks
    }

    /// Why nothing can be served from here; nil if it can.
    var problem: String? {
        let directory = nameRoot()
        guard directory >= 0 else { return String(cString: clinux_error_text(errno)) }
        defer { close(directory) }
        guard followsLinks else { return nil }
        let probe = clinux_open_beneath(directory, ".", 1)
        if probe >= 0 { close(probe) }
        // Who may not list the directory can have its files all the same.
        return probe >= 0 || errno != ENOSYS ? nil : "symbolic links are followed only by kernels that have openat2(2), which Linux has since 5.6"
    }

    /// Opens what this path names.
    ///
    /// The root is found anew each time: a release is often put in place by a symbolic link that leads to it.
    /// - Throws: `SystemError` if it may well be there, but cannot be opened now.
    func open(_ path: [UInt8]) throws(SystemError) -> Item {
        if mayOpenAtOnce, !Self.mayLeadUp(path) {
            let descriptor = openAtOnce(path)
            if descriptor >= 0 { return try Self.item(descriptor) }
            // Whatever else it is may have to do with the root, or with the kernel.
            if errno == ENOENT { return .nothing }
        }
        let directory = nameRoot()
        guard directory >= 0 else { return try Self.nothing("open") }
        defer { close(directory) }
        let descriptor = openBeneath(directory, path)
        guard descriptor >= 0 else { return try Self.nothing("openat2") }
        return try Self.item(descriptor)
    }

    /// Takes over a descriptor of what was found.
    private static func item(_ descriptor: Int32) throws(SystemError) -> Item {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw SystemError("fstat")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            return .file(OpenFile(descriptor, status))
        case S_IFDIR:
            close(descriptor)
            return .directory
        default:
            close(descriptor)
            return .nothing
        }
    }

    private func nameRoot() -> Int32 { Self.withText(rootPrefix) { clinux_name_directory($0) } }

    /// The whole path in one call: where no link is followed and no name leads up, nothing leads out of the root, and finding the root is half the work.
    private func openAtOnce(_ path: [UInt8]) -> Int32 {
        Self.withText(rootPrefix, path) { clinux_open_without_links($0) }
    }

    /// Whether a name of it may be `..`.
    private static func mayLeadUp(_ path: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        var last: UInt8 = 0
        for byte in path {
            if byte == dot, last == dot { return true }
            last = byte
        }
        return false
    }

    private static func hasNoLinks(_ path: String) -> Bool {
        guard let real = realpath(path, nil) else { return false }
        defer { free(real) }
        return strcmp(real, path) == 0
    }

    private func openBeneath(_ directory: Int32, _ path: [UInt8]) -> Int32 {
        var attempts = 0
        while true {
            let descriptor = Self.withText(path) { clinux_open_beneath(directory, $0, followsLinks ? 1 : 0) }
            if descriptor >= 0 { return descriptor }
            // EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether the path led out.
            attempts += 1
            if errno == EINTR || errno == EAGAIN && attempts < 16 { continue }
            // A filter of system calls that is older than the call says EPERM.
            guard errno == ENOSYS || errno == EPERM else { return descriptor }
            return Self.walk(from: directory, path)
        }
    }

    /// The same on kernels without openat2(2): from name to name, none of them a symbolic link.
    static func walk(from directory: Int32, _ path: [UInt8]) -> Int32 {
        let names = path.split(separator: UInt8(ascii: "/"))
        var place = directory
        for (index, name) in names.enumerated() {
            let next = withText(Array(name)) { index == names.count - 1 ? clinux_open_name(place, $0) : clinux_open_path(place, $0) }
            let code = errno
            if place != directory { close(place) }
            errno = code
            guard next >= 0 else { return next }
            place = next
        }
        return place
    }

    /// Calls `body` with the bytes of both as C's string.
    private static func withText(_ prefix: [UInt8], _ path: [UInt8] = [], _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        var text: [UInt8] = []
        text.reserveCapacity(prefix.count + path.count + 1)
        text += prefix
        text += path
        text.append(0)
        return text.withUnsafeBufferPointer { $0.withMemoryRebound(to: CChar.self) { $0.baseAddress.map(body) ?? -1 } }
    }

    private static func nothing(_ call: String) throws(SystemError) -> Item {
        switch errno {
        case ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, EACCES, EPERM, EINVAL, ENXIO, ENODEV, EAGAIN: return .nothing
        default: throw SystemError(call)
        }
    }
}
