internal import Glibc

/// Files with secrets that systemd gives to a service alone (systemd.exec(5), `LoadCredential=` and `SetCredential=`).
public enum Credentials {
    /// The directory in which this process finds them: `$CREDENTIALS_DIRECTORY`; nil if there are none.
    public static var directory: String? {
        getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The path of the credential of this name.
    ///
    /// - Throws: `CredentialsError` if it is not there.
    public static func path(of name: String) throws(CredentialsError) -> String {
        guard isName(name) else { throw .badName(name) }
        guard let directory else { throw .noDirectory(name) }
        let path = "\(directory)/\(name)"
        // Whoever opens it finds out what else there may be.
        guard access(path, F_OK) == 0 || errno != ENOENT else { throw .missing(name, others: names(in: directory)) }
        return path
    }

    /// Whether a credential may be called this: a file's name of at most 255 bytes of ASCII without control characters (systemd.exec(5)).
    public static func isName(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}

/// Why there is no such credential. Its description is one line for the operator.
public enum CredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
    case badName(String)
    /// `CREDENTIALS_DIRECTORY` is not set.
    case noDirectory(String)
    /// The directory has others only.
    case missing(String, others: [String])

    public var description: String {
        switch self {
        case .badName(let name):
            "\"\(name)\" is no credential's name, which is a file's name without a slash"
        case .noDirectory(let name):
            "CREDENTIALS_DIRECTORY is not set; systemd sets it for a service with LoadCredential=\(name):PATH or SetCredential=\(name):TEXT in its unit"
        case .missing(let name, let others):
            "systemd has passed no credential of this name, "
                + (others.isEmpty ? "nor any other" : "only \(others.joined(separator: ", "))") + "; add LoadCredential=\(name):PATH to the service unit"
        }
    }
}
