internal import Logging

/// The priorities of syslog(3), which the journal reads from the start of a line.
enum SyslogPriority {
    static let error = 3

    static func of(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: error
        case .critical: 2
        }
    }
}
