internal import Glibc

/// Notices that files in a directory change (inotify(7)), to start an app anew while it is being worked on.
final class SourceWatch {
    /// Readable when something has happened.
    let descriptor: Int32
    private let included: [String]
    private let excluded: [String]
    private let isDeep: Bool
    private let root: String
    /// By the watch's number.
    private var directories: [Int32: String] = [:]

    private static let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR)

    /// - Parameters:
    ///   - included: Patterns (glob(7)) of the names of files that count.
    ///   - excluded: Patterns of the names of files and directories that do not, nor what is in them.
    ///   - isDeep: Whether the directories in it count too.
    init(_ root: String, included: [String], excluded: [String], isDeep: Bool) throws(SourceWatchError) {
        self.isDeep = isDeep
        self.root = root
        self.included = included
        self.excluded = excluded
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw SourceWatchError(directory: root, code: errno) }
        // Everything is set: `deinit` runs, and closes.
        guard add(root) else { throw SourceWatchError(directory: root, code: errno) }
    }

    deinit { close(descriptor) }

    /// The files that have changed since the last call.
    func take() -> [String] {
        var changed: [String] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            // A virtual environment that is being made may have been looked at before its mark was there.
            guard count > 0 else { return changed.filter { !isInEnvironment($0) } }
            buffer.withUnsafeBytes { bytes in
                var offset = 0
                while offset + Self.headSize <= count {
                    let watch = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
                    let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                    let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                    let name = bytes[(offset + Self.headSize)..<min(offset + Self.headSize + length, count)].prefix { $0 != 0 }
                    offset += Self.headSize + length
                    note(watch, mask, String(decoding: name, as: UTF8.self), &changed)
                }
            }
        }
    }

    /// Of `struct inotify_event`, before the name.
    private static let headSize = 16

    private func note(_ watch: Int32, _ mask: UInt32, _ name: String, _ changed: inout [String]) {
        guard let directory = directories[watch] else { return }
        if mask & UInt32(IN_IGNORED) != 0 {
            directories[watch] = nil
            return
        }
        if name == Self.environmentMark, directory != root { return forget(directory) }
        guard !name.isEmpty, !matches(name, excluded) else { return }
        let path = "\(directory)/\(name)"
        if mask & UInt32(IN_ISDIR) != 0 {
            guard isDeep, mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 else { return }
            // Its files may have been there before the watch was.
            add(path) { if !changed.contains($0) { changed.append($0) } }
        } else if mask & UInt32(IN_CREATE) == 0, matches(name, included), !changed.contains(path) {
            changed.append(path)
        }
    }

    /// What marks a virtual environment. Its files change when something is installed, which is no change of the app.
    private static let environmentMark = "pyvenv.cfg"

    private func isInEnvironment(_ path: String) -> Bool {
        var directory = path
        while let slash = directory.lastIndex(of: "/"), slash != directory.startIndex {
            directory = String(directory[..<slash])
            guard directory != root else { return false }
            if isEnvironment(directory) { return true }
        }
        return false
    }

    private func isEnvironment(_ directory: String) -> Bool { access("\(directory)/\(Self.environmentMark)", F_OK) == 0 }

    /// Watches a directory and those below it, and finds the files there that count. False, with errno, if it cannot be watched.
    @discardableResult
    private func add(_ directory: String, found: (String) -> Void = { _ in }) -> Bool {
        guard directory == root || !isEnvironment(directory) else { return true }
        let watch = inotify_add_watch(descriptor, directory, Self.events)
        guard watch >= 0 else { return false }
        directories[watch] = directory
        guard isDeep, let stream = opendir(directory) else { return true }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard name != ".", name != "..", !matches(name, excluded) else { continue }
            let path = "\(directory)/\(name)"
            if entry.pointee.d_type == UInt8(DT_DIR) { add(path, found: found) } else if matches(name, included) { found(path) }
        }
        return true
    }

    /// Watches a directory and those below it no longer.
    private func forget(_ directory: String) {
        for (watch, path) in directories where path == directory || path.hasPrefix("\(directory)/") {
            directories[watch] = nil
            inotify_rm_watch(descriptor, watch)
        }
    }

    private func matches(_ name: String, _ patterns: [String]) -> Bool {
        patterns.contains { fnmatch($0, name, 0) == 0 }
    }
}

/// A directory cannot be watched.
struct SourceWatchError: Error, CustomStringConvertible {
    let directory: String
    let code: Int32

    var description: String {
        let hint = code == ENOSPC ? "; there are too many directories: raise fs.inotify.max_user_watches, or exclude some with --reload-exclude" : ""
        return "watching \(directory) for changes (--reload): \(String(cString: strerror(code)))\(hint)"
    }
}
