import CLinux
import Glibc

/// The process that has an address, as far as this one may know it.
struct SocketHolder: CustomStringConvertible {
    let process: Int32
    /// The name of its command; nil when it can't be read.
    let command: String?

    init(process: Int32) {
        self.process = process
        command = Self.read("/proc/\(process)/comm").flatMap { text in
            let name = text.prefix { $0 != "\n" }
            return name.isEmpty ? nil : String(name.map { $0.isASCII && !$0.isWhitespace ? $0 : "?" })
        }
    }

    /// `process 1234 (nginx)`, `this process`.
    var description: String {
        if process == getpid() { return "this process" }
        return "process \(process)" + (command.map { " (\($0))" } ?? "")
    }

    /// What an operator can do about it; `other` is what else could be chosen ("path", "port").
    func wayOut(other: String) -> String {
        command == "systemd"
            ? "use systemd: to take the sockets of a socket unit, or choose another \(other)"
            : "stop that process or choose another \(other)"
    }

    /// The process that listens on a Unix socket to which `client` is connected; nil when it is in a PID namespace out of sight.
    static func listening(to client: Int32) -> SocketHolder? {
        guard let process = PeerCredentials(of: client)?.pid, process > 0 else { return nil }
        return SocketHolder(process: process)
    }

    /// The lowest port that needs no privilege.
    static var firstUnprivilegedPort: Int {
        read("/proc/sys/net/ipv4/ip_unprivileged_port_start").flatMap { Int($0.prefix { $0.isNumber }) } ?? 1024
    }
}

// MARK: - Who listens on a TCP port

extension SocketHolder {
    /// The process that listens on the port of this address; nil when it belongs to another user or can't be told.
    ///
    /// The kernel's table gives the inode of the listening socket, the processes' descriptors say who has it open.
    static func listening(on address: SocketAddress) -> SocketHolder? {
        guard let port = address.port, port != 0 else { return nil }
        let inodes = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].compactMap(read).flatMap { listeningInodes(on: address, in: $0) }
        return inodes.lazy.compactMap(process).first.map(SocketHolder.init)
    }

    /// The inodes of the sockets that listen on an address or a wildcard around it, from the text of `/proc/net/tcp` or `tcp6`
    /// (networking/proc_net_tcp in the kernel's documentation).
    static func listeningInodes(on address: SocketAddress, in table: String) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            // sl, local address, remote address, state (0A: listening), queues, timer, retransmits, user, timeout, inode
            guard fields.count > 9, fields[3] == "0A", let local = SocketAddress(kernelTable: fields[1]) else { return nil }
            return local.overlaps(address) ? String(fields[9]) : nil
        }
    }

    private static func process(withSocket inode: String) -> Int32? {
        let wanted = "socket:[\(inode)]"
        for name in entries(of: "/proc") {
            guard let process = Int32(name) else { continue }
            let folder = "/proc/\(process)/fd"
            if entries(of: folder).contains(where: { link("\(folder)/\($0)") == wanted }) { return process }
        }
        return nil
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlink(path, start, buffer.count)
            return count > 0 ? String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self) : nil
        }
    }

    /// The whole text of a small file of the kernel's.
    static func read(_ path: String) -> String? {
        guard let file = OpenDescriptor(open(path, O_RDONLY | O_CLOEXEC)) else { return nil }
        var bytes: [UInt8] = []
        return withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 1) { buffer in
            while true {
                let count = Glibc.read(file.number, buffer.baseAddress, buffer.count)
                if count < 0 { return nil }
                if count == 0 { return String(decoding: bytes, as: UTF8.self) }
                bytes.append(contentsOf: buffer.prefix(count))
            }
        }
    }
}

extension SocketAddress {
    /// Reads `0100007F:1F40`: each four bytes of the address as a number in the machine's order, the port as it is spoken.
    fileprivate init?(kernelTable text: Substring) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
        var words: [UInt32] = []
        var digits = parts[0]
        while !digits.isEmpty {
            guard let word = UInt32(digits.prefix(8), radix: 16) else { return nil }
            words.append(UInt32(bigEndian: word))
            digits = digits.dropFirst(8)
        }
        switch words.count {
        case 1: self = .v4(address: words[0], port: port)
        case 4:
            let halves = stride(from: 0, to: 4, by: 2).map { UInt64(words[$0]) << 32 | UInt64(words[$0 + 1]) }
            self = .v6(high: halves[0], low: halves[1], port: port, scope: 0)
        default: return nil
        }
    }
}
