/// A path, split where the application is mounted.
struct MountedPath: Equatable {
    let scriptName: String
    let pathInfo: String

    /// A path that is not below `rootPath` is one that the proxy has already taken the prefix from.
    init(_ path: String, rootPath: String) {
        scriptName = rootPath
        pathInfo = path.utf8.path(below: rootPath.utf8).map { String(Substring($0)) } ?? path
    }
}

extension Collection<UInt8> {
    /// What a path has behind a prefix, which counts only where a segment ends: `/apple` is not below `/app`. Nil if it is not below it.
    package func path(below prefix: some Collection<UInt8>) -> SubSequence? {
        guard starts(with: prefix) else { return nil }
        let rest = dropFirst(prefix.count)
        return prefix.isEmpty || rest.isEmpty || rest.first == UInt8(ascii: "/") ? rest : nil
    }
}
