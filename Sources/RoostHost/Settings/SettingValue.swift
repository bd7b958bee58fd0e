/// A value of a setting as it was given, before anyone knows whether it fits; and as a program reads it.
package enum SettingValue: Sendable, Equatable {
    /// From the command line, the environment, or a string in a file.
    case text(String)
    /// A whole number in a file; `octal` if it was written as `0o…`.
    case integer(Int, octal: Bool = false)
    case number(Double)
    case boolean(Bool)
    case list([SettingValue])
    /// A table in a file, by its keys.
    case table([String: SettingValue])
    /// No value: what a program gives for a setting that may be unset or switched off. Texts and files have no such thing.
    case nothing
    /// Something that no setting takes, such as a date; `kind` names it.
    case other(kind: String)

    /// The way to a part of a list; empty if it is none of its elements.
    func path(of part: SettingValue?) -> [SettingStep] {
        guard case .list(let elements) = self, let part, let index = elements.firstIndex(of: part) else { return [] }
        return [.index(index)]
    }

    /// The value as an error message repeats it, on one line and of bounded length.
    var shown: String {
        switch self {
        case .text(let text): OneLine.quoted(text)
        case .integer(let number, let octal): octal ? "0o" + String(number, radix: 8) : "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let value): "\(value)"
        case .list(let values): "[" + values.prefix(8).map(\.shown).joined(separator: ", ") + (values.count > 8 ? ", …]" : "]")
        case .table: "a table"
        case .nothing: "nothing"
        case .other(let kind): kind
        }
    }
}
