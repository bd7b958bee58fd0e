import CLinux
import Glibc

/// The file of a Unix socket that Roost made: which file it is, whatever else may come to stand at its path.
///
/// Device and inode number say whether the path still leads to it. The file is held open (`O_PATH`),
/// for as long as it is nobody else can be given its inode number, even after it was removed.
struct UnixSocketFile: Sendable {
    private struct Place {
        /// The directory in which the file lies.
        let directory: Int32
        /// The file itself.
        let identity: Int32
        let name: String
    }

    let path: String
    /// The numbers of this file; as long as it is held open no other one has them.
    let numbers: Numbers?
    /// Nil if this process may not look into the directory.
    private let place: Place?

    /// Takes charge of both descriptors.
    init(directory: consuming SocketDirectory, identity: consuming OpenDescriptor, path: String) {
        let numbers = Numbers(of: identity.number)
        let place = Place(directory: directory.take(), identity: identity.take(), name: SocketDirectory.name(of: path))
        self.init(path: path, numbers: numbers, place: place)
    }

    private init(path: String, numbers: Numbers?, place: Place?) {
        self.path = path
        self.numbers = numbers
        self.place = place
    }

    /// Takes charge of a file that another process made and named by these numbers; nil if the path leads to another one by now, or nowhere.
    init?(at path: String, numbers: Numbers, for bind: BindAddress) {
        let directory: SocketDirectory
        do throws(BindError) {
            directory = try SocketDirectory(of: path, options: SocketOptions(), for: bind)
        } catch {
            guard error.code == EACCES else { return nil }
            self.init(path: path, numbers: numbers, place: nil)
            return
        }
        guard let identity = OpenDescriptor(clinux_open_path(directory.number, SocketDirectory.name(of: path))),
            Numbers(of: identity.number) == numbers
        else { return nil }
        self.init(directory: directory, identity: identity, path: path)
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

    /// Whether the path still leads to this file; false if that can't be told.
    var isInPlace: Bool { place.map { Self.isSame($0.identity, $0.name, in: $0.directory) } ?? false }

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
    ///
    /// - Returns: The errno value if the file has to stay; 0 if it does not, or is somebody else's.
    @discardableResult
    func removeAndClose() -> Int32 {
        guard let place else { return EACCES }
        // Somebody who holds the lock for good must not keep the file alive: then it is removed without.
        let lock = try? DirectoryLock(place.directory, patience: 500)
        let code = isInPlace && unlinkat(place.directory, place.name, 0) != 0 ? errno : 0
        _ = consume lock
        close()
        return code == ENOENT ? 0 : code
    }

    /// Closes the descriptors and leaves the file. To be called once, instead of `removeAndClose`.
    func close() {
        guard let place else { return }
        _ = Glibc.close(place.identity)
        _ = Glibc.close(place.directory)
    }
}
