/// A directory whose files a proxy in front serves by itself under a location of its own: what nginx calls `X-Accel-Redirect`.
///
/// An application that sends a file from there answers with the file's location, and the proxy with the file.
public struct AccelMapping: Sendable, Hashable {
    /// The directory, as an absolute path that ends with a slash.
    public let directory: String
    /// What the proxy calls it, as an absolute path that ends with a slash.
    public let location: String

    /// Nil unless both are absolute paths without empty, `.` or `..` parts; a slash at the end makes no difference.
    public init?(directory: String, location: String) {
        guard let directory = Self.normal(directory), let location = Self.normal(location) else { return nil }
        self.directory = directory
        self.location = location
    }

    /// `/srv/files=/protected`, as the setting has it.
    public init?(_ text: String) {
        guard let equals = text.lastIndex(of: "=") else { return nil }
        self.init(directory: String(text[..<equals]), location: String(text[text.index(after: equals)...]))
    }

    private static func normal(_ path: String) -> String? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        let path = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
        return isPlain(path.utf8.dropFirst().dropLast()) ? path : nil
    }

    /// Whether a path has only parts that lead downwards, and nothing that a header field could not hold once it is encoded.
    private static func isPlain(_ path: some Collection<UInt8>) -> Bool {
        guard !path.isEmpty else { return true }
        return path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8) && !part.contains(0)
        }
    }

    /// What the proxy calls the file with this path, percent-encoded; nil for one that is not in the directory, or whose path could lead out of it.
    func location(of path: some Collection<UInt8>) -> String? {
        guard path.starts(with: directory.utf8) else { return nil }
        let rest = path.dropFirst(directory.utf8.count)
        guard !rest.isEmpty, Self.isPlain(rest) else { return nil }
        return Self.encoded(location.utf8) + Self.encoded(rest)
    }

    /// With everything encoded but what a path may have as it is (RFC 3986 section 3.3).
    static func encoded(_ path: some Sequence<UInt8>) -> String {
        var result = ""
        for byte in path {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

extension AccelMapping: CustomStringConvertible {
    /// `/srv/files=/protected`
    public var description: String { "\(Self.bare(directory))=\(Self.bare(location))" }

    private static func bare(_ path: String) -> String { path == "/" ? path : String(path.dropLast()) }
}
