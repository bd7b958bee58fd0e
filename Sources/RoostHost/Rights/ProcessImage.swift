internal import Glibc

/// Another program in the place of this one: the process stays, and with it its id (execve(2)).
enum ProcessImage {
    /// Runs a program with some arguments and those of this process, with its variables as they are. Returns only if that fails: the errno value.
    ///
    /// - Parameters:
    ///   - first: Which of this process's arguments is the first that the program gets; 0 is its name.
    ///   - blocked: Signals that wait until it takes them.
    static func replace(with path: String, _ leading: [String], argumentsFrom first: Int, blocked: [Int32] = []) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = leading.map { strdup($0) }
        // As they came: not every argument is valid UTF-8.
        arguments += (first..<max(first, Int(CommandLine.argc))).map { CommandLine.unsafeArgv[$0] }
        arguments.append(nil)
        // A thread of Swift's pool blocks all signals, and what replaces the process keeps what the calling thread blocks.
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in blocked { sigaddset(&mask, signal) }
        pthread_sigmask(SIG_SETMASK, &mask, nil)
        execve(path, arguments, environ)
        let error = errno
        for argument in arguments.prefix(leading.count) { free(argument) }
        return error
    }
}
