/// How a process ended.
enum Termination: Sendable, Hashable {
    /// It exited with this status.
    case code(Int32)
    /// A signal killed it; `name` is the signal's, such as `SIGSEGV`.
    case signal(Int32, name: String)
}
