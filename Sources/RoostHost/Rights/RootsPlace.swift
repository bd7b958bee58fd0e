internal import CLinux
internal import Glibc

/// Where root may open files by name.
enum RootsPlace {
    /// Whether nobody but root can change what the path leads to.
    ///
    /// Elsewhere somebody could have put a link to any file there, which root would then write to.
    static func contains(_ path: String) -> Bool {
        let path = AbsolutePath.of(path)
        guard let slash = path.lastIndex(of: "/"), let resolved = realpath("\(path[..<slash])/", nil) else { return false }
        defer { free(resolved) }
        var directory = "/"
        for part in String(cString: resolved).split(separator: "/") {
            guard isRoots(directory) else { return false }
            directory += "\(part)/"
        }
        return isRoots(directory)
    }

    private static func isRoots(_ directory: String) -> Bool {
        var status = stat()
        return stat(directory, &status) == 0 && status.st_uid == 0 && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }
}
