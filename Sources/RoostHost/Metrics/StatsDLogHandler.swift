internal import Logging

/// Counts entries of the log for a StatsD server, and hands them on.
struct StatsDLogHandler: LogHandler {
    private let sender: StatsDSender
    private var next: any LogHandler

    init(_ sender: StatsDSender, before next: any LogHandler) {
        self.sender = sender
        self.next = next
    }

    var logLevel: Logger.Level {
        get { next.logLevel }
        set { next.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { next.metadata }
        set { next.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { next.metadataProvider }
        set { next.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { next[metadataKey: key] }
        set { next[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        sender.logged(event.level)
        next.log(event: event)
    }
}
