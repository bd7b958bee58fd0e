internal import CLinux
@preconcurrency internal import Glibc
internal import Roost

/// Loads an app in Python as its worker would, in an interpreter that ends then.
struct PythonTrial {
    /// What the interpreter ends with when all is well: no app would by itself.
    private static let loaded: Int32 = 100

    private let settings: ResolvedSettings
    private let environment: [String: String]
    private let program: String

    init(_ settings: ResolvedSettings, environment: [String: String], program: String) {
        self.settings = settings
        self.environment = environment
        self.program = program
    }

    /// Loads the app; what is wrong with it the interpreter writes to standard error itself, as a worker does.
    ///
    /// - Throws: `PythonError` if there is no interpreter; `PythonTrialError` if it ends otherwise than expected.
    /// - Returns: Whether the app could be loaded.
    func run() throws -> Bool {
        let python = settings.values.python
        let app = try PythonWorker.program(settings, environment: environment, module: "roost._check")
        let arguments = [
            StandardError.mark(program: program), settings.values.app ?? "", python.directory ?? "", python.isFactory ? "factory" : "",
            python.loop.rawValue,
        ]
        let process = try start(app.path, app.leadingArguments + arguments)
        switch try wait(for: process) {
        case .code(Self.loaded): return true
        case .code(ExitStatus.appNotLoaded.rawValue): return false
        case let end: throw PythonTrialError.ended(WorkerFailure(end, hadStarted: true).predicate)
        }
    }

    /// Starts the interpreter with what it prints on standard error: standard output is for the result of the check.
    private func start(_ path: String, _ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, nil, words, environ)
        guard code == 0 else { throw PythonError.notRun(path: path, problem: String(cString: strerror(code))) }
        return process
    }

    /// Waits for its end, at most as long as the app's startup may take.
    private func wait(for process: pid_t) throws -> Termination {
        let clock = ContinuousClock()
        let limit = settings.values.serve.startupTimeout
        let deadline = limit.map { clock.now.advanced(by: $0) }
        while true {
            var status: Int32 = 0
            switch waitpid(process, &status, WNOHANG) {
            case process: return Termination(status: status)
            case 0: break
            default:
                if errno == EINTR { continue }
                throw PythonTrialError.ended("could not be waited for: \(String(cString: strerror(errno)))")
            }
            if let limit, let deadline, clock.now >= deadline {
                kill(process, SIGKILL)
                waitpid(process, &status, 0)
                throw PythonTrialError.late(TimeText(limit)?.description ?? "\(limit)")
            }
            usleep(5000)
        }
    }
}

/// The interpreter did not say whether the app can be loaded. Its description is one line for the operator.
enum PythonTrialError: Error, Hashable, CustomStringConvertible {
    case late(String)
    case ended(String)

    var description: String {
        switch self {
        case .late(let limit): "the app was not loaded within \(limit) (startup_timeout)"
        case .ended(let how): "the interpreter that was to load the app \(how)"
        }
    }
}
