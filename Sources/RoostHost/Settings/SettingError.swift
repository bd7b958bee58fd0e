/// Why the settings can't be used. Its description is one line for the operator; the process then exits with 2.
enum SettingError: Error, Equatable, CustomStringConvertible {
    /// A value does not fit its setting.
    case refused(key: String, value: SettingValue, origin: SettingOrigin, reason: String)
    /// A setting that does not exist, in a file or the environment.
    case unknown(name: String, origin: SettingOrigin, suggestion: String?)
    /// A setting that exists, but not there.
    case misplaced(name: String, origin: SettingOrigin, reason: String)
    /// The configuration file can't be read.
    case unreadable(file: String, reason: String)
    /// The configuration file is not TOML.
    case syntax(position: FilePosition, reason: String)

    var description: String {
        switch self {
        case .refused(let key, let value, let origin, let reason):
            switch origin {
            case .flag(let name): "\(name) \(value.shown): \(reason)"
            case .environment(let variable): "\(variable)=\(value.shown): \(reason)"
            case .file(let position, _): "\(position): \(key) = \(value.shown): \(reason)"
            case .builtIn, .program: "\(origin): \(key) = \(value.shown): \(reason)"
            }
        case .unknown(let name, let origin, let suggestion):
            switch origin {
            case .environment:
                "unknown setting \(name) in the environment\(Self.hint(suggestion))"
            default:
                "\(origin): unknown setting \(OneLine.quoted(name))\(Self.hint(suggestion))"
            }
        case .misplaced(let name, let origin, let reason):
            "\(origin): \(name): \(reason)"
        case .unreadable(let file, let reason):
            "cannot read the configuration file \(OneLine.quoted(file)): \(reason)"
        case .syntax(let position, let reason):
            "\(position): not TOML: \(OneLine.escaped(reason))"
        }
    }

    private static func hint(_ suggestion: String?) -> String {
        suggestion.map { "; did you mean \($0)?" } ?? "; roost.toml(5) lists the settings"
    }
}
