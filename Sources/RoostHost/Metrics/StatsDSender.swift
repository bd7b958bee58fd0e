internal import Glibc
internal import Logging
internal import Roost
internal import Synchronization

/// Sends what happens to a StatsD server, over UDP: at once when a datagram is full, and once a second. What it does not take is lost; nothing waits.
final class StatsDSender: Sendable {
    private let descriptor: Int32
    private let lines: Mutex<StatsDLines>

    /// - Throws: `StatsDError` if the host has no address.
    init(_ server: StatsDServer, prefix: String, tags: String) throws(StatsDError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(server.host, "\(server.port)", &hints, &found)
        guard code == 0 else { throw StatsDError(server: server, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(found) }
        var connected: Int32 = -1
        var next = found
        while let address = next?.pointee, connected < 0 {
            connected = socket(address.ai_family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            if connected >= 0, connect(connected, address.ai_addr, address.ai_addrlen) != 0 {
                close(connected)
                connected = -1
            }
            next = address.ai_next
        }
        guard connected >= 0 else { throw StatsDError(server: server, reason: String(cString: strerror(errno))) }
        descriptor = connected
        lines = Mutex(StatsDLines(prefix: prefix, tags: tags))
        Task { [weak self] in
            while let self {
                self.flush()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    deinit { close(descriptor) }

    func record(_ entry: AccessEntry) {
        let isFull = lines.withLock {
            $0.request(status: entry.status, duration: entry.duration)
            return $0.isFull
        }
        if isFull { flush() }
    }

    /// An entry of the log has been written.
    func logged(_ level: Logger.Level) {
        guard level >= .warning else { return }
        lines.withLock { $0.logged(level.rawValue) }
    }

    /// Sends what there is.
    func flush() {
        for datagram in lines.withLock({ $0.take() }) {
            let bytes = Array(datagram.utf8)
            // A server that is not there, or a full buffer, must not hold anybody up.
            _ = send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
    }
}

/// Where a StatsD server is.
struct StatsDServer: Sendable, Hashable, CustomStringConvertible {
    static let defaultPort = 8125

    var host: String
    var port: Int

    /// `host`, `host:port`, `[v6]` or `[v6]:port`; nil for anything else.
    init?(_ text: String) {
        var host = Substring(text)
        var rest = Substring()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            rest = text[colon...]
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
        self.host = String(host)
        port = Self.defaultPort
        guard !rest.isEmpty else { return }
        guard rest.first == ":", rest.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
        port = Int(number)
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The StatsD server cannot be sent to.
struct StatsDError: Error, CustomStringConvertible {
    let server: StatsDServer
    let reason: String

    var description: String { "statsd_host \(OneLine.quoted(server.description)): \(reason); name a host that can be found, or its address" }
}
