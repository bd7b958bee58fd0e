/// The part of a directory tree that a request's path names.
///
/// There is no value for a path that could lead out of the tree, or to what is not to be seen: every part is a plain name.
struct StaticPath: Equatable {
    /// The names from the tree's root down, with slashes between them; empty for the root itself.
    let bytes: [UInt8]
    /// Whether it ended with a slash, and so means a directory.
    let isDirectory: Bool

    /// - Parameters:
    ///   - rawPath: the target's path, as it came.
    ///   - path: the same as middleware has left it, percent-decoded.
    ///   - rootPath: the prefix under which the tree is mounted; it may be gone from the path already.
    init?(rawPath: String, path: String, rootPath: String) {
        guard let bytes = Self.bytes(rawPath, path) else { return nil }
        var rest = bytes[...]
        if !rootPath.isEmpty {
            rest = rest.path(below: rootPath.utf8) ?? rest
            if rest.isEmpty {
                (self.bytes, isDirectory) = ([], false)
                return
            }
        }
        guard rest.popFirst() == Self.slash else { return nil }
        if rest.isEmpty {
            (self.bytes, isDirectory) = ([], true)
            return
        }
        isDirectory = rest.last == Self.slash
        if isDirectory { rest.removeLast() }
        guard Self.hasPlainNames(rest) else { return nil }
        self.bytes = Array(rest)
    }

    private static let slash = UInt8(ascii: "/")
    private static let percent = UInt8(ascii: "%")

    /// Names need not be UTF-8, so that they are those of the raw path unless middleware has set another. Nil if that hides a slash: one that was encoded
    /// is none between two names.
    private static func bytes(_ rawPath: String, _ path: String) -> [UInt8]? {
        let raw = Array(rawPath.utf8)
        if !raw.contains(percent) { return rawPath == path ? raw : Array(path.utf8) }
        guard let decoded = decoded(raw), String(decoding: decoded, as: UTF8.self) == path else { return Array(path.utf8) }
        return hidesSlash(raw) ? nil : decoded
    }

    private static func hasPlainNames(_ path: ArraySlice<UInt8>) -> Bool {
        var start = path.startIndex
        while true {
            let end = path[start...].firstIndex(of: slash) ?? path.endIndex
            guard isPlain(path[start..<end], isFirst: start == path.startIndex) else { return false }
            guard end < path.endIndex else { return true }
            start = end + 1
        }
    }

    private static func isPlain(_ name: ArraySlice<UInt8>, isFirst: Bool) -> Bool {
        guard let first = name.first, name.count <= 255, !name.contains(0) else { return false }
        return first != UInt8(ascii: ".") || isFirst && name.elementsEqual(".well-known".utf8)
    }

    private static func decoded(_ path: [UInt8]) -> [UInt8]? {
        var (decoded, rest) = ([UInt8](), path[...])
        while let byte = rest.popFirst() {
            guard byte == percent else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
            decoded.append(high << 4 | low)
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte & 0x0F
        case 0x41...0x46, 0x61...0x66: (byte & 0x0F) + 9
        default: nil
        }
    }

    private static func hidesSlash(_ path: [UInt8]) -> Bool {
        path.indices.dropLast(2).contains { path[$0] == percent && path[$0 + 1] == 0x32 && path[$0 + 2] | 0x20 == UInt8(ascii: "f") }
    }
}
