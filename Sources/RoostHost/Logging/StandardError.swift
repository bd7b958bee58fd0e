/// Standard error, for a program's last word.
enum StandardError {
    /// Writes the one line with which a program says why it ends: `roost: error: …`.
    static func write(error: String, program: String) {
        LogDestination.current.write(error: error, program: program)
    }

    /// What that line begins with.
    static func mark(program: String, place: StandardErrorPlace = .current) -> String {
        let mark = "\(program): error: "
        return place == .journal ? "<\(SyslogPriority.error)>\(mark)" : mark
    }
}
