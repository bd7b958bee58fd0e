internal import Glibc

enum SymbolicLink {
    /// Where a symbolic link points to; nil if there is none at this path.
    static func target(of path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where a path leads at last, if it is a link, perhaps to another one; as far as links can be read.
    static func end(of path: String) -> String {
        var path = path
        // As many as the kernel follows.
        for _ in 0..<40 {
            guard let target = target(of: path) else { break }
            path = target.hasPrefix("/") ? target : "\(path[..<(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)])\(target)"
        }
        return path
    }
}
