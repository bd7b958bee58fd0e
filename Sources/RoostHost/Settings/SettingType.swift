/// How values of one kind are read from text and files, and how they are shown.
struct SettingType<Value: Sendable>: Sendable {
    /// How often and in which form a setting of this type stands on the command line.
    var form: SettingForm
    /// What stands for the value in the help text: `--backlog <number>`.
    var placeholder: String
    /// What a shell offers for the value.
    var completion: SettingCompletion
    /// Reads a value; the problem's reason completes "`--backlog "x"`: …".
    var read: @Sendable (SettingValue) throws(SettingProblem) -> Value
    /// The value as configuration files write it.
    var show: @Sendable (Value) -> ShownValue
    /// The value as a program reads it, which `read` takes back: times in seconds, sizes in bytes.
    var plain: @Sendable (Value) -> SettingValue

    init(
        _ placeholder: String,
        form: SettingForm = .single,
        completion: SettingCompletion = .nothing,
        read: @escaping @Sendable (SettingValue) throws(SettingProblem) -> Value,
        show: @escaping @Sendable (Value) -> ShownValue,
        plain: @escaping @Sendable (Value) -> SettingValue
    ) {
        self.form = form
        self.completion = completion
        self.placeholder = placeholder
        self.read = read
        self.show = show
        self.plain = plain
    }
}

extension SettingType {
    /// `type` with one more value, nil, which is written as `word`.
    static func either<Wrapped>(_ type: SettingType<Wrapped>, or word: String) -> Self where Value == Wrapped? {
        Self(type.placeholder, form: type.form, completion: type.completion.or(word), read: { value throws(SettingProblem) in
            if value == .text(word) || value == .nothing { return nil }
            do throws(SettingProblem) {
                return try type.read(value)
            } catch {
                throw SettingProblem("\(error.reason), or \(word)", in: error.part, at: error.path, and: error.others)
            }
        }, show: { $0.map(type.show) ?? .quoted(word) }, plain: { $0.map(type.plain) ?? .nothing })
    }

    /// `type` with one more value, nil, which a setting has when nobody sets it and which no text stands for.
    static func unset<Wrapped>(or type: SettingType<Wrapped>) -> Self where Value == Wrapped? {
        Self(
            type.placeholder,
            form: type.form,
            completion: type.completion,
            read: { value throws(SettingProblem) in value == .nothing ? nil : try type.read(value) },
            show: { $0.map(type.show) ?? .unset },
            plain: { $0.map(type.plain) ?? .nothing }
        )
    }
}

/// How often and in which form a setting stands on the command line.
enum SettingForm: Sendable {
    /// `--backlog 100`; the last one counts.
    case single
    /// `--bind A --bind B`: all of them together.
    case repeatable
    /// `--reuse-port` and `--no-reuse-port`.
    case onOff
}

/// A value that does not fit its setting.
struct SettingProblem: Error {
    /// What was expected instead.
    let reason: String
    /// The part of the value that does not fit, if not all of it.
    let part: SettingValue?
    /// The way to that part.
    let path: [SettingStep]
    /// What else does not fit in the same value.
    let others: [SettingProblem]

    init(_ reason: String, in part: SettingValue? = nil, at path: [SettingStep] = [], and others: [SettingProblem] = []) {
        self.reason = reason
        self.part = part
        self.path = path
        self.others = others
    }

    /// All of them, each of which stands alone, as one; nil if there are none.
    init?(all problems: [SettingProblem]) {
        guard let first = problems.first else { return nil }
        self.init(first.reason, in: first.part, at: first.path, and: Array(problems.dropFirst()))
    }

    /// Each by itself.
    var all: [SettingProblem] { [SettingProblem(reason, in: part, at: path)] + others }
}

/// A value as configuration files write it.
enum ShownValue: Sendable, Equatable {
    /// There is no value.
    case unset
    /// A number or a truth value.
    case bare(String)
    case quoted(String)
    case list([ShownValue])
    /// In the order in which it is written.
    case table([Assignment])

    struct Assignment: Sendable, Equatable {
        var key: String
        var value: ShownValue
    }

    /// As TOML; nil for `unset`.
    var toml: String? {
        switch self {
        case .unset: nil
        case .bare(let text): text
        case .quoted(let text): Self.tomlString(text)
        case .list(let values): "[" + values.compactMap(\.toml).joined(separator: ", ") + "]"
        case .table(let assignments):
            "{ " + assignments.compactMap { assignment in assignment.value.toml.map { "\(assignment.key) = \($0)" } }.joined(separator: ", ") + " }"
        }
    }

    /// As it is typed on the command line; nil for `unset`, for nothing, and for a table.
    var plain: String? {
        switch self {
        case .unset, .quoted(""), .table: nil
        case .bare(let text), .quoted(let text): text
        case .list([]): SettingValue.emptyList
        case .list(let values): values.compactMap(\.plain).joined(separator: ", ")
        }
    }

    private static func tomlString(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
