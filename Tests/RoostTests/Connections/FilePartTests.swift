import CLinux
import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("A part of a file", .timeLimit(.minutes(1)))
struct FilePartTests {
    /// A connected pair of sockets that do not block; the first has room for little.
    private func withSockets(_ body: (Int32, Int32) throws -> Void) throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        var size: Int32 = 8 << 10
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, 4)
        for descriptor in pair { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        try body(pair[0], pair[1])
    }

    private func read(_ descriptor: Int32, atMost limit: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, limit, 0))
        }
    }

    /// Writes a queue to its end through a socket that takes little at a time; what arrived.
    private func drain(_ queue: inout OutputQueue, _ sender: Int32, _ receiver: Int32) throws -> [UInt8] {
        var (received, rounds): ([UInt8], Int) = ([], 0)
        let expected = queue.count
        while !queue.isEmpty || received.count < expected {
            let before = queue.count
            if before > 0 {
                let sent = queue.write(to: sender)
                let left = queue.count
                if sent < 0 { try #require(errno == EAGAIN) } else { #expect(left == before - sent) }
            }
            received += read(receiver, atMost: 7777 + rounds % 5)
            rounds += 1
            try #require(rounds < 100_000)
        }
        return received
    }

    private func refusal(_ path: String) -> FilePart.Refusal? {
        do {
            _ = try FilePart(opening: path.utf8)
            return nil
        } catch {
            return error
        }
    }

    private func refusal(sharing descriptor: Int32) -> FilePart.Refusal? {
        do {
            _ = try FilePart(sharing: descriptor, from: 0)
            return nil
        } catch {
            return error
        }
    }

    @Test("what is no regular file that can be opened is refused, and nobody waits for it")
    func refusals() throws {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let fifo = directory.path + "/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        #expect(refusal("")?.code == ENOENT)
        #expect(refusal("/etc/passwd\0") == FilePart.Refusal(code: EINVAL, "a path has no null character"))
        #expect(refusal("/nowhere/at/all") == FilePart.Refusal(code: ENOENT, "No such file or directory"))
        #expect(refusal("/" + String(repeating: "x", count: 5000))?.code == ENAMETOOLONG)
        #expect(refusal(directory.path)?.code == EISDIR)
        #expect(refusal(fifo) == FilePart.Refusal(code: EINVAL, "not a regular file"))
        #expect(try FileIdentity(of: fifo).openCount == 0 && FileIdentity(of: directory.path).openCount == 0)
        #expect(refusal("/dev/zero") == FilePart.Refusal(code: EINVAL, "not a regular file"))
    }

    @Test("a descriptor is shared if it is a regular file's, and open for reading")
    func shared() throws {
        let file = try ContentFile("0123456789")
        let writing = open(file.path, O_WRONLY | O_CLOEXEC)
        defer { close(writing) }
        var pipes: [Int32] = [-1, -1]
        try #require(pipe(&pipes) == 0)
        defer { for descriptor in pipes { close(descriptor) } }
        #expect(refusal(sharing: writing)?.code == EINVAL)
        #expect(refusal(sharing: pipes[0])?.code == EINVAL)
        #expect(refusal(sharing: -1)?.code == EBADF)
        let reading = open(file.path, O_RDONLY | O_CLOEXEC)
        #expect(try FilePart(sharing: reading, from: 11).count == 0)
        let part = try FilePart(sharing: reading, from: 4)
        close(reading)
        file.remove()
        part.shorten(to: 20)
        #expect(part.count == 6)
        part.shorten(to: 3)
        try withSockets { sender, receiver in
            #expect(part.send(to: sender) == 3 && part.count == 0)
            #expect(read(receiver, atMost: 100) == Array("456".utf8))
        }
    }

    @Test("its end may be beyond what 32 bits can count")
    func large() throws {
        let file = try ContentFile([], thenZeros: 5 << 30)
        let descriptor = open(file.path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        try #require(pwrite(descriptor, "0123456789", 10, (5 << 30) - 10) == 10)
        let part = try FilePart(sharing: descriptor, from: (5 << 30) - 4)
        try withSockets { sender, receiver in
            #expect(part.send(to: sender) == 4 && part.count == 0)
            #expect(read(receiver, atMost: 100) == Array("6789".utf8))
        }
        #expect(try FilePart(sharing: descriptor, from: 7).count == (5 << 30) - 7)
    }

    @Test("its descriptor goes with it")
    func descriptor() throws {
        let file = try ContentFile("content")
        var part: FilePart? = try FilePart(opening: file.path.utf8)
        #expect(part != nil && file.openCount == 1)
        part = nil
        #expect(file.openCount == 0)
        var queue = OutputQueue()
        queue.append(try FilePart(opening: file.path.utf8))
        let count = queue.count
        #expect(count == 7 && file.openCount == 1)
        queue.discard()
        let isEmpty = queue.isEmpty
        #expect(isEmpty && file.openCount == 0)
        #expect(refusal(file.path + "/") != nil && refusal("/dev/null") != nil && file.openCount == 0)
    }

    @Test("what precedes it and itself arrive whole and in order through a socket that takes little at a time")
    func partialWrites() throws {
        let file = try ContentFile(length: 700_000)
        try withSockets { sender, receiver in
            var queue = OutputQueue()
            let head = ByteBuffer(repeating: 0x68, count: 100_000)
            queue.append(head, trailer: "\r\n")
            queue.append(try FilePart(opening: file.path.utf8))
            let received = try drain(&queue, sender, receiver)
            #expect(received == Array(repeating: 0x68, count: 100_000) + Array("\r\n".utf8) + file.content)
            let isDone = queue.file == nil
            #expect(isDone && file.openCount == 0)
        }
    }

    @Test("a turn is not all of it")
    func turns() throws {
        let file = try ContentFile([], thenZeros: 3 * FilePart.turn)
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        var size: Int32 = 8 << 20
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, 4)
        _ = fcntl(pair[0], F_SETFL, O_NONBLOCK)
        var queue = OutputQueue()
        queue.append(try FilePart(opening: file.path.utf8))
        let sent = queue.write(to: pair[0])
        #expect(sent > 0 && sent <= FilePart.turn)
    }

    @Test("one that has become shorter gives what is left, and then fails")
    func shorter() throws {
        let file = try ContentFile(length: 10_000)
        try withSockets { sender, receiver in
            var queue = OutputQueue()
            queue.append(try FilePart(opening: file.path.utf8))
            try file.shorten(to: 100)
            let first = queue.write(to: sender)
            #expect(first == 100)
            for stale in [EAGAIN, EINTR] {
                errno = stale
                let second = queue.write(to: sender)
                #expect(second == -1 && errno == EIO)
            }
            let (failure, left) = (queue.file?.failure, queue.count)
            #expect(failure == .ended && left == 9_900)
            #expect(read(receiver, atMost: 1000) == Array(file.content[..<100]))
            queue.discard()
        }
        #expect(file.openCount == 0)
    }

    @Test("a peer that is gone is no failure of the file, and no signal")
    func peerGone() throws {
        let before = signal(SIGPIPE, SIG_DFL)
        defer { signal(SIGPIPE, before) }
        let file = try ContentFile(length: 10_000)
        try withSockets { sender, receiver in
            shutdown(receiver, Int32(SHUT_RDWR))
            let part = try FilePart(opening: file.path.utf8)
            #expect(part.send(to: sender) == -1 && errno == EPIPE)
            #expect(part.failure == nil && part.count == 10_000)
            var pending = sigset_t()
            sigpending(&pending)
            #expect(sigismember(&pending, SIGPIPE) == 0)
        }
    }

    @Test("one that sendfile(2) does not take is read", .enabled(if: access("/proc/config.gz", R_OK) == 0))
    func readInstead() throws {
        let part = try FilePart(opening: "/proc/config.gz".utf8)
        let count = part.count
        try withSockets { sender, receiver in
            var queue = OutputQueue()
            queue.append(ByteBuffer(string: "head"))
            queue.append(part)
            let received = try drain(&queue, sender, receiver)
            #expect(part.mustBeRead)
            #expect(received.count == 4 + count)
            #expect(Array(received.prefix(6)) == Array("head".utf8) + [0x1F, 0x8B])
        }
    }

    @Test("without a socket it is read piece by piece")
    func pieces() throws {
        let file = try ContentFile(length: FilePart.turn + 1000)
        var queue = OutputQueue()
        queue.append(try FilePart(opening: file.path.utf8))
        var received: [UInt8] = []
        for expected in [FilePart.turn, 1000] {
            let (isRead, count) = (queue.readFile(), queue.gathered.readableBytes)
            #expect(isRead && count == expected)
            queue.gathered.withUnsafeReadableBytes { received += $0 }
            queue.gathered.reset()
        }
        let isEmpty = queue.isEmpty
        #expect(isEmpty && received == file.content)
        queue.append(try FilePart(opening: file.path.utf8))
        try file.shorten(to: 10)
        let (isRead, count) = (queue.readFile(), queue.gathered.readableBytes)
        #expect(isRead && count == 10)
        let (isReadAgain, failure) = (queue.readFile(), queue.file?.failure)
        #expect(!isReadAgain && failure == .ended)
    }
}
