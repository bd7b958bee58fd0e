extension SettingLayers {
    /// Looks for settings of the logs that are right each by itself but not together.
    mutating func checkLogs() {
        let (file, format) = (resolved.values.errorLogFile, resolved.values.logFormat)
        let origin = resolved.origins["log_format"] ?? .builtIn
        let fileOrigin = resolved.origins["error_logfile"] ?? .builtIn
        if file == LogOutput.journal, format != .auto, format != .journal {
            problems.append(.refused(
                key: "log_format", value: .text(format.rawValue), origin: origin,
                reason: "not together with error_logfile = \"journal\" (\(fileOrigin)), whose entries have a form of their own; leave one of them out"))
        }
        if format == .journal, LogOutput.isFile(file) {
            problems.append(.refused(
                key: "log_format", value: .text(format.rawValue), origin: origin,
                reason: "not together with error_logfile (\(fileOrigin)): a file has lines; take plain, logfmt or json, or leave one of them out"))
        }
    }
}
