import Glibc

/// A file with a secret in it, or with certificates: read at once, and wiped from memory with `wipe`.
struct SecretFile {
    private(set) var bytes: [UInt8]
    /// The file's mode, for a warning about one that everybody can read.
    let mode: mode_t
    /// Whether its path leads to another file by now, which this process may not read.
    private(set) var isReplaced = false

    /// Certificate files are a few KiB; this is for those who name the wrong file.
    private static let largestSize = 4 << 20
    private static let pieceSize = 16 << 10

    /// - Parameter openFiles: Descriptors of files that the process may not open any more, by path. They stay open, and where they stand does not matter.
    init(_ path: String, openFiles: [String: Int32] = [:]) throws(SecretFileError) {
        var descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        let code = errno
        let held = descriptor < 0 && code == EACCES ? openFiles[path] : nil
        if let held { descriptor = held }
        guard descriptor >= 0 else { throw SecretFileError(path, code) }
        defer { if held == nil { close(descriptor) } }
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw SecretFileError(path, errno) }
        guard info.st_mode & S_IFMT != S_IFDIR else { throw SecretFileError("it is a directory, and a file is needed") }
        mode = info.st_mode
        if held != nil {
            var found = stat()
            isReplaced = stat(path, &found) == 0 && (found.st_dev, found.st_ino) != (info.st_dev, info.st_ino)
        }
        bytes = []
        // Growing would leave a copy of the beginning behind.
        bytes.reserveCapacity(min(Self.largestSize, Int(clamping: info.st_size)) + Self.pieceSize)
        var piece = [UInt8](repeating: 0, count: Self.pieceSize)
        defer { Self.wipe(&piece) }
        while true {
            let count = held == nil ? read(descriptor, &piece, piece.count) : pread(descriptor, &piece, piece.count, bytes.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SecretFileError(path, errno)
            }
            guard bytes.count + count <= Self.largestSize else { throw SecretFileError("it is larger than 4 MiB, and no file of certificates or keys") }
            bytes += piece[..<count]
        }
    }

    /// The text without the line break at its end, as passwords are kept.
    var line: String {
        var end = bytes.endIndex
        while end > 0, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// Whether PEM of this kind is in it, such as `PRIVATE KEY`.
    func holds(_ kind: String) -> Bool { contains("\(kind)-----") }

    func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        return bytes.indices.dropLast(wanted.count - 1).contains { bytes[$0] == first && bytes[$0...].starts(with: wanted) }
    }

    /// What there is to say of one that is replaced.
    static func replaced(_ path: String, key: String) -> String {
        "\(key) \(path): the file was replaced, and user \(geteuid()) can't read the new one: the one that was there at the start stays in use; restart the "
            + "service, or have that user read it"
    }

    /// Overwrites what was read, once nobody needs it any more.
    mutating func wipe() { Self.wipe(&bytes) }

    private static func wipe(_ bytes: inout [UInt8]) {
        // `explicit_bzero` is not left out although nobody reads these bytes again.
        bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
    }
}

/// Why a file can't be read. Its text goes on after the file's name.
struct SecretFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ path: String, _ code: Int32) {
        let why = String(cString: strerror(code))
        description = switch code {
        case ENOENT: "there is no such file"
        case EACCES:
            "it can't be read by user \(geteuid()): \(why). Let that user's group read it and the directories that lead to it, or have systemd "
                + "pass it (LoadCredential=) and name it credential:NAME"
        default: "it can't be read: \(why)"
        }
    }
}
