internal import Glibc
internal import Logging

/// One log entry as text: one line, and below it, indented, what further lines its message has.
struct LogLine {
    var level: Logger.Level
    var message: String
    /// Shown after the message, sorted by name.
    var fields: [(name: String, value: Logger.MetadataValue)]

    init(level: Logger.Level, message: String, fields: [(name: String, value: Logger.MetadataValue)]) {
        self.level = level
        self.message = message
        self.fields = fields
    }

    /// An entry with the metadata of its handler and of the handler's provider; in case of doubt the entry's own counts.
    init(_ event: LogEvent, metadata: Logger.Metadata, provider: Logger.MetadataProvider?) {
        var fields = metadata
        if let provided = provider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
        self.init(
            level: event.level,
            message: event.message.description,
            fields: fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        )
    }

    /// How a line for people looks.
    enum LineStyle {
        case plain, coloured
    }

    /// - Parameter time: Seconds and nanoseconds since 1970.
    func text(_ style: LineStyle, at time: @autoclosure () -> timespec) -> String {
        switch style {
        case .plain: "\(Self.timestamp(time())) \(Self.padded(level)) \(body)"
        case .coloured: "\u{1B}[2m\(Self.timestamp(time()))\u{1B}[0m \(Self.colour(level))\(Self.padded(level))\u{1B}[0m \(body)"
        }
    }

    /// The line as it goes to the journal's stream.
    var journalText: String { "<\(SyslogPriority.of(level))>\(OneLine.escaped(message))\(shownFields)" }

    /// Message and fields alone. Further lines of the message, such as a traceback has, come below and are indented, so that nothing in them can
    /// be taken for an entry.
    var body: String {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, lines.count > 1 else { return OneLine.escaped(message) + shownFields }
        return OneLine.escaped(String(first)) + shownFields + lines.dropFirst().map { "\n    " + OneLine.escaped(String($0)) }.joined()
    }

    var shownFields: String {
        var text = ""
        for field in fields {
            text += " "
            text += Self.name(field.name)
            text += "="
            text += Self.value(field.value.description)
        }
        return text
    }

    /// Bare where that is unmistakable, otherwise in quotation marks.
    static func value(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { byte in
            byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\")
        }
        guard isPlain, OneLine.escaped(text) == text else { return quoted(text) }
        return text
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return OneLine.escaped(result + "\"")
    }

    /// A name that can't be taken for anything else.
    static func name(_ text: String) -> String {
        text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "\"") || $0 >= 0x7F } ? quoted(text) : text
    }

    /// `2026-11-23T09:30:00.042Z`.
    static func timestamp(_ time: timespec) -> String {
        var seconds = time.tv_sec
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "\(time.tv_sec)" }
        let date = "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        let clock = "\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(digits(Int32(time.tv_nsec / 1_000_000), 3))Z"
    }

    private static func digits(_ number: Int32, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    private static func padded(_ level: Logger.Level) -> String {
        let name = level.rawValue
        return name + String(repeating: " ", count: max(0, 8 - name.utf8.count))
    }

    private static func colour(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[2m"
        case .info: "\u{1B}[32m"
        case .notice: "\u{1B}[36m"
        case .warning: "\u{1B}[33m"
        case .error, .critical: "\u{1B}[31m"
        }
    }
}
