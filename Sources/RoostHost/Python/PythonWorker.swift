internal import Glibc

/// The process that serves an app in Python: the app's own interpreter, with Roost loaded as a module.
enum PythonWorker {
    /// Becomes the worker: the interpreter takes the place of this program in the same process, with the same arguments, variables
    /// and descriptors, and reads the command line again.
    ///
    /// Nothing must have been set up yet. Sockets that systemd passed reach the worker because `LISTEN_PID` stays right, and
    /// because nobody has taken them.
    static func become(_ settings: ResolvedSettings, environment: [String: String]) throws(PythonError) -> Never {
        let interpreter = try PythonInterpreter(settings.values.python, origins: settings.origins, environment: environment)
        let places = PythonTree.places(for: PythonTree.executable)
        let mark = StandardError.mark(program: WorkerHost.program)
        let program = WorkerProgram.text(tree: PythonTree.find(in: places), places: places, mark: mark)
        execute(interpreter.path, ["-c", program])
        throw .notRun(path: interpreter.path, problem: String(cString: strerror(errno)))
    }

    /// Runs a program in place of this one, with further arguments in front of those of this process. Returns, with `errno`
    /// set, only if that fails.
    private static func execute(_ path: String, _ leading: [String]) {
        var arguments: [UnsafeMutablePointer<CChar>?] = ([path] + leading).map { strdup($0) }
        // As they came: not every argument is valid UTF-8.
        arguments += (1..<max(1, Int(CommandLine.argc))).map { CommandLine.unsafeArgv[$0] }
        arguments.append(nil)
        // A thread of Swift's pool blocks all signals, and what replaces the process keeps what the calling thread blocks.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        execve(path, arguments, environ)
        let error = errno
        for argument in arguments.prefix(1 + leading.count) { free(argument) }
        errno = error
    }
}
