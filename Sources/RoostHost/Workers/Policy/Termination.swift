/// How a process ended.
enum Termination: Sendable, Hashable {
    /// It exited with this status.
    case code(Int32)
    /// A signal killed it; `name` is the signal's, such as `SIGSEGV`.
    case signal(Int32, name: String)

    /// SIGKILL and SIGTERM, whose numbers are the same on every Linux.
    static let killSignal: Int32 = 9
    static let termSignal: Int32 = 15

    /// Whether a process may well end like this that was told to.
    var isExpectedAfterTerm: Bool {
        switch self {
        case .code(let code): code == 0
        case .signal(let number, _): number == Self.termSignal
        }
    }
}
