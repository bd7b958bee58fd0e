import Glibc

@testable import Roost

/// Certificates that openssl makes for the tests, anew in every run. They are removed with the object.
final class Certificates: Sendable {
    private let directory = TemporaryDirectory()

    /// - Throws: If openssl can't make an authority.
    init() throws {
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "100", "-subj", "/CN=Test Authority",
            "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", path("authority.key"), "-out", path("authority.pem"))
    }

    var authority: String { path("authority.pem") }

    func path(_ name: String) -> String { directory.path + "/" + name }

    /// A certificate and its key, `NAME.pem` and `NAME.key`.
    ///
    /// - Parameters:
    ///   - hosts: What it is good for as a server's; none for a client's.
    ///   - algorithm: What openssl makes the key with.
    ///   - issuer: Another than the authority, called as its own certificate was; it is put behind the certificate.
    ///   - isAuthority: Whether it is one that may sign others.
    @discardableResult
    func sign(
        _ name: String, subject: String, hosts: [String] = [], days: Int = 90,
        algorithm: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], issuer: String? = nil, isAuthority: Bool = false
    ) throws -> (certificate: String, key: String) {
        let usage = isAuthority ? "basicConstraints=critical,CA:TRUE" : "extendedKeyUsage=" + (hosts.isEmpty ? "clientAuth" : "serverAuth")
        let names = hosts.isEmpty ? "" : "subjectAltName=" + hosts.map { "DNS:\($0)" }.joined(separator: ",") + "\n"
        try write("\(usage)\n\(names)", to: "\(name).extensions")
        try openssl(["req", "-newkey"] + algorithm + ["-nodes", "-utf8", "-subj", subject, "-keyout", path("\(name).key"), "-out", path("\(name).csr")])
        try openssl(
            "x509", "-req", "-in", path("\(name).csr"), "-CA", path("\(issuer ?? "authority").pem"), "-CAkey", path("\(issuer ?? "authority").key"),
            "-CAcreateserial", "-days", "\(days)", "-extfile", path("\(name).extensions"), "-out", path("\(name).pem"))
        if let issuer { try write(read(path("\(name).pem")) + read(path("\(issuer).pem")), to: "\(name).pem") }
        return (path("\(name).pem"), path("\(name).key"))
    }

    func openssl(_ arguments: String...) throws { try openssl(arguments) }

    func openssl(_ arguments: [String]) throws {
        let errors = path("errors-\(UInt64.random(in: 0 ... .max))")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let words: [UnsafeMutablePointer<CChar>?] = (["openssl"] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = Spawning.lock.withLock { _ in posix_spawnp(&process, "openssl", &actions, nil, words + [nil], environ) }
        guard code == 0 else { throw Failure(text: "openssl: \(String(cString: strerror(code)))") }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failure(text: "openssl \(arguments): \(try read(errors))") }
        unlink(errors)
    }

    /// A file in their directory.
    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        let path = path(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let bytes = Array(text.utf8)
        defer { close(descriptor) }
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, mode_t(mode)) == 0 else {
            throw Failure(text: "\(path): \(String(cString: strerror(errno)))")
        }
        return path
    }

    func read(_ path: String) throws -> String { String(decoding: try SecretFile(path).bytes, as: UTF8.self) }

    struct Failure: Error { let text: String }
}
