extension SettingType where Value == AccessLogFormat {
    /// The look of lines of the access log.
    static var accessLogFormat: Self {
        SettingType("format", read: { value throws(SettingProblem) in
            guard case .text(let text) = value else { throw SettingProblem(AccessLogFormatError(noFormat: "").reason) }
            do throws(AccessLogFormatError) {
                return try AccessLogFormat(text)
            } catch {
                throw SettingProblem(error.reason)
            }
        }, show: { .quoted($0.text) }, plain: { .text($0.text) })
    }
}
