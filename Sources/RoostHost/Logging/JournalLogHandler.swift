internal import Glibc
public import Logging
internal import Systemd

/// Writes log entries to the journal natively, with fields that journalctl(1) can select by; what the `roost` command logs
/// with when its standard error is the journal.
///
/// An entry has the fields `MESSAGE`, `PRIORITY`, `SYSLOG_IDENTIFIER`, `CODE_FILE`, `CODE_LINE`, `CODE_FUNC`, `LOGGER` (the
/// logger's label), and one for each key of its metadata: `request_id` is `ROOST_REQUEST_ID`. `MESSAGE` is the line that
/// `LineLogHandler` would write, fields included; the other fields hold their values as they are. Where the journal's socket
/// can't be reached, as in a service with a root directory of its own, the line goes to standard error, its priority before it. Where the journal
/// takes nothing the entry is dropped and counted (`LogLosses`): nobody is kept waiting.
public struct JournalLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let identifier: String
    private let send: @Sendable ([JournalField]) -> JournalResult
    private let write: @Sendable (LogLine) -> Void

    /// - Parameters:
    ///   - label: The logger's label.
    ///   - logLevel: Entries below it are not written. Default: info.
    ///   - identifier: The program's name for `SYSLOG_IDENTIFIER`. Default: the name under which it was started.
    public init(label: String, logLevel: Logger.Level = .info, identifier: String? = nil) {
        var destination = LogDestination.current
        if let identifier { destination.identifier = identifier }
        self.init(label: label, logLevel: logLevel, destination: destination)
    }

    init(label: String, logLevel: Logger.Level, destination: LogDestination) {
        let identifier = destination.identifier
        self.init(
            label: label, logLevel: logLevel, identifier: identifier,
            send: { JournalOutput.system.send(JournalEntry($0), identifier: identifier) },
            write: { destination.write($0, label: label) }
        )
    }

    init(
        label: String,
        logLevel: Logger.Level,
        identifier: String,
        send: @escaping @Sendable ([JournalField]) -> JournalResult,
        write: @escaping @Sendable (LogLine) -> Void
    ) {
        self.label = label
        self.logLevel = logLevel
        self.identifier = identifier
        self.send = send
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = LogLine(event, metadata: metadata, provider: metadataProvider)
        let fields = [
            JournalField(.message, line.body),
            JournalField(.priority, "\(SyslogPriority.of(event.level))"),
            JournalField(.syslogIdentifier, identifier),
            JournalField(.codeFile, event.file),
            JournalField(.codeLine, "\(event.line)"),
            JournalField(.codeFunction, event.function),
            JournalField(.logger, label),
        ]
        let own = line.fields.compactMap { field in
            Self.name(field.name).map { JournalField($0, field.value.description) }
        }
        switch send(fields + own) {
        // A journal that takes nothing would not take a line either.
        case .sent, .failed(errno: EAGAIN): break
        case .notUnderSystemd, .failed: write(line)
        }
    }

    /// The name of the field for a key of the metadata: `request_id` gives `ROOST_REQUEST_ID`.
    static func name(_ key: String) -> JournalField.Name? {
        let prefix = "ROOST_"
        let bytes = key.utf8.prefix(JournalField.Name.maximumLength - prefix.utf8.count).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return JournalField.Name(prefix + String(decoding: bytes, as: UTF8.self))
    }
}
