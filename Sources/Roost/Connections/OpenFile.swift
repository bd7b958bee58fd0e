import Glibc

/// A regular file that is open for reading; it is closed with this object.
package final class OpenFile: Sendable {
    let descriptor: Int32
    /// In bytes, when it was opened.
    let size: Int
    /// When it was last changed, in nanoseconds of Unix time.
    let modified: Int64

    /// Takes over a descriptor; `status` is what fstat(2) says of it.
    init(_ descriptor: Int32, _ status: stat) {
        self.descriptor = descriptor
        size = Int(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    deinit {
        close(descriptor)
    }
}
