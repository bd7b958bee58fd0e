internal import Glibc

/// The process that serves an app in Python: the app's own interpreter, with Roost loaded as a module.
enum PythonWorker {
    /// Becomes the worker: the interpreter takes the place of this program in the same process, with the same arguments, variables
    /// and descriptors, and reads the command line again.
    ///
    /// Nothing must have been set up yet. Sockets that systemd passed reach the worker because `LISTEN_PID` stays right, and
    /// because nobody has taken them.
    static func become(_ settings: ResolvedSettings, environment: [String: String]) throws(PythonError) -> Never {
        let program = try program(settings, environment: environment)
        if let executable = PythonTree.executable { setenv(commandVariable, executable, 1) }
        // Ctrl-C waits until the worker takes it: an interpreter that is interrupted while it starts says so at length.
        let code = ProcessImage.replace(with: program.path, [program.path] + program.leadingArguments, argumentsFrom: 1, blocked: [SIGINT])
        throw .notRun(path: program.path, problem: String(cString: strerror(code)))
    }

    /// The worker as a program: the interpreter as it is found now.
    ///
    /// - Parameter module: The module of Roost's whose `main` it runs.
    static func program(
        _ settings: ResolvedSettings, environment: [String: String], module: String = "roost.__main__"
    ) throws(PythonError) -> ChildProgram {
        let interpreter = try PythonInterpreter(settings.values.python, origins: settings.origins, environment: environment)
        let places = PythonTree.places(for: PythonTree.executable)
        let mark = StandardError.mark(program: WorkerHost.program)
        let text = WorkerProgram.text(tree: PythonTree.find(in: places), places: places, mark: mark, module: module)
        return ChildProgram(path: interpreter.path, leadingArguments: ["-c", text])
    }

    /// Says to the interpreter which program has become it.
    private static let commandVariable = "_ROOST_COMMAND"

    /// The program that takes the place of this process, which is an interpreter: the command that has become it, or the same interpreter again.
    /// Takes the variable away that says so.
    static func successor() -> ChildProgram {
        defer { unsetenv(commandVariable) }
        // Behind the interpreter stands `-c TEXT` or `-m roost`.
        if let command = getenv(commandVariable) { return ChildProgram(path: String(cString: command), skippedArguments: 3) }
        return ChildProgram(path: currentInterpreter)
    }

    /// How the interpreter was called that this process is.
    static var currentInterpreter: String { CommandLine.unsafeArgv[0].map { String(cString: $0) } ?? "python3" }
}
