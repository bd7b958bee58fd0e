internal import CLinux
internal import Glibc

/// The interpreter that runs the app: the setting `python`, else that of the setting `venv`, else of `$VIRTUAL_ENV`, else
/// `python3` in `PATH`.
struct PythonInterpreter: Equatable {
    /// Absolute. Links in it are not followed: by its path an interpreter knows of which virtual environment it is.
    let path: String

    /// - Parameter environment: The variables that count, `VIRTUAL_ENV` and `PATH` among them.
    init(_ settings: PythonSettings, origins: [String: SettingOrigin], environment: [String: String]) throws(PythonError) {
        let name = "name an interpreter with --python or a virtual environment with --venv"
        if let interpreter = settings.interpreter {
            let origin = origins["python"] ?? .builtIn
            if interpreter.contains("/") {
                try self.init(interpreter, "\(origin)", { Self.isDirectory(interpreter) ? "a virtual environment is named with --venv" : name })
            } else {
                try self.init(searching: interpreter, environment["PATH"], name)
            }
        } else if let directory = settings.environment {
            try self.init(
                directory + "/bin/python", "\(origins["venv"] ?? .builtIn)",
                { Self.isDirectory(directory) ? "make it again: python3 -m venv --clear \(directory)" : "make it: python3 -m venv \(directory)" }
            )
        } else if let directory = environment["VIRTUAL_ENV"], !directory.isEmpty {
            try self.init(directory + "/bin/python", "VIRTUAL_ENV=\(directory)", { "unset VIRTUAL_ENV, or \(name)" })
        } else {
            try self.init(searching: "python3", environment["PATH"], name)
        }
    }

    private init(_ path: String, _ origin: String, _ wayOut: () -> String) throws(PythonError) {
        if let problem = Self.problem(path) {
            // An environment made by one user often leads to an interpreter in that user's home.
            let wayOut = Self.isOutOfReach(path) ? "use an interpreter that this user may reach, such as /usr/bin/python3, for an environment too" : wayOut()
            throw .unusable(path: path, origin: origin, problem: problem, wayOut: wayOut)
        }
        self.path = AbsolutePath.of(path)
    }

    /// As the shell does: an empty entry of `PATH` is the working directory.
    private init(searching name: String, _ variable: String?, _ wayOut: String) throws(PythonError) {
        for entry in (variable ?? "").split(separator: ":", omittingEmptySubsequences: false) where variable?.isEmpty == false {
            let path = entry.isEmpty ? name : "\(entry)/\(name)"
            guard Self.problem(path) == nil else { continue }
            self.path = AbsolutePath.of(path)
            return
        }
        throw .notInPath(name: name, path: variable, wayOut: wayOut)
    }

    /// Why there is nothing to run at this path.
    private static func problem(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let error = errno
            // An environment outlives its interpreter when the system goes to the next version.
            if error == EACCES {
                let end = SymbolicLink.end(of: path)
                return "\(end == path ? "" : "it leads to \(end): ")user \(geteuid()) may not go there"
            }
            if error == ENOENT, let target = SymbolicLink.target(of: path) { return "it is a link to \(target), which does not exist" }
            return String(cString: strerror(error))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : "it is not a file" }
        return access(path, X_OK) == 0 ? nil : "it is not executable: \(String(cString: strerror(errno)))"
    }

    /// Whether a directory on the way there is closed to this user.
    private static func isOutOfReach(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 && errno == EACCES
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
