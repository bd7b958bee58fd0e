internal import Glibc

/// Standard error, as a place for whole lines.
enum StandardError {
    /// Writes `line` in one write(2), so that lines of several threads and processes do not mix.
    ///
    /// What cannot be written is lost: a full disk or a closed pipe must not stop the service.
    static func write(line: String) {
        var text = line
        text += "\n"
        text.withUTF8 { bytes in
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// Writes the one line with which a program says why it ends: `roost: error: …`.
    static func write(error: String, program: String, style: LogStyle = .current) {
        write(line: mark(program: program, style: style) + OneLine.escaped(error))
    }

    /// What that line begins with.
    static func mark(program: String, style: LogStyle = .current) -> String {
        let mark = "\(program): error: "
        return style == .journal ? "<\(SyslogPriority.error)>\(mark)" : mark
    }
}
