import CLinux
import Glibc

/// A system call that failed for want of a resource, not for anything that a peer did.
public struct SystemError: Error, Hashable, CustomStringConvertible {
    /// The system call's name.
    public let call: String
    /// Its `errno`.
    public let code: Int32

    /// Takes the calling thread's `errno`.
    package init(_ call: String) {
        self.call = call
        code = errno
    }

    /// `epoll_create1: Too many open files`.
    public var description: String { "\(call): \(String(cString: strerror(code)))" }
}
