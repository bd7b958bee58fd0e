/// Why no interpreter runs the app. Its description is one line for the operator; the process then exits with 4.
enum PythonError: Error, Equatable, CustomStringConvertible {
    /// What a setting or `VIRTUAL_ENV` names is no interpreter.
    case unusable(path: String, origin: String, problem: String, wayOut: String)
    /// There is no interpreter of this name in `PATH`.
    case notInPath(name: String, path: String?, wayOut: String)
    /// The kernel does not run the interpreter.
    case notRun(path: String, problem: String)

    var description: String {
        switch self {
        case .unusable(let path, let origin, let problem, let wayOut):
            "no Python to run the app with: \(OneLine.escaped(path)) (\(OneLine.escaped(origin))): \(OneLine.escaped(problem)); \(OneLine.escaped(wayOut))"
        case .notInPath(let name, let path, let wayOut):
            "no Python to run the app with: there is no \(OneLine.escaped(name)) in "
                + (path.map { "PATH (\(OneLine.escaped($0)))" } ?? "PATH, which is not set") + "; \(OneLine.escaped(wayOut))"
        case .notRun(let path, let problem):
            "cannot run the app's Python \(OneLine.escaped(path)): \(OneLine.escaped(problem))"
        }
    }
}
