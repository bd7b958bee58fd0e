import Glibc

/// A file with something in it, removed with this object.
final class ContentFile: Sendable {
    private let directory = TemporaryDirectory()
    let content: [UInt8]
    var path: String { directory.path + "/file" }

    /// - Parameter length: how much longer than its content the file is, with zeros that take no room.
    init(_ content: [UInt8], thenZeros length: Int = 0) throws {
        self.content = content
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RawClient.Failure.call("open", errno) }
        defer { close(descriptor) }
        guard write(descriptor, content, content.count) == content.count, ftruncate(descriptor, content.count + length) == 0 else {
            throw RawClient.Failure.call("write", errno)
        }
    }

    convenience init(_ text: String) throws { try self.init(Array(text.utf8)) }

    /// A file of so many bytes of which no two stretches are alike.
    convenience init(length: Int) throws {
        let random = open("/dev/urandom", O_RDONLY | O_CLOEXEC)
        defer { close(random) }
        try self.init([UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = max(0, read(random, buffer.baseAddress, length))
        })
    }

    func shorten(to length: Int) throws {
        guard truncate(path, length) == 0 else { throw RawClient.Failure.call("truncate", errno) }
    }

    func remove() { unlink(path) }

    /// How often this process has it open.
    var openCount: Int { openDescriptors(of: path) }

    /// Waits until this process has it open no more.
    func waitUntilClosed() throws {
        let deadline = monotonicSeconds() + 30
        while openCount != 0 {
            guard monotonicSeconds() < deadline else { throw NotInTime(last: "\(openCount) descriptors") }
            usleep(20_000)
        }
    }
}

/// How often this process has this path open.
func openDescriptors(of path: String) -> Int {
    guard let stream = opendir("/proc/self/fd") else { return -1 }
    defer { closedir(stream) }
    var count = 0
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
        let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) { max(0, readlink("/proc/self/fd/\(name)", $0.baseAddress!, $0.count)) }
        }
        if String(decoding: target, as: UTF8.self).hasPrefix(path) { count += 1 }
    }
    return count
}
