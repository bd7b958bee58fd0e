internal import FoundationEssentials
internal import Glibc

/// Asks the admin socket of a service that runs.
struct AdminClient {
    /// The socket.
    let path: String
    /// How long an answer may take.
    var patience: Duration = .seconds(5)

    /// What the service says of itself, and the JSON as it came.
    func status() throws(AdminClientError) -> (status: ServiceStatus, json: String) {
        let body = try get("/status")
        do {
            return (try ServiceStatus.decoder.decode(ServiceStatus.self, from: Data(body)), String(decoding: body, as: UTF8.self))
        } catch {
            throw AdminClientError(path: path, reason: "what it says is no status that this version of roost knows; is it another version, or another program?")
        }
    }

    /// The body of the answer.
    private func get(_ target: String) throws(AdminClientError) -> [UInt8] {
        let descriptor = try connected()
        defer { close(descriptor) }
        let request = Array("GET \(target) HTTP/1.1\r\nhost: roost\r\nconnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw failure("asking", errno) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("reading its answer", errno)
            }
            answer += buffer.prefix(count)
            guard answer.count <= Self.longest else { throw AdminClientError(path: path, reason: "its answer does not end") }
        }
        let end = Array("\r\n\r\n".utf8)
        guard let head = (0..<max(0, answer.count - end.count + 1)).first(where: { answer[$0..<$0 + end.count].elementsEqual(end) }),
            answer.starts(with: "HTTP/1.1 200 ".utf8)
        else {
            let line = String(decoding: answer.prefix { $0 != UInt8(ascii: "\r") }.prefix(100), as: UTF8.self)
            throw AdminClientError(path: path, reason: line.isEmpty ? "it has closed the connection" : "it has answered \(OneLine.quoted(line)); is this the admin socket?")
        }
        return Array(answer[(head + end.count)...])
    }

    private static let longest = 64 << 20

    private func connected() throws(AdminClientError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw AdminClientError(path: path, reason: "the path is too long for a socket") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("making a socket", errno) }
        let (seconds, attoseconds) = patience.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw failure("connecting", code)
        }
        return descriptor
    }

    private func failure(_ what: String, _ code: Int32) -> AdminClientError {
        let hint = switch code {
        case ENOENT, ECONNREFUSED: "; does the service run, and is this its admin_socket?"
        case EACCES, EPERM: "; the socket is its owner's alone: be that user, or root"
        case EAGAIN: " within \(patience)"
        default: ""
        }
        return AdminClientError(path: path, reason: "\(what): \(code == EAGAIN ? "no answer" : String(cString: strerror(code)))\(hint)")
    }
}

/// The admin socket does not answer. Its description is one line for the operator.
struct AdminClientError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(OneLine.escaped(path)): \(reason)" }
}
