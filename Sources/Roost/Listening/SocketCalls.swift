import CLinux
import Glibc

/// The system calls that every kind of socket is made with, their failures as errno values.
enum SocketCalls {
    /// The levels of socket options.
    static let tcp = Int32(IPPROTO_TCP)
    static let ipv6 = Int32(IPPROTO_IPV6)

    static func bind(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        address.withKernelAddress { Glibc.bind(descriptor, $0, $1) == 0 ? 0 : errno }
    }

    static func connect(_ descriptor: Int32, to address: SocketAddress) -> Int32 {
        address.withKernelAddress { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno }
    }

    static func listen(_ descriptor: Int32, backlog: Int) -> Int32 {
        Glibc.listen(descriptor, Int32(clamping: max(1, backlog))) == 0 ? 0 : errno
    }

    static func set(_ option: Int32, of level: Int32, on descriptor: Int32, to value: Int32) -> Int32 {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 ? 0 : errno
    }

    static func get(_ option: Int32, of level: Int32, on descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, level, option, &value, &length) == 0 ? value : nil
    }

    /// A new nonblocking stream socket; on failure nil, and errno says why.
    static func stream(_ family: Int32) -> OpenDescriptor? { OpenDescriptor(clinux_stream_socket(family)) }

    /// Switches Nagle's algorithm off on an accepted TCP connection.
    static func setNoDelay(_ descriptor: Int32) {
        // A connection that is gone already is the only reason to fail, and the next read says so.
        _ = set(TCP_NODELAY, of: SocketCalls.tcp, on: descriptor, to: 1)
    }
}
