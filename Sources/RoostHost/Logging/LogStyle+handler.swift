public import Logging

extension LogStyle {
    /// The handler that writes in this style to where the process logs: `JournalLogHandler` for the journal's, otherwise `LineLogHandler`.
    ///
    /// An app that logs with swift-log joins in with `LoggingSystem.bootstrap { LogStyle.current.handler(label: $0) }`.
    ///
    /// - Parameters:
    ///   - label: The logger's label.
    ///   - logLevel: Entries below it are not written. Default: info.
    public func handler(label: String, logLevel: Logger.Level = .info) -> any LogHandler {
        var destination = LogDestination.current
        destination.style = self
        return destination.handler(label: label, logLevel: logLevel)
    }
}
