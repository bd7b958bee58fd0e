import Glibc

/// Sends `READY=1` to the datagram socket that `NOTIFY_SOCKET` names, so that all servers' starts are timed alike; sd_notify(3).
///
/// Only what the benchmark's driver needs: a path in the file system, one datagram, no abstract names.
func announceReady() {
    guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }) else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < room else {
        complain("NOTIFY_SOCKET is longer than \(room - 1) bytes: \(path)")
        return
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }

    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let message = Array("READY=1".utf8)
    let sent = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(descriptor, message, message.count, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    if sent < 0 { complain("READY=1 could not be sent to \(path): \(String(cString: strerror(errno)))") }
}

/// One line on standard error.
func complain(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
