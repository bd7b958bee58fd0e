import CLinux
import Glibc
import HTTPWire
import NIOCore
import Testing

@testable import Roost

@Suite("The output queue")
struct OutputQueueTests {
    /// A connected pair of sockets; the first does not block.
    private func withSockets(sendBuffer: Int32 = 8 << 10, _ body: (Int32, Int32) throws -> Void) throws {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        var size = sendBuffer
        setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, 4)
        _ = fcntl(pair[0], F_SETFL, O_NONBLOCK)
        _ = fcntl(pair[1], F_SETFL, O_NONBLOCK)
        try body(pair[0], pair[1])
    }

    private func read(_ descriptor: Int32, atMost limit: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, limit, 0))
        }
    }

    @Test("small and large pieces with what frames them arrive whole and in order through a socket that takes little at a time")
    func partialWrites() throws {
        try withSockets { sender, receiver in
            var queue = OutputQueue()
            var expected: [UInt8] = []
            func append(_ text: String, trailer: StaticString = "") {
                queue.append(ByteBuffer(string: text), trailer: trailer)
                expected += Array(text.utf8)
                trailer.withUTF8Buffer { expected += Array($0) }
            }
            append("head\r\n")
            append(String(repeating: "a", count: 100_000), trailer: "\r\n")
            append("small", trailer: "\r\n0\r\n\r\n")
            append(String(repeating: "b", count: OutputQueue.copyLimit + 1), trailer: "end")
            append(String(repeating: "c", count: OutputQueue.copyLimit))
            append(String(repeating: "d", count: 70_000), trailer: "\r\n0\r\n\r\n")
            #expect(queue.count == expected.count)
            var received: [UInt8] = []
            var rounds = 0
            while !queue.isEmpty || received.count < expected.count {
                let before = queue.count
                let sent = queue.write(to: sender)
                if sent < 0 { #expect(errno == EAGAIN) } else { #expect(queue.count == before - sent) }
                received += read(receiver, atMost: 777 + rounds % 5)
                rounds += 1
                try #require(rounds < 100_000)
            }
            #expect(received == expected)
            #expect(queue.count == 0)
        }
    }

    @Test("files and what is appended behind them arrive in order through a socket that takes little at a time, and each is closed when it is sent")
    func behindFiles() throws {
        let (file, other) = (try ContentFile(length: 60_000), try ContentFile(length: 30_000))
        try withSockets { sender, receiver in
            var queue = OutputQueue()
            queue.append(ByteBuffer(string: "head"))
            queue.append(try FilePart(opening: file.path.utf8), trailer: "\r\n")
            queue.append(ByteBuffer(string: "small"), trailer: "|")
            queue.appendPieces { $0.append("pieces") }
            queue.append(try FilePart(opening: other.path.utf8), trailer: "-")
            queue.append(try FilePart(opening: file.path.utf8))
            let large = [UInt8](repeating: 0x61, count: 50_000)
            queue.append(ByteBuffer(bytes: large), trailer: "end")
            queue.append(ByteBuffer(string: "last"))
            let expected = Array("head".utf8) + file.content + Array("\r\nsmall|pieces".utf8) + other.content + Array("-".utf8) + file.content + large + Array("endlast".utf8)
            #expect(queue.count == expected.count && file.openCount == 2 && other.openCount == 1)
            var (received, rounds): ([UInt8], Int) = ([], 0)
            while !queue.isEmpty || received.count < expected.count {
                let before = queue.count
                let sent = queue.isEmpty ? 0 : queue.write(to: sender)
                if sent < 0 { #expect(errno == EAGAIN) } else { #expect(queue.count == before - sent) }
                received += read(receiver, atMost: 5777 + rounds % 5)
                rounds += 1
                try #require(rounds < 100_000)
            }
            #expect(received == expected)
            #expect(file.openCount == 0 && other.openCount == 0)
            queue.append(try FilePart(opening: file.path.utf8))
            queue.append(try FilePart(opening: other.path.utf8))
            queue.discard()
            #expect(queue.isEmpty && file.openCount == 0 && other.openCount == 0)
        }
    }

    @Test("a queue that is half written can be appended to")
    func appendWhileWriting() throws {
        try withSockets { sender, receiver in
            var queue = OutputQueue()
            queue.append(ByteBuffer(string: String(repeating: "x", count: 200_000)), trailer: "TRAILER")
            #expect(queue.write(to: sender) > 0)
            queue.append(ByteBuffer(string: "more"))
            var received: [UInt8] = []
            while !queue.isEmpty {
                received += read(receiver, atMost: 100_000)
                _ = queue.write(to: sender)
            }
            received += read(receiver, atMost: 300_000)
            #expect(String(decoding: received.suffix(13), as: UTF8.self) == "xxTRAILERmore")
            #expect(received.count == 200_011)
        }
    }

    @Test("discarding empties it")
    func discard() {
        var queue = OutputQueue()
        queue.append(ByteBuffer(string: String(repeating: "x", count: 50_000)), trailer: "end")
        queue.gather()
        queue.append(ByteBuffer(string: String(repeating: "x", count: 50_000)), trailer: "end")
        queue.discard()
        #expect(queue.isEmpty && queue.count == 0)
    }
}
