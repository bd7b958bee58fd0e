import CLinux
import Glibc

/// The file of a Unix socket that Roost made: which file it is, whatever else may come to stand at its path.
///
/// Device and inode number say whether the path still leads to it. The file is held open (`O_PATH`),
/// for as long as it is nobody else can be given its inode number, even after it was removed.
struct UnixSocketFile: Sendable {
    /// The directory in which the file lies.
    private let directory: Int32
    /// The file itself.
    private let identity: Int32
    private let name: String

    /// Takes charge of both descriptors.
    init(directory: consuming SocketDirectory, identity: consuming OpenDescriptor, name: String) {
        self.directory = directory.take()
        self.identity = identity.take()
        self.name = name
    }

    /// Takes charge of a file that another process made and named by these numbers; nil if the path leads to another one by now, or nowhere.
    init?(at path: String, numbers: Numbers, for bind: BindAddress) {
        guard let directory = try? SocketDirectory(of: path, options: SocketOptions(), for: bind) else { return nil }
        let name = SocketDirectory.name(of: path)
        guard let identity = OpenDescriptor(clinux_open_path(directory.number, name)), Numbers(of: identity.number) == numbers else { return nil }
        self.init(directory: directory, identity: identity, name: name)
    }

    /// By what a file is known in every process.
    struct Numbers: Sendable, Hashable {
        let device: UInt64
        let inode: UInt64

        init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }

        init?(of descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        }
    }

    /// The numbers of this file; as long as it is held open no other one has them.
    var numbers: Numbers? { Numbers(of: identity) }

    /// Whether the path still leads to this file.
    var isInPlace: Bool { Self.isSame(identity, name, in: directory) }

    /// Whether a name in a directory leads to the file that a descriptor names; a symbolic link is itself.
    static func isSame(_ identity: Int32, _ name: String, in directory: Int32) -> Bool {
        var ours = stat()
        var found = stat()
        guard fstat(identity, &ours) == 0, fstatat(directory, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        return ours.st_dev == found.st_dev && ours.st_ino == found.st_ino
    }

    /// Removes the file if it is still this one, and closes the descriptors. To be called once.
    ///
    /// Under the directory's lock no other Roost can put its own socket there between the look and the removal.
    func removeAndClose() {
        // Somebody who holds the lock for good must not keep the file alive: then it is removed without.
        let lock = try? DirectoryLock(directory, patience: 500)
        if isInPlace { unlinkat(directory, name, 0) }
        _ = consume lock
        close()
    }

    /// Closes the descriptors and leaves the file. To be called once, instead of `removeAndClose`.
    func close() {
        _ = Glibc.close(identity)
        _ = Glibc.close(directory)
    }
}
