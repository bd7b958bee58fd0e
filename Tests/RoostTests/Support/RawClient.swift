import CLinux
import Glibc
import Roost

/// A blocking client socket: for threads of a test's own, and with an end to every wait.
final class RawClient {
    enum Failure: Error, Equatable {
        case call(String, Int32)
        case timedOut
    }

    /// Longer than anything takes that goes well.
    static let patience = 30

    private var descriptor: Int32
    private var reader = ResponseReader()
    /// Between the socket and everything else here, once `secure` was called.
    private var tls: TLSLayer?
    /// Whether the server ended the connection with a reset.
    private(set) var wasReset = false

    convenience init(_ endpoint: Endpoint) throws {
        let descriptor = socket(endpoint.port == nil ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.call("socket", errno) }
        try self.init(taking: descriptor, endpoint)
    }

    /// Connects a socket that is there already.
    init(taking descriptor: Int32, _ endpoint: Endpoint) throws {
        self.descriptor = descriptor
        try set(SO_RCVTIMEO, timeval(tv_sec: Self.patience, tv_usec: 0))
        try set(SO_SNDTIMEO, timeval(tv_sec: Self.patience, tv_usec: 0))
        let result: Int32
        if let port = endpoint.port {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            inet_pton(AF_INET, endpoint.host, &address.sin_addr)
            result = Self.connect(descriptor, &address)
        } else {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(endpoint.host.utf8.prefix($0.count - 1))) }
            result = Self.connect(descriptor, &address)
        }
        guard result == 0 else {
            let code = errno
            close()
            throw Failure.call("connect", code)
        }
    }

    deinit { close() }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) throws {
        var value = value
        guard setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Value>.size)) == 0 else {
            throw Failure.call("setsockopt", errno)
        }
    }

    /// The port at this end of a TCP connection.
    func localPort() throws -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw Failure.call("getsockname", errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    // MARK: Sending

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws { try sendAsIs(tls?.write(bytes) ?? bytes) }

    /// Speaks TLS from now on.
    func secure(trusting authority: String) throws {
        let layer = try TLSLayer(trusting: authority)
        try sendAsIs(layer.takeOutput())
        while !layer.isHandshakeComplete {
            let bytes = try receiveAsIs(atMost: 64 << 10)
            guard !bytes.isEmpty else { throw Failure.call("the handshake", 0) }
            _ = try layer.read(bytes)
            try sendAsIs(layer.takeOutput())
        }
        tls = layer
    }

    private func sendAsIs(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw errno == EAGAIN ? Failure.timedOut : Failure.call("send", errno) }
            sent += count
        }
    }

    /// Sends until the server has taken nothing for a while, or `limit` is reached; returns how many bytes went.
    func sendWhatIsTaken(of limit: Int, quietMilliseconds: Int32 = 300) throws -> Int {
        let piece = [UInt8](repeating: 0x78, count: 64 << 10)
        var sent = 0
        while sent < limit {
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if Glibc.poll(&poll, 1, quietMilliseconds) == 0 { return sent }
            let count = Glibc.send(
                descriptor, piece, min(piece.count, limit - sent), Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            )
            if count < 0, errno == EAGAIN { continue }
            guard count > 0 else { throw Failure.call("send", errno) }
            sent += count
        }
        return sent
    }

    // MARK: Receiving

    /// The next bytes; none at the connection's end, be it in order or a reset.
    func receive(atMost limit: Int = 64 << 10) throws -> [UInt8] {
        guard let tls else { return try receiveAsIs(atMost: limit) }
        while true {
            let bytes = try receiveAsIs(atMost: limit)
            if bytes.isEmpty { return [] }
            let clear = try tls.read(bytes)
            // Who has closed need not hear it.
            try? sendAsIs(tls.takeOutput())
            if !clear.isEmpty { return clear }
        }
    }

    private func receiveAsIs(atMost limit: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, limit, 0)
            failure = received < 0 ? errno : 0
            count = max(0, received)
        }
        switch failure {
        case 0: return bytes
        case ECONNRESET, EPIPE:
            wasReset = true
            return []
        case EAGAIN: throw Failure.timedOut
        default: throw Failure.call("recv", failure)
        }
    }

    /// The next response.
    func response(to method: String = "GET") throws -> Response {
        try reader.next(to: method) { try receive() }
    }

    /// Everything until the connection's end.
    func rest() throws -> String {
        String(decoding: try reader.rest { try receive() }, as: UTF8.self)
    }

    /// Whether the server ended the connection, and sent nothing more before.
    func isClosed() throws -> Bool { try reader.rest { try receive() }.isEmpty }

    /// Reads and forgets, until `limit` is reached or the connection ends; returns how many bytes came.
    func count(limit: Int) throws -> Int {
        var received = 0
        while received < limit {
            let count = try receive(atMost: 256 << 10).count
            if count == 0 { break }
            received += count
        }
        return received
    }

    /// Whether nothing comes within some time.
    func staysSilent(milliseconds: Int32) -> Bool {
        guard reader.buffer.isEmpty else { return false }
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, milliseconds) == 0
    }

    /// Sends a request and gives its response.
    func ask(_ target: String, method: String = "GET", fields: String = "") throws -> Response {
        try send("\(method) \(target) HTTP/1.1\r\nhost: test\r\n\(fields)\r\n")
        return try response(to: method)
    }

    // MARK: Ending

    /// Ends both directions, so that calls on other threads return too.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes a TCP connection with a reset.
    func reset() throws {
        try set(SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        close()
    }
}
