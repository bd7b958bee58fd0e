internal import Glibc

/// Whether a file could be opened for writing, and made if it is not there; without doing either.
enum WritableFile {
    /// The errno value that open(2) would give; 0 for none.
    static func refusal(_ path: String) -> Int32 {
        guard !path.utf8.contains(0) else { return EINVAL }
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return EISDIR }
            return access(path, W_OK) == 0 ? 0 : errno
        }
        let code = errno
        guard code == ENOENT else { return code }
        let absolute = AbsolutePath.of(path)
        let directory = absolute.lastIndex(of: "/").map { String(absolute[..<$0]) } ?? ""
        return access(directory.isEmpty ? "/" : directory, W_OK | X_OK) == 0 ? 0 : errno
    }
}
