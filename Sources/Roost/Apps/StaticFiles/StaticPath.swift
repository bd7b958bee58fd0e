/// The part of a directory tree that a request's path names.
///
/// There is no value for a path that could lead out of the tree, or to what is not to be seen: every part is a plain name.
struct StaticPath: Equatable {
    /// From the tree's root down; empty for the root itself.
    let names: [[UInt8]]
    /// Whether it ends with a slash, and so means a directory.
    let isDirectory: Bool

    /// - Parameters:
    ///   - rawPath: the target's path, as it came.
    ///   - path: the same as middleware has left it, percent-decoded.
    ///   - rootPath: the prefix under which the tree is mounted; it may be gone from the path already.
    init?(rawPath: String, path: String, rootPath: String) {
        var bytes = Array(path.utf8)
        if let decoded = Self.decoded(rawPath.utf8), String(decoding: decoded, as: UTF8.self) == path {
            // Names need not be UTF-8, and a slash that was encoded is none between two names.
            guard !Self.hidesSlash(rawPath.utf8) else { return nil }
            bytes = decoded
        }
        var rest = bytes[...]
        let root = Array(rootPath.utf8)
        if !root.isEmpty, rest.starts(with: root), rest.count == root.count || rest[root.count] == Self.slash { rest = rest.dropFirst(root.count) }
        if rest.isEmpty, !root.isEmpty {
            (names, isDirectory) = ([], false)
            return
        }
        guard rest.first == Self.slash else { return nil }
        let parts = rest.dropFirst().split(separator: Self.slash, omittingEmptySubsequences: false)
        isDirectory = parts.last?.isEmpty ?? true
        let names = isDirectory ? parts.dropLast() : parts[...]
        for (index, name) in names.enumerated() {
            guard !name.isEmpty, name.count <= 255, !name.contains(0) else { return nil }
            guard name.first != UInt8(ascii: ".") || index == 0 && name.elementsEqual(".well-known".utf8) else { return nil }
        }
        self.names = names.map { Array($0) }
    }

    private static let slash = UInt8(ascii: "/")

    private static func decoded(_ path: some Collection<UInt8>) -> [UInt8]? {
        var (decoded, rest) = ([UInt8](), Array(path)[...])
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
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

    private static func hidesSlash(_ path: some Collection<UInt8>) -> Bool {
        let bytes = Array(path)
        return bytes.indices.dropLast(2).contains { bytes[$0] == UInt8(ascii: "%") && bytes[$0 + 1] == 0x32 && bytes[$0 + 2] | 0x20 == UInt8(ascii: "f") }
    }
}
