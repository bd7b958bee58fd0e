import CLinux
import Glibc
import Synchronization

/// Small pieces of output of several connections, kept back for a moment and then sent together: a peer that sleeps until there is something to
/// read is woken once for all of them, and to wake it is much of what a small response costs.
///
/// The loop holds and releases. While an application keeps the loop for longer, a thread sends what is held, as PEP 3333 asks of servers that do not
/// send at once: it looks every other millisecond for as long as there is something every now and then, and sleeps otherwise.
///
/// `@unchecked Sendable`: the loop alone writes the pieces and their bytes, which lie in memory that is allocated once, and each before `count` tells
/// of it; the thread looks only at those that `count` tells of. Which of them were sent is written with the lock of `state` held. The loop uses the
/// memory again after a release, in which it has set `count` to 0 with that lock held. So to hold one more piece takes no lock, which would cost as
/// much as all the rest of it.
final class HeldOutput: @unchecked Sendable {
    /// What a connection's socket did not take.
    struct Leftover: Sendable {
        let key: ConnectionKey
        let bytes: [UInt8]
    }

    /// A piece of `count` bytes from `start` on; `sent` is nil until it is tried to send it.
    private struct Piece {
        let key: ConnectionKey
        let descriptor: Int32
        let start: Int
        let count: Int
        var sent: Int?
    }

    private struct State: Sendable {
        /// Counts the releases, so that the thread knows pieces that it has seen before.
        var releases: UInt64 = 0
        var hasThread = false
        var isThreadAsleep = false
        var hasEnded = false
    }

    /// More than this of one connection is better sent from where it is.
    static let largestPiece = 4 << 10
    /// How many bytes are held at most, and how many pieces.
    private static let room = 32 << 10
    private static let pieceLimit = 256
    private static let lookInterval: useconds_t = 2000
    /// After so many looks at nothing the thread sleeps.
    private static let idleLooks = 8

    private let state = Monitor(State())
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
    private let pieces = UnsafeMutablePointer<Piece>.allocate(capacity: pieceLimit)
    /// How many of `pieces` there are.
    private let count = Atomic<Int>(0)
    // The loop's alone:
    /// How many of `bytes` are used.
    @exclusivity(unchecked) private var used = 0
    /// Another one after each release: what was held under this one is held still.
    @exclusivity(unchecked) private(set) var number: UInt64 = 1
    /// Whether anything is held.
    var isHolding: Bool { used > 0 }

    deinit {
        bytes.deallocate()
        pieces.deallocate()
    }

    /// Takes a piece of a connection of which nothing is held; false if there is no room for it.
    ///
    /// `descriptor` must stay open until the piece is released.
    func hold(_ piece: UnsafeRawBufferPointer, of key: ConnectionKey, to descriptor: Int32) -> Bool {
        let index = count.load(ordering: .relaxed)
        guard let start = piece.baseAddress, used + piece.count <= Self.room, index < Self.pieceLimit else { return false }
        (bytes + used).copyMemory(from: start, byteCount: piece.count)
        (pieces + index).initialize(to: Piece(key: key, descriptor: descriptor, start: used, count: piece.count))
        guard index > 0 || tellOfFirst() else { return false }
        used += piece.count
        if index > 0 { count.store(index + 1, ordering: .releasing) }
        return true
    }

    /// Sends what is held; returns how many bytes were sent since the last release, and what was not.
    func release() -> (sent: Int, leftovers: [Leftover]) {
        state.withLock { state in
            let count = count.load(ordering: .relaxed)
            send(count)
            var total = 0
            var leftovers: [Leftover] = []
            for index in 0..<count {
                let piece = pieces[index]
                let sent = piece.sent ?? 0
                total += sent
                if sent < piece.count {
                    leftovers.append(Leftover(key: piece.key, bytes: Array(UnsafeRawBufferPointer(start: bytes + piece.start + sent, count: piece.count - sent))))
                }
            }
            forget(&state)
            number &+= 1
            return (total, leftovers)
        }
    }

    /// Lets the thread end, and sends nothing any more.
    func end() {
        state.withLock { state in
            state.hasEnded = true
            forget(&state)
        }
        state.wakeOne()
    }

    private func forget(_ state: inout State) {
        used = 0
        count.store(0, ordering: .relaxed)
        state.releases &+= 1
    }

    /// Sends those of the first `count` pieces that were not tried before. With the lock held.
    private func send(_ count: Int) {
        for index in 0..<count where pieces[index].sent == nil {
            let piece = pieces[index]
            // What fails is sent again by the loop, which then meets the same error.
            pieces[index].sent = max(0, clinux_send(piece.descriptor, bytes + piece.start, piece.count))
        }
    }

    // MARK: The thread

    /// Tells of the first piece, and sees to it that somebody watches; false if nobody can. With the lock, for the thread may be about to sleep.
    private func tellOfFirst() -> Bool {
        var wakesThread = false
        let isWatched = state.withLock { state in
            guard startThread(&state) else { return false }
            wakesThread = state.isThreadAsleep
            state.isThreadAsleep = false
            count.store(1, ordering: .releasing)
            return true
        }
        if wakesThread { state.wakeOne() }
        return isWatched
    }

    /// - Returns: whether there is one.
    private func startThread(_ state: inout State) -> Bool {
        guard !state.hasThread else { return true }
        do throws(SystemError) {
            try DetachedThread.start(named: "roost-sends") { self.watch() }
            state.hasThread = true
        } catch {
            // Output is sent at once then.
        }
        return state.hasThread
    }

    private func watch() {
        while sleepUntilNeeded() {
            var looks = 0
            var seen: UInt64?
            while looks < Self.idleLooks {
                usleep(Self.lookInterval)
                state.withLock { state in
                    let count = count.load(ordering: .acquiring)
                    guard count > 0 else { return looks += 1 }
                    looks = 0
                    if seen == state.releases { send(count) }
                    seen = state.releases
                }
            }
        }
    }

    /// Sleeps until something is held; false if the loop has ended.
    private func sleepUntilNeeded() -> Bool {
        var hasSlept = false
        return state.wait { state in
            if state.hasEnded { return false }
            if !hasSlept {
                hasSlept = true
                state.isThreadAsleep = count.load(ordering: .acquiring) == 0
            }
            return state.isThreadAsleep ? nil : true
        }
    }
}
