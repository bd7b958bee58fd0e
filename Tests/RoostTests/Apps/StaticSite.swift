import Glibc

@testable import Roost

/// A directory with files in it, removed with this object.
final class StaticSite: Sendable {
    private let directory = TemporaryDirectory()
    /// What is served.
    var root: String { directory.path + "/site" }
    /// What lies beside it.
    var outside: String { directory.path + "/outside" }

    init(_ files: [String: String]) {
        mkdir(root, 0o755)
        mkdir(outside, 0o755)
        for (name, content) in files { write(content, to: name) }
    }

    /// Makes a file, and the directories above it.
    func write(_ content: String, to name: String) {
        var path = root
        for part in name.split(separator: "/").dropLast() {
            path += "/" + part
            mkdir(path, 0o755)
        }
        writeFile(content, root + "/" + name)
    }

    func link(_ name: String, to target: String) { symlink(target, root + "/" + name) }
    func makeDirectory(_ name: String) { mkdir(root + "/" + name, 0o755) }
    func makeFIFO(_ name: String) { mkfifo(root + "/" + name, 0o644) }

    /// Sets when a file was changed, in seconds of Unix time.
    func touch(_ name: String, at seconds: Int) {
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        utimensat(AT_FDCWD, root + "/" + name, &times, 0)
    }
}

func writeFile(_ content: String, _ path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    _ = content.withCString { write(descriptor, $0, strlen($0)) }
}
