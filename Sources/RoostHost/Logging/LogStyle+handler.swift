public import Logging

extension LogStyle {
    /// The handler that writes in this style to where standard error goes: `JournalLogHandler` if that is the journal,
    /// otherwise `LineLogHandler`.
    ///
    /// An app that logs with swift-log joins in with `LoggingSystem.bootstrap { LogStyle.current.handler(label: $0) }`.
    ///
    /// - Parameters:
    ///   - label: The logger's label.
    ///   - logLevel: Entries below it are not written. Default: info.
    public func handler(label: String, logLevel: Logger.Level = .info) -> any LogHandler {
        switch self {
        case .journal: JournalLogHandler(label: label, logLevel: logLevel)
        case .plain, .coloured: LineLogHandler(logLevel: logLevel, style: self)
        }
    }
}
