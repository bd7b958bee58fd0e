internal import Glibc

enum AbsolutePath {
    /// The path as it still leads to the same place when the working directory is another one.
    static func of(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }
}
