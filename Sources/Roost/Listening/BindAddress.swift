/// An address to listen on.
///
/// Its text forms are `127.0.0.1:8000`, `[::1]:8000`, `example.org` (port 8000), `:8000` (every address, IPv4 and IPv6),
/// `unix:/run/app.sock` or just `/run/app.sock`, `unix:@name`, `fd://3`, `systemd:` and `systemd:NAME`.
public enum BindAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name, an IPv4 or IPv6 address (without brackets), or the empty string for every address; port 0 lets the kernel choose.
    case tcp(host: String, port: Int)
    /// A Unix socket in the file system.
    case unix(path: String)
    /// A Unix socket in Linux's abstract name space, without the leading NUL.
    case abstract(name: String)
    /// A listening socket that this process inherited under this descriptor number.
    case descriptor(Int32)
    /// The sockets that systemd passed: those with this `FileDescriptorName=`, or all of them for nil.
    case systemd(name: String?)

    /// The TCP port of an address that names none.
    public static let defaultPort = 8000

    /// The address as text, in the form that `init(_:)` reads back.
    public var description: String {
        switch self {
        case .tcp(let host, let port):
            return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path):
            // A relative path that starts with @ would read as an abstract name, two slashes as the start of a URL.
            if path.utf8.first == UInt8(ascii: "@") { return "unix:./\(path)" }
            if path.hasPrefix("//") { return "unix:/\(path.drop { $0 == "/" })" }
            return "unix:\(path)"
        case .abstract(let name): return "unix:@\(name)"
        case .descriptor(let number): return "fd://\(number)"
        case .systemd(let name): return "systemd:\(name ?? "")"
        }
    }
}
