import CLinux

/// Why an address can't be listened on. Its description is one line for the operator; the `roost` command then exits with 5.
public struct BindError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The address as it was asked for, such as `unix:/run/app.sock`.
    public var address: String
    /// Where the address was asked for, if that is known: `--bind`, `bind, /etc/roost/shop.toml:3:1`.
    public var setting: String?
    /// What went wrong.
    public var reason: String
    /// What can be done about it, if that is known.
    public var hint: String?
    /// The errno value of the system call that failed, if one did.
    public var code: Int32?
    /// The process that holds the address, if the address is taken and that process is known.
    public var holder: Int32?

    public init(address: String, reason: String, hint: String? = nil, code: Int32? = nil, holder: Int32? = nil) {
        self.address = address
        self.reason = reason
        self.hint = hint
        self.code = code
        self.holder = holder
    }

    /// `cannot listen on unix:/run/app.sock: process 1234 (nginx) is serving it; stop that process or choose another path`
    public var description: String {
        "cannot listen on \(address): \(reason)" + (hint.map { "; \($0)" } ?? "") + (setting.map { " (\($0))" } ?? "")
    }
}

extension BindError {
    /// The same, with where its address was asked for.
    func asked(by config: Config) -> BindError {
        var error = self
        error.setting = config.bindSettings[address]
        return error
    }

    init(_ bind: BindAddress, _ reason: String, hint: String? = nil, code: Int32? = nil, holder: Int32? = nil) {
        self.init(address: bind.description, reason: reason, hint: hint, code: code, holder: holder)
    }

    /// A system call failed: `doing` says what it was for ("making the socket").
    init(_ bind: BindAddress, doing: String, code: Int32, hint: String? = nil) {
        self.init(bind, "\(doing): \(Self.text(code))", hint: hint, code: code)
    }

    /// The system's own words for an errno value.
    static func text(_ code: Int32) -> String { String(cString: clinux_error_text(code)) }
}
