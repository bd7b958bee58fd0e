import CLinux
import Glibc

/// Small pieces of output of several connections, kept back for a moment and then sent together: a peer that sleeps until there is something to
/// read is woken once for all of them, and to wake it is much of what a small response costs.
///
/// The loop holds and releases. While an application keeps the loop for longer, a thread sends what is held, as PEP 3333 asks of servers that do not
/// send at once: it looks every millisecond for as long as there is something every now and then, and sleeps otherwise.
final class HeldOutput: Sendable {
    /// What became of a piece.
    struct Outcome: Sendable {
        let key: ConnectionKey
        /// How many of its bytes were sent.
        var sent: Int
        /// The others, which the socket did not take.
        var unsent: [UInt8] = []
    }

    /// A piece of `count` bytes from `start` on; `sent` is nil until it is tried to send it.
    private struct Piece: Sendable {
        let key: ConnectionKey
        let descriptor: Int32
        let start: Int
        let count: Int
        var sent: Int?
    }

    private struct State: Sendable {
        var bytes: [UInt8] = []
        var pieces: [Piece] = []
        /// Counts the releases, so that the thread knows pieces that it has seen before.
        var releases: UInt64 = 0
        var hasThread = false
        var isThreadAsleep = false
        var hasEnded = false
    }

    /// More than this of one connection is better sent from where it is.
    static let largestPiece = 4 << 10
    /// How many bytes are held at most.
    private static let room = 32 << 10
    private static let lookInterval: useconds_t = 1000
    /// After so many looks at nothing the thread sleeps.
    private static let idleLooks = 16

    private let state = Monitor(State())

    /// Takes a piece of a connection of which nothing is held; false if there is no room for it.
    ///
    /// `descriptor` must stay open until the piece is released.
    func hold(_ piece: UnsafeRawBufferPointer, of key: ConnectionKey, to descriptor: Int32) -> Bool {
        var wakesThread = false
        let isHeld = state.withLock { state in
            guard state.bytes.count + piece.count <= Self.room, startThread(&state) else { return false }
            state.pieces.append(Piece(key: key, descriptor: descriptor, start: state.bytes.count, count: piece.count))
            state.bytes.append(contentsOf: piece)
            wakesThread = state.isThreadAsleep
            state.isThreadAsleep = false
            return true
        }
        if wakesThread { state.wakeOne() }
        return isHeld
    }

    /// Sends what is held, and puts what became of it into `outcomes`.
    func release(into outcomes: inout [Outcome]) {
        state.withLock { state in
            send(&state)
            for piece in state.pieces {
                let sent = piece.sent ?? 0
                var outcome = Outcome(key: piece.key, sent: sent)
                if sent < piece.count { outcome.unsent = Array(state.bytes[piece.start + sent..<piece.start + piece.count]) }
                outcomes.append(outcome)
            }
            state.pieces.removeAll(keepingCapacity: true)
            state.bytes.removeAll(keepingCapacity: true)
            state.releases &+= 1
        }
    }

    /// Lets the thread end, and sends nothing any more.
    func end() {
        state.withLock { state in
            state.hasEnded = true
            state.pieces = []
        }
        state.wakeOne()
    }

    private func send(_ state: inout State) {
        for index in state.pieces.indices where state.pieces[index].sent == nil {
            let piece = state.pieces[index]
            // What fails is sent again by the loop, which then meets the same error.
            state.pieces[index].sent = state.bytes.withUnsafeBytes { bytes in
                max(0, clinux_send(piece.descriptor, bytes.baseAddress.map { $0 + piece.start }, piece.count))
            }
        }
    }

    // MARK: The thread

    /// - Returns: whether there is one.
    private func startThread(_ state: inout State) -> Bool {
        guard !state.hasThread else { return true }
        state.bytes.reserveCapacity(Self.room)
        do throws(SystemError) {
            try DetachedThread.start(named: "roost-sends") { self.watch() }
            state.hasThread = true
        } catch {
            // Output is sent at once then.
        }
        return state.hasThread
    }

    private func watch() {
        while waitForPieces() {
            var looks = 0
            var seen: UInt64?
            while looks < Self.idleLooks {
                usleep(Self.lookInterval)
                state.withLock { state in
                    guard !state.pieces.isEmpty else { return looks += 1 }
                    looks = 0
                    if seen == state.releases { send(&state) }
                    seen = state.releases
                }
            }
        }
    }

    /// Sleeps until something is held; false if the loop has ended.
    private func waitForPieces() -> Bool {
        state.wait { state in
            if state.hasEnded { return false }
            state.isThreadAsleep = state.pieces.isEmpty
            return state.isThreadAsleep ? nil : true
        }
    }
}
