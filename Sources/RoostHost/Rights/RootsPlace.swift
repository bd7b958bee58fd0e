internal import CLinux
internal import Glibc

/// Where root may open files by name.
enum RootsPlace {
    /// As many links as the kernel follows in one path (path_resolution(7)).
    private static let longestChain = 40

    /// Whether nobody but root can change what the path leads to: each directory on the way to it is root's alone, also those that links lead through.
    ///
    /// Elsewhere somebody could have put a link to any file there, which root would then write to. What the path's last part is does not matter.
    static func contains(_ path: String) -> Bool {
        let path = AbsolutePath.of(path)
        guard let slash = path.lastIndex(of: "/") else { return false }
        var links = 0
        var directory = "/"
        var rest = path[..<slash].split(separator: "/").map(String.init)
        while isRoots(directory), !rest.isEmpty {
            let next = directory + rest.removeFirst()
            guard let target = link(next) else {
                directory = next + "/"
                continue
            }
            links += 1
            guard links <= longestChain else { return false }
            if target.hasPrefix("/") { directory = "/" }
            rest = target.split(separator: "/").map(String.init) + rest
        }
        return rest.isEmpty && isRoots(directory)
    }

    private static func isRoots(_ directory: String) -> Bool {
        var status = stat()
        return lstat("\(directory).", &status) == 0 && status.st_uid == 0 && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    }

    /// Where a symbolic link leads; nil for anything else.
    private static func link(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
