import Glibc
import Testing

@testable import Roost

@Suite("Output that is held", .timeLimit(.minutes(1)))
struct HeldOutputTests {
    /// Two connected sockets, as a server's connections are: without waiting.
    private final class Pair {
        let near, far: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
            (near, far) = (ends[0], ends[1])
        }

        deinit {
            close(near)
            close(far)
        }

        /// What has come to the far end so far.
        func received() -> String {
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(far, &bytes, bytes.count, 0)
            return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        }

        /// Sends until the socket takes nothing more; returns how many bytes it took.
        func fill() -> Int {
            let piece = [UInt8](repeating: 0x2E, count: 4096)
            var sent = 0
            while true {
                let count = send(near, piece, piece.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return sent }
                sent += count
            }
        }
    }

    private func key(_ slot: UInt32) -> ConnectionKey { ConnectionKey(slot: slot, generation: 1) }

    private func hold(_ text: String, _ held: HeldOutput, _ slot: UInt32, _ pair: Pair) -> Bool {
        Array(text.utf8).withUnsafeBytes { held.hold($0, of: key(slot), to: pair.near) }
    }

    @Test("is sent when it is released, each piece on its own connection")
    func release() throws {
        let held = HeldOutput()
        defer { held.end() }
        let (a, b) = (try Pair(), try Pair())
        for round in 0..<3 {
            #expect(hold("to a \(round)", held, 1, a) && hold("and to b \(round)", held, 2, b))
            let (sent, leftovers) = held.release()
            #expect(sent == 16 && leftovers.isEmpty)
            #expect(a.received() == "to a \(round)" && b.received() == "and to b \(round)")
        }
    }

    @Test("is sent by a thread if the loop does not come back to it, and then not once more")
    func watch() throws {
        let held = HeldOutput()
        defer { held.end() }
        let (a, b) = (try Pair(), try Pair())
        for round in 0..<3 {
            #expect(hold("first \(round)", held, 1, a) && hold("second \(round)", held, 2, b))
            for (pair, text) in [(a, "first \(round)"), (b, "second \(round)")] {
                var readable = pollfd(fd: pair.far, events: Int16(POLLIN), revents: 0)
                #expect(poll(&readable, 1, 20_000) == 1)
                #expect(pair.received() == text)
            }
            let (sent, leftovers) = held.release()
            #expect(sent == 15 && leftovers.isEmpty)
            #expect(a.received().isEmpty && b.received().isEmpty)
            // So long that the thread sleeps, and has to be woken.
            usleep(50_000)
        }
    }

    @Test("comes back if its socket takes nothing, or only some of it")
    func unsent() throws {
        let held = HeldOutput()
        defer { held.end() }
        let (full, gone) = (try Pair(), try Pair())
        let before = full.fill()
        #expect(before > 0)
        shutdown(gone.far, Int32(SHUT_RD))
        #expect(hold("late", held, 1, full) && hold("never", held, 2, gone))
        let (sent, leftovers) = held.release()
        #expect(sent == 0 && leftovers.map(\.key) == [key(1), key(2)])
        #expect(leftovers.map { String(decoding: $0.bytes, as: UTF8.self) } == ["late", "never"])
    }

    @Test("is refused beyond its room, and taken again after a release")
    func room() throws {
        let held = HeldOutput()
        defer { held.end() }
        let pairs = try (0..<100).map { _ in try Pair() }
        let piece = String(repeating: "x", count: HeldOutput.largestPiece)
        var count = 0
        while count < pairs.count, hold(piece, held, UInt32(count), pairs[count]) { count += 1 }
        #expect(count > 1 && count < pairs.count)
        #expect(held.release().sent == count * piece.utf8.count)
        #expect(hold(piece, held, 0, pairs[0]))
        #expect(held.release().sent == piece.utf8.count)
    }

    @Test("is forgotten at the end: the descriptor may be another's then")
    func end() throws {
        let held = HeldOutput()
        let pair = try Pair()
        #expect(hold("too late", held, 1, pair))
        held.end()
        let (sent, leftovers) = held.release()
        #expect(sent == 0 && leftovers.isEmpty)
    }
}
