/// What the setting `log_format` says about the look of log entries.
enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// What suits the place where they go: the journal's own form if standard error is the journal, else plain lines.
    case auto
    /// Entries of the journal with fields of their own, wherever standard error goes.
    case journal
    /// One JSON object a line.
    case json
    /// One line of `key=value` pairs.
    case logfmt
    /// One line of time, level, message and fields; with colour on a terminal.
    case plain
}
