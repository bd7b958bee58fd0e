import Glibc

/// A file with something in it, removed with this object.
final class ContentFile: Sendable {
    private let directory = TemporaryDirectory()
    let content: [UInt8]
    private let identity: FileIdentity
    var path: String { directory.path + "/file" }

    /// - Parameter length: how much longer than its content the file is, with zeros that take no room.
    init(_ content: [UInt8], thenZeros length: Int = 0) throws {
        self.content = content
        let path = directory.path + "/file"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw RawClient.Failure.call("open", errno) }
        defer { close(descriptor) }
        guard write(descriptor, content, content.count) == content.count, ftruncate(descriptor, content.count + length) == 0 else {
            throw RawClient.Failure.call("write", errno)
        }
        identity = try FileIdentity(of: path)
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
    var openCount: Int { identity.openCount }

    /// Waits until this process has it open no more.
    func waitUntilClosed() throws {
        let deadline = monotonicSeconds() + 30
        while openCount != 0 {
            guard monotonicSeconds() < deadline else { throw NotInTime(last: "\(openCount) descriptors") }
            usleep(20_000)
        }
    }
}

/// Which file it is, whatever it is called.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let number: ino_t

    private init(_ status: stat) {
        (device, number) = (status.st_dev, status.st_ino)
    }

    init(of path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw RawClient.Failure.call("stat", errno) }
        self.init(status)
    }

    /// How often this process has it open, as far as a test's descriptors go.
    var openCount: Int {
        var count = 0
        var status = stat()
        for descriptor in 0..<min(getdtablesize(), 8192) where fstat(descriptor, &status) == 0 && FileIdentity(status) == self { count += 1 }
        return count
    }
}
