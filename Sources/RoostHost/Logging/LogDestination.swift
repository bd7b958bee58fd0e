internal import Glibc
internal import Logging
internal import Synchronization

/// Where a process logs and in which form.
struct LogDestination: Sendable {
    var style: LogStyle
    /// Where lines go; entries in the journal's style only where there is no journal.
    var output: LogOutput
    /// Where `output` goes if it is standard error; nil for a file.
    var place: StandardErrorPlace?
    /// The program's name, for `SYSLOG_IDENTIFIER`.
    var identifier: String

    /// On standard error, in the form that suits it.
    static func standardError(_ format: LogFormat = .auto, identifier: String) -> LogDestination {
        let place = StandardErrorPlace.current
        return LogDestination(style: LogStyle(format, place), output: .standardError, place: place, identifier: identifier)
    }

    private static let installed = Mutex<LogDestination?>(nil)

    /// That of this process.
    static var current: LogDestination { installed.withLock(\.self) ?? .standardError(identifier: ProgramName.current) }

    /// Makes this the process's own.
    func install() {
        Self.installed.withLock { $0 = self }
    }

    /// What writes entries here.
    func handler(label: String, logLevel: Logger.Level) -> any LogHandler {
        switch style {
        case .journal: JournalLogHandler(label: label, logLevel: logLevel, destination: self)
        case .plain, .coloured, .json, .logfmt: LineLogHandler(label: label, logLevel: logLevel, destination: self)
        }
    }

    /// Writes an entry as a line, or lines.
    func write(_ line: LogLine, label: String) {
        output.write(line: text(of: line, label)) { loss in
            let report = LogLine(level: .warning, message: LogLosses.report(loss.lines, reason: loss.reason), fields: [])
            return Array((text(of: report, label) + "\n").utf8)
        }
    }

    /// The text for an entry, without the last line feed.
    func text(of line: LogLine, _ label: String) -> String {
        // The journal reads the priority from the start of the line, and keeps the time itself.
        let priority = place == .journal ? "<\(SyslogPriority.of(line.level))>" : ""
        switch style {
        case .json: return priority + line.json(label: label, at: Self.now)
        case .logfmt: return priority + line.logfmt(label: label, at: Self.now)
        case .plain, .coloured, .journal:
            if place == .journal { return line.journalText }
            return line.text(style == .coloured ? .coloured : .plain, at: Self.now)
        }
    }

    /// Writes the one line with which a program says why it ends: `roost: error: …`. It goes to standard error in any case.
    func write(error: String, program: String) {
        let mark = "\(program): error: "
        let line = LogLine(level: .error, message: mark + error, fields: [])
        // To a terminal, or in a file of the shell's, it is the program's word like that of any other.
        let isPlain = style == .plain || style == .coloured || style == .journal
        let priority = StandardErrorPlace.current == .journal ? "<\(SyslogPriority.error)>" : ""
        let onStandardError = LogDestination(style: style, output: .standardError, place: StandardErrorPlace.current, identifier: identifier)
        LogOutput.standardError.write(line: isPlain ? priority + mark + OneLine.escaped(error) : onStandardError.text(of: line, program))
        if output !== LogOutput.standardError { write(line, label: program) }
    }

    private static var now: timespec {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now
    }
}
