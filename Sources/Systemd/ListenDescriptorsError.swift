internal import Glibc

/// Why the sockets that systemd passed can't be used. Its description is one line for the operator.
public enum ListenDescriptorsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A variable of socket activation holds something that can't be meant.
    case junk(variable: String, value: String, expected: String)
    /// `LISTEN_FDS` promises a descriptor that is not open; `count` is the variable's value.
    case notOpen(number: Int32, count: String)
    /// A descriptor that was passed is not a stream socket that listens.
    case notListening(number: Int32, name: String, found: DescriptorKind)
    /// The system refused what should always work.
    case system(errno: Int32)

    public var description: String {
        switch self {
        case .junk(let variable, let value, let expected):
            "socket activation: \(variable)=\(value.debugDescription) is not \(expected); systemd sets it, nothing else should"
        case .notOpen(let number, let count):
            "socket activation: LISTEN_FDS=\(count.debugDescription) promises descriptor \(number), which is not open; "
                + "something between systemd and this process closed it"
        case .notListening(let number, let name, let found):
            "socket activation: descriptor \(number) (\(name)) is \(found), expected a stream socket that listens; \(found.wayOut)"
        case .system(let number):
            "socket activation: taking the sockets failed: \(String(cString: strerror(number))) (errno \(number))"
        }
    }
}
