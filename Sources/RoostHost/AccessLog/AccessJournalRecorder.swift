internal import Glibc
internal import HTTPWire
internal import Logging
internal import Roost
internal import Systemd

/// Writes the access log of one event loop to the journal: an entry for each request, whose message is the line and whose fields are those that
/// log entries about a request have. Requests that the server or its app failed (5xx) are warnings.
final class AccessJournalRecorder: AccessRecorder {
    private var writer: AccessLineWriter
    private var line = WireBuffer()
    private var entry = JournalEntry()
    private let identifier: String
    private let journal: JournalOutput
    private let warn: @Sendable (String) -> Void
    private var hasWarned = false

    init(_ writer: AccessLineWriter, identifier: String, journal: JournalOutput = .system, warn: @escaping @Sendable (String) -> Void) {
        self.writer = writer
        self.identifier = identifier
        self.journal = journal
        self.warn = warn
    }

    func record(_ access: borrowing AccessEntry) {
        let head = access.head
        entry.removeAll()
        line.reset(keepingCapacity: true)
        writer.write(access, to: &line)
        line.truncate(to: line.readableBytes - 1)
        line.withUnsafeReadableBytes { entry.append(.message, $0) }
        entry.append(.priority, access.status >= 500 ? Self.warning : Self.info)
        entry.append(.syslogIdentifier, identifier)
        entry.append(.logger, "roost.access")
        append(Field.requestID, "\(access.requestID)")
        append(Field.traceID, access.traceID)
        append(Field.client, access.clientName)
        if let port = access.client?.port, port > 0 { append(Field.clientPort, "\(port)") }
        append(Field.method, head.bytes.span.extracting(head.methodRange))
        head.withRawPath { append(Field.path, $0) }
        append(Field.query, head.bytes.span.extracting(head.queryStringRange))
        if access.status > 0 { append(Field.status, "\(access.status)") }
        append(Field.bytes, "\(access.bodyBytes)")
        append(Field.duration, "\(access.microseconds)")
        head.withValue(of: "referer") { append(Field.referer, $0) }
        head.withValue(of: "user-agent") { append(Field.userAgent, $0) }
        if let worker = writer.worker { append(Field.worker, "\(worker)") }
        append(Field.bind, access.bind)
        send()
    }

    /// Each entry is sent at once.
    func flush() {}

    private func send() {
        switch journal.send(entry, identifier: identifier) {
        case .sent, .failed(errno: EAGAIN): return
        case .notUnderSystemd: lost("it is not there")
        case .failed(let code): lost(String(cString: strerror(code)))
        }
    }

    private func lost(_ reason: String) {
        LogLosses.add(1)
        if !hasWarned { warn("the access log's entries for the journal are dropped: \(reason)") }
        hasWarned = true
    }

    private func append(_ name: JournalField.Name?, _ value: Span<UInt8>) {
        if let name, !value.isEmpty { value.withUnsafeBufferPointer { entry.append(name, $0) } }
    }

    private func append(_ name: JournalField.Name?, _ value: String?) {
        if let name, let value { entry.append(name, value) }
    }

    private static let info = "\(SyslogPriority.of(.info))"
    private static let warning = "\(SyslogPriority.of(.warning))"

    /// The names that the log's fields have in the journal.
    private enum Field {
        static let requestID = JournalLogHandler.name("request_id")
        static let traceID = JournalLogHandler.name("trace_id")
        static let client = JournalLogHandler.name("client")
        static let clientPort = JournalLogHandler.name("client_port")
        static let method = JournalLogHandler.name("method")
        static let path = JournalLogHandler.name("path")
        static let query = JournalLogHandler.name("query")
        static let status = JournalLogHandler.name("status")
        static let bytes = JournalLogHandler.name("bytes")
        static let duration = JournalLogHandler.name("duration_us")
        static let referer = JournalLogHandler.name("referer")
        static let userAgent = JournalLogHandler.name("user_agent")
        static let worker = JournalLogHandler.name("worker")
        static let bind = JournalLogHandler.name("bind")
    }
}
