internal import Glibc

/// How log entries look.
public enum LogStyle: Sendable, Hashable {
    /// Time, level, message and fields.
    case plain
    /// The same in colour, for a terminal.
    case coloured
    /// Entries of the journal with fields of their own; the journal itself keeps the time.
    case journal
    /// One JSON object a line.
    case json
    /// One line of `key=value` pairs.
    case logfmt

    /// What this process logs in: what the settings say once they are read, and before that what suits its standard error.
    public static var current: LogStyle { LogDestination.current.style }
}

extension LogStyle {
    /// - Parameters:
    ///   - place: Where standard error goes; nil for a file that the settings name.
    init(_ format: LogFormat, _ place: StandardErrorPlace?) {
        self = switch (format, place) {
        case (.journal, _), (.auto, .journal): .journal
        case (.json, _): .json
        case (.logfmt, _): .logfmt
        case (.auto, .terminal(colour: true)), (.plain, .terminal(colour: true)): .coloured
        case (.auto, _), (.plain, _): .plain
        }
    }
}
