import Dispatch
import Glibc

/// Another program, run to its end.
struct Subprocess: Sendable {
    var status: Int32
    var output: String
    var errors: String
    var pid: pid_t

    /// Waits on a thread of its own: other tests need those that tasks run on.
    ///
    /// - Parameter environment: All variables that it gets, as `NAME=value`, besides the one that allows root, who may run the tests; nil for
    ///   those of the tests.
    static func run(_ arguments: [String], environment: [String]? = nil) async throws -> Subprocess {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try Subprocess(arguments, environment: environment) })
            }
        }
    }

    init(_ arguments: [String], environment: [String]? = nil) throws {
        let directory = try TemporaryDirectory()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "\(directory.path)/out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "\(directory.path)/err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        let allowance = strdup("ROOST_ALLOW_ROOT=true")
        let variables: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) }
        defer { for text in argv + variables + [allowance] { free(text) } }
        let all = [allowance] + (environment == nil ? Array(environ) : variables + [nil])
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0], &actions, nil, argv + [nil], all)
        guard error == 0 else { throw SpawnError(text: "\(arguments[0]): \(String(cString: strerror(error)))") }
        self.pid = pid
        var ended: Int32 = 0
        while waitpid(pid, &ended, 0) < 0, errno == EINTR {}
        status = ended & 0x7F == 0 ? ended >> 8 & 0xFF : -(ended & 0x7F)
        output = directory.read("out")
        errors = directory.read("err")
    }

    struct SpawnError: Error { let text: String }
}

extension Array<UnsafeMutablePointer<CChar>?> {
    /// The entries of a list that ends with NULL, and that NULL.
    fileprivate init(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        self = []
        var next = list
        while let entry = next?.pointee {
            append(entry)
            next = next?.advanced(by: 1)
        }
        append(nil)
    }
}

/// A directory that goes when nobody uses it any more.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/roost-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Subprocess.SpawnError(text: "mkdtemp: \(String(cString: strerror(errno)))") }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        let arguments: [UnsafeMutablePointer<CChar>?] = ["rm", "-rf", path].map { (word: String) in strdup(word) }
        var pid: pid_t = 0
        var ended: Int32 = 0
        if posix_spawnp(&pid, "rm", nil, nil, arguments + [nil], environ) == 0 { waitpid(pid, &ended, 0) }
        for text in arguments { free(text) }
    }

    /// Writes a file, and makes its directories.
    func write(_ name: String, _ text: String = "", mode: mode_t = 0o644) {
        makeDirectories(for: name)
        guard let file = fopen("\(path)/\(name)", "w") else { return }
        fputs(text, file)
        fclose(file)
        chmod("\(path)/\(name)", mode)
    }

    func makeDirectories(for name: String) {
        var directory = path
        for part in name.split(separator: "/").dropLast() {
            directory += "/\(part)"
            mkdir(directory, 0o755)
        }
    }

    func read(_ name: String) -> String {
        guard let file = fopen("\(path)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
