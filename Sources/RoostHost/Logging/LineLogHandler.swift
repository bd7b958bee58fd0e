public import Logging

/// Writes log entries as lines, one each; what the `roost` command logs with outside the journal.
///
/// Plain, a line is `time level message key=value`; when standard error is the journal, the level goes into the journal's own priority and the
/// time is left to it. Line breaks and control characters in messages and values are written as escapes, so nothing that a client sends can
/// forge a line. `LogStyle.handler(label:logLevel:)` chooses between this one and the journal's.
///
/// Nobody is kept waiting: a line that standard error does not take, because its disk is full or nobody reads its pipe, is dropped and counted
/// (`LogLosses`).
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let write: @Sendable (LogLine) -> Void

    /// - Parameters:
    ///   - label: The logger's label. Default: roost.
    ///   - logLevel: Entries below it are not written. Default: info.
    ///   - style: How lines look. Default: what suits standard error.
    public init(label: String = "roost", logLevel: Logger.Level = .info, style: LogStyle = .current) {
        var destination = LogDestination.current
        destination.style = style
        self.init(label: label, logLevel: logLevel, destination: destination)
    }

    init(label: String, logLevel: Logger.Level, destination: LogDestination) {
        self.init(logLevel: logLevel) { destination.write($0, label: label) }
    }

    init(logLevel: Logger.Level, write: @escaping @Sendable (LogLine) -> Void) {
        self.logLevel = logLevel
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        write(LogLine(event, metadata: metadata, provider: metadataProvider))
    }
}
