internal import Glibc

/// The file that is to name the process can't be had. Its description is one line for the operator.
enum PIDFileError: Error, Hashable, CustomStringConvertible {
    /// It names another process, which is there.
    case taken(path: String, process: Int32)
    case unreadable(path: String, problem: String)
    /// The errno value says why it can't be made or written.
    case unwritable(path: String, code: Int32)

    /// `pid "/run/shop.pid": process 1234, which it names, is running; stop that process, or name another file`
    var description: String {
        switch self {
        case .taken(let path, let process):
            "pid \(OneLine.quoted(path)): process \(process), which it names, is running; stop that process or name another file, and if that process "
                + "has nothing to do with it remove the file"
        case .unreadable(let path, let problem):
            "pid \(OneLine.quoted(path)): \(problem); name another file"
        case .unwritable(let path, let code):
            "pid \(OneLine.quoted(path)): \(String(cString: strerror(code))); name a file in a directory that the process may write to"
        }
    }
}
