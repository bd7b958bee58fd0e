internal import CSystemd
internal import Glibc

/// The journal's native way in, for entries with fields of their own; the Swift face of sd_journal_sendv(3).
///
/// Calls are safe from any thread. One call is one entry; it waits as long as the journal's queue is full.
public struct Journal: Sendable {
    /// What libsystemd sends to.
    static let systemSocket = "/run/systemd/journal/socket"
    /// The most fields of one entry: libsystemd hands each over in up to five pieces, and sendmsg(2) takes 1024.
    static let maximumFields = 200

    private let socket: String
    private let sendv: @Sendable ([iovec]) -> Int32

    public init() {
        self.init(socket: Self.systemSocket) { sd_journal_sendv($0, Int32(clamping: $0.count)) }
    }

    /// - Parameters:
    ///   - socket: The file that is missing where there is no journal.
    ///   - sendv: Does what sd_journal_sendv(3) does. The memory that the pieces point to is there for the call only.
    init(socket: String, sendv: @escaping @Sendable ([iovec]) -> Int32) {
        self.socket = socket
        self.sendv = sendv
    }

    /// Sends one entry with these fields, in their order; a name may come more than once.
    ///
    /// Without a field `SYSLOG_IDENTIFIER` libsystemd adds one with the program's short name. The time and everything that
    /// begins with `_`, such as the unit, is added by the journal.
    ///
    /// - Returns: `.failed(EINVAL)` for no fields at all, `.failed(E2BIG)` for more than 200.
    @discardableResult
    public func send(_ fields: [JournalField]) -> JournalResult {
        guard !fields.isEmpty else { return .failed(errno: EINVAL) }
        guard fields.count <= Self.maximumFields else { return .failed(errno: E2BIG) }
        // libsystemd reports success where nobody can hear it.
        guard access(socket, F_OK) == 0 || errno != ENOENT else { return .notUnderSystemd }
        var entry: [UInt8] = []
        let ranges = fields.map { field in
            let start = entry.count
            entry += field.name.text.utf8
            entry.append(UInt8(ascii: "="))
            entry += field.value
            return start..<entry.count
        }
        let outcome = entry.withUnsafeMutableBytes { bytes in
            // The ranges lie within `bytes`, which stay where they are during this closure; libsystemd only reads them.
            sendv(ranges.map { iovec(iov_base: bytes.baseAddress?.advanced(by: $0.lowerBound), iov_len: $0.count) })
        }
        return outcome < 0 ? .failed(errno: 0 &- outcome) : .sent
    }
}
