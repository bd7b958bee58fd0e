import Glibc

/// Real descriptors for tests; each is closed when the box goes away.
final class OwnedDescriptor {
    let number: Int32

    init(_ number: Int32) {
        precondition(number >= 0, "no descriptor: errno \(errno)")
        self.number = number
    }

    deinit { close(number) }

    static func socket(_ family: Int32, _ type: __socket_type) -> OwnedDescriptor {
        OwnedDescriptor(Glibc.socket(family, Int32(type.rawValue), 0))
    }

    /// A TCP socket on a port of the kernel's choice that listens.
    static func listeningTCP() -> OwnedDescriptor {
        let socket = socket(AF_INET, SOCK_STREAM)
        precondition(listen(socket.number, 8) == 0)
        return socket
    }

    /// A Unix socket in the abstract name space, under a name of the kernel's choice, that listens.
    static func listeningUnix(_ type: __socket_type = SOCK_STREAM) -> OwnedDescriptor {
        let socket = socket(AF_UNIX, type)
        bindUnix(socket.number, to: [])
        precondition(listen(socket.number, 8) == 0)
        return socket
    }
}

/// Binds to the bytes of a Unix address: a path, an abstract name with its leading NUL, or nothing for the kernel to choose.
func bindUnix(_ descriptor: Int32, to bytes: [UInt8]) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let outcome = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    precondition(outcome == 0, "bind: errno \(errno)")
}

/// A datagram socket that plays the service manager's part.
final class NotifyReceiver {
    let descriptor = OwnedDescriptor.socket(AF_UNIX, SOCK_DGRAM)
    /// What belongs into `NOTIFY_SOCKET`.
    let address: String
    private let path: String?

    init(abstract: Bool) {
        let name = "/tmp/roost-notify-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        address = (abstract ? "@" : "") + name
        path = abstract ? nil : name
        bindUnix(descriptor.number, to: abstract ? [0] + Array(name.utf8) : Array(name.utf8) + [0])
    }

    deinit {
        if let path { unlink(path) }
    }

    /// The next datagram's text; nil when there is none. Descriptors that came along are closed.
    func next() -> String? {
        var bytes = [UInt8](repeating: 0, count: 16384)
        let count = recv(descriptor.number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count >= 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    /// The next datagram's text and the descriptors that came along, which are the caller's.
    func nextWithDescriptors() -> (text: String, descriptors: [Int32])? {
        var bytes = [UInt8](repeating: 0, count: 16384)
        var control = [UInt8](repeating: 0, count: 256)
        let (count, length) = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    let count = recvmsg(descriptor.number, &message, Int32(MSG_DONTWAIT) | Int32(MSG_CMSG_CLOEXEC))
                    return (count, message.msg_controllen)
                }
            }
        }
        guard count >= 0 else { return nil }
        // cmsg(3): a header of its length, level and type, then the descriptors; credentials have another type.
        var descriptors: [Int32] = []
        control.withUnsafeBytes { control in
            var offset = 0
            while offset + MemoryLayout<cmsghdr>.size <= length {
                let header = control.loadUnaligned(fromByteOffset: offset, as: cmsghdr.self)
                guard header.cmsg_len > 0 else { return }
                if header.cmsg_type == Int32(SCM_RIGHTS) {
                    for place in stride(from: offset + MemoryLayout<cmsghdr>.size, to: offset + Int(header.cmsg_len), by: 4) {
                        descriptors.append(control.loadUnaligned(fromByteOffset: place, as: Int32.self))
                    }
                }
                offset += (Int(header.cmsg_len) + 7) & ~7
            }
        }
        return (String(decoding: bytes.prefix(count), as: UTF8.self), descriptors)
    }
}

/// Sets these variables (nil removes one) while the body runs, and puts back what was there.
func withEnvironment<Result>(_ variables: [String: String?], _ body: () throws -> Result) rethrows -> Result {
    let before = variables.keys.map { name in (name, getenv(name).map { String(cString: $0) }) }
    for (name, value) in variables { put(name, value) }
    defer { for (name, value) in before { put(name, value) } }
    return try body()
}

private func put(_ name: String, _ value: String?) {
    if let value { setenv(name, value, 1) } else { unsetenv(name) }
}
