/// A format that is none. Its reason completes `access_log_format = "…": …`.
struct AccessLogFormatError: Error, Equatable {
    let reason: String

    /// Something is wrong from this column on, counted from 1.
    init(_ reason: String, column: Int) {
        self.reason = "column \(column): \(reason)"
    }

    /// A text without an atom, which is no name either.
    init(noFormat text: String) {
        let nearest = Suggestion.nearest(to: text, among: AccessLogFormat.names).map { "; did you mean \($0)?" } ?? ""
        reason = "expected \(AccessLogFormat.names.joined(separator: ", ")), or a format with atoms such as %(h)s\(nearest)"
    }
}
