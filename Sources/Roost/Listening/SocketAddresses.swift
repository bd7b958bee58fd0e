import Glibc
import ProxyProtocol

/// The address of a socket as the kernel knows it.
enum SocketAddress: Hashable {
    /// IPv4: the address in host byte order.
    case v4(address: UInt32, port: UInt16)
    /// IPv6: the address as two halves in host byte order; the scope is an interface's index, 0 for none.
    case v6(high: UInt64, low: UInt64, port: UInt16, scope: UInt32)
    case unix(path: String)
    /// Without the leading NUL.
    case abstract(name: String)
    /// A Unix socket without a name: the client's end, as a rule.
    case unnamed

    static let everyV4 = SocketAddress.v4(address: 0, port: 0)
    static let everyV6 = SocketAddress.v6(high: 0, low: 0, port: 0, scope: 0)

    /// The TCP port; nil for a Unix socket.
    var port: UInt16? {
        switch self {
        case .v4(_, let port), .v6(_, _, let port, _): port
        case .unix, .abstract, .unnamed: nil
        }
    }

    /// The same IP address with another port; a Unix address is left as it is.
    func with(port: UInt16) -> SocketAddress {
        switch self {
        case .v4(let address, _): .v4(address: address, port: port)
        case .v6(let high, let low, _, let scope): .v6(high: high, low: low, port: port, scope: scope)
        case .unix, .abstract, .unnamed: self
        }
    }

    /// Whether this is `0.0.0.0` or `::`.
    var isWildcard: Bool { with(port: 0) == .everyV4 || with(port: 0) == .everyV6 }

    var isV6: Bool {
        if case .v6 = self { true } else { false }
    }

    var family: Int32 {
        switch self {
        case .v4: AF_INET
        case .v6: AF_INET6
        case .unix, .abstract, .unnamed: AF_UNIX
        }
    }
}

extension SocketAddress {
    /// Whether two sockets can't both listen on these addresses: they are equal, or one is a wildcard that takes in the other.
    /// An IPv6 wildcard takes in IPv4 too, as it does unless `IPV6_V6ONLY` is set. Port 0 is another port each time.
    func overlaps(_ other: SocketAddress) -> Bool {
        switch (self, other) {
        case (.v4, .v4), (.v6, .v6): hasSamePort(as: other) && (isWildcard || other.isWildcard || self == other)
        case (.v6, .v4): hasSamePort(as: other) && isWildcard
        case (.v4, .v6): hasSamePort(as: other) && other.isWildcard
        case (.unix, .unix), (.abstract, .abstract): self == other
        default: false
        }
    }

    private func hasSamePort(as other: SocketAddress) -> Bool { port == other.port && port != 0 }
}

// MARK: - The kernel's form

extension SocketAddress {
    /// The offset of `sun_path` in `sockaddr_un`.
    private static let pathOffset = MemoryLayout<sa_family_t>.size

    /// The address that a socket is bound to (getsockname(2)); nil when the descriptor is no socket or of a family that Roost doesn't know.
    init?(localOf descriptor: Int32) {
        self.init(asking: { getsockname(descriptor, $0, $1) })
    }

    /// The address of a connected socket's other end (getpeername(2)); nil when there is none.
    init?(peerOf descriptor: Int32) {
        self.init(asking: { getpeername(descriptor, $0, $1) })
    }

    private init?(asking call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address: SocketAddress? = withUnsafeMutablePointer(to: &storage) { pointer in
            // sockaddr_storage is made to hold every family's address: size and alignment are right for each.
            let result = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
            guard result == 0 else { return nil }
            let filled = min(Int(length), MemoryLayout<sockaddr_storage>.size)
            return Self.decode(UnsafeRawBufferPointer(start: pointer, count: filled))
        }
        guard let address else { return nil }
        self = address
    }

    /// An address that a library function returned.
    init?(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        guard let decoded = Self.decode(UnsafeRawBufferPointer(start: address, count: Int(length))) else { return nil }
        self = decoded
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> SocketAddress? {
        guard bytes.count >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            guard bytes.count >= MemoryLayout<sockaddr_in>.size else { return nil }
            let address = bytes.loadUnaligned(as: sockaddr_in.self)
            return .v4(address: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            guard bytes.count >= MemoryLayout<sockaddr_in6>.size else { return nil }
            let address = bytes.loadUnaligned(as: sockaddr_in6.self)
            return withUnsafeBytes(of: address.sin6_addr) { halves in
                .v6(
                    high: UInt64(bigEndian: halves.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: halves.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    port: UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id)
            }
        case AF_UNIX:
            let name = bytes.dropFirst(pathOffset)
            guard let first = name.first else { return .unnamed }
            // A path ends at its NUL or with the bytes; an abstract name is every byte after its NUL.
            if first == 0 { return .abstract(name: String(decoding: name.dropFirst(), as: UTF8.self)) }
            return .unix(path: String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
        default:
            return nil
        }
    }

    /// Calls `body` with the kernel's form of the address, which lives as long as the call. A path too long for it is cut: check it before.
    func withKernelAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let length = encode(into: UnsafeMutableRawBufferPointer(start: pointer, count: MemoryLayout<sockaddr_storage>.size))
            return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }

    /// Writes the kernel's form into zeroed bytes and gives its length.
    private func encode(into bytes: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .v4(let value, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = value.bigEndian
            bytes.storeBytes(of: address, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        case .v6(let high, let low, let port, let scope):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &address.sin6_addr) { halves in
                halves.storeBytes(of: high.bigEndian, as: UInt64.self)
                halves.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            bytes.storeBytes(of: address, as: sockaddr_in6.self)
            return MemoryLayout<sockaddr_in6>.size
        case .unix(let path):
            return encode(name: path.utf8.prefix(BindAddress.longestUnixPath), at: Self.pathOffset, into: bytes) + 1
        case .abstract(let name):
            return encode(name: name.utf8.prefix(BindAddress.longestUnixPath), at: Self.pathOffset + 1, into: bytes)
        case .unnamed:
            return encode(name: "".utf8.prefix(0), at: Self.pathOffset, into: bytes)
        }
    }

    private func encode(name: Substring.UTF8View, at offset: Int, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
        var end = offset
        for byte in name where end < bytes.count {
            bytes[end] = byte
            end += 1
        }
        return end
    }
}

// MARK: - Endpoints

extension SocketAddress {
    /// The address of an IP host. Its zone is the kernel's: there is none in the text.
    init(_ address: IPAddress, port: UInt16) {
        switch address {
        case .v4(let address): self = .v4(address: address.bits, port: port)
        case .v6(let address):
            self = .v6(high: UInt64(address.bits >> 64), low: UInt64(truncatingIfNeeded: address.bits), port: port, scope: 0)
        }
    }

    /// The IP address; nil for a Unix socket.
    ///
    /// An IPv4 client of a dual-stack socket (`::ffff:192.0.2.1`, RFC 4291 2.5.5.2) is given as the IPv4 address that it is.
    var ipAddress: IPAddress? {
        switch self {
        case .v4(let address, _): .v4(IPv4Address(bits: address))
        case .v6(let high, let low, _, _): IPAddress.v6(IPv6Address(bits: UInt128(high) << 64 | UInt128(low))).unmapped
        case .unix, .abstract, .unnamed: nil
        }
    }

    /// The address as ASGI names it; nil for a Unix socket without a name.
    var endpoint: Endpoint? {
        switch self {
        case .v4(_, let port), .v6(_, _, let port, 0):
            return ipAddress.map { Endpoint(host: "\($0)", port: Int(port)) }
        case .v6(_, _, let port, let scope):
            return ipAddress.map { Endpoint(host: "\($0)%\(Self.interfaceName(scope))", port: Int(port)) }
        case .unix(let path):
            return Endpoint(host: path, port: nil)
        case .abstract(let name):
            return Endpoint(host: "@\(name)", port: nil)
        case .unnamed:
            return nil
        }
    }

    private static func interfaceName(_ index: UInt32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
            guard let start = buffer.baseAddress, let name = if_indextoname(index, start) else { return "\(index)" }
            return String(cString: name)
        }
    }
}

extension Endpoint {
    /// The address that a connection or a listening socket has at our end; nil when it has no name.
    init?(localOf descriptor: Int32) {
        guard let endpoint = SocketAddress(localOf: descriptor)?.endpoint else { return nil }
        self = endpoint
    }
}
