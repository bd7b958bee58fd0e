internal import Glibc
public import Logging

/// Writes log entries to standard error, one line each; what the `roost` command logs with outside the journal.
///
/// On a terminal or in a file a line is `time level message key=value`; when standard error is the journal, the level goes
/// into the journal's own priority and the time is left to it. Line breaks and control characters in messages and values are
/// written as escapes, so nothing that a client sends can forge a line. `LogStyle.handler(label:logLevel:)` chooses between
/// this one and the journal's.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let style: LogStyle
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - logLevel: Entries below it are not written. Default: info.
    ///   - style: How lines look. Default: what suits standard error.
    public init(logLevel: Logger.Level = .info, style: LogStyle = .current) {
        self.init(logLevel: logLevel, style: style, write: StandardError.write(line:))
    }

    init(logLevel: Logger.Level, style: LogStyle, write: @escaping @Sendable (String) -> Void) {
        self.logLevel = logLevel
        self.style = style
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let line = LogLine(event, metadata: metadata, provider: metadataProvider)
        write(line.text(style, at: Self.now))
    }

    private static var now: timespec {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now
    }
}
