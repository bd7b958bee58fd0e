import CLinux
import Glibc
import HTTPWire

/// A connection's descriptor: reads for a `WireConnection`, writes what it has to say, and closes.
///
/// Used on its transport's loop only.
final class PolledConnection: ConnectionTransport, LoopParticipant {
    private enum State {
        case open
        /// Our side is shut down; what the peer still sends is thrown away until it closes too.
        case lingering(discarded: Int, until: MonotonicTime)
        case closed
    }

    /// Edge-triggered: the kernel looks at a level-triggered event again in the next round, by which most often nothing has come.
    private static let readInterest = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue

    private static let lingerTime = Nanoseconds(.seconds(2))
    private static let lingerLimit = 1 << 20

    let key: ConnectionKey
    private let descriptor: Int32
    /// Invariant: the transport owns its connections and outlives them.
    private unowned(unsafe) let transport: PolledTransport
    // Of the transport's, held here because nothing need be retained that is reached by constants.
    private let loop: LoopExecutor
    private let metrics: LoopMetrics?
    private let held: HeldOutput
    private let readBuffer: UnsafeMutableBufferPointer<UInt8>
    /// Most often the only one; a constant, which need not be retained to be called.
    private let first: WireConnection
    /// That which has replaced it.
    private var successor: WireConnection?
    private var state = State.open
    private var isNoted = false
    /// The output does not fit into the socket's buffer; the kernel tells when it does.
    private var isBlocked = false
    /// The number under which output of this connection was last held.
    private var holdNumber: UInt64 = 0
    /// The peer has shut down its side while nothing was being read: asked about again, the kernel would say so for ever.
    private var ignoresHangUp = false
    private var interest: UInt32
    /// The kernel has said that there is something to read, and it may not all be read: with `EPOLLET` it does not say so again.
    private var mayHaveMore = false
    /// The number of the last turn of this connection's, as its transport counts them.
    @exclusivity(unchecked) var lastTurn: UInt64
    /// The soonest entry that the timer queue has for this connection.
    private var timerSetFor = MonotonicTime.distantFuture

    init(key: ConnectionKey, descriptor: Int32, transport: PolledTransport, origin: ConnectionOrigin) {
        self.key = key
        self.descriptor = descriptor
        self.transport = transport
        loop = transport.loop
        metrics = transport.context.metrics
        held = transport.held
        lastTurn = transport.policy.turn
        readBuffer = transport.readBuffer
        interest = Self.readInterest
        first = transport.context.makeConnection(from: origin)
        first.attach(to: self)
    }

    private var connection: WireConnection { successor ?? first }

    /// Begins to watch the descriptor; false if the kernel refuses.
    func open() -> Bool {
        guard transport.watch(descriptor, events: interest, data: key.packed) else { return false }
        setTimer()
        return true
    }

    var isOpen: Bool {
        if case .closed = state { false } else { true }
    }

    // MARK: Events

    /// Reads the beginning of a request, for `handle` to be called with; returns how many bytes, or 0 if `handle` is to see for itself.
    func fetch(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        guard case .open = state, successor == nil, first.isIdle, first.wantsRead else { return 0 }
        return max(0, receive(descriptor, buffer))
    }

    /// Acts on what the kernel tells. The caller keeps this object until it returns.
    ///
    /// - Parameter input: What `fetch` has read; empty if nothing.
    func handle(_ events: UInt32, _ input: UnsafeBufferPointer<UInt8>) {
        guard !isNoted else { return act(on: events, input) }
        // It is settled in the end, whatever happens: most often that is cheaper here than as one of several.
        isNoted = true
        first.isInTurn = true
        act(on: events, input)
        if loop.hasReadyJobs { loop.noteChange(of: self) } else { settle() }
    }

    @inline(__always)
    private func act(on events: UInt32, _ input: UnsafeBufferPointer<UInt8>) {
        if input.isEmpty { act(on: events) } else { take(input) }
    }

    /// Hands on what was fetched, which is all but the end.
    private func take(_ input: UnsafeBufferPointer<UInt8>) {
        guard case .open = state else { return }
        metrics?.received(input.count)
        mayHaveMore = FetchedInput.isCut(input)
        // Nothing else is read into this memory within the round.
        if let successor { successor.received(input.span) } else { first.received(input.span) }
        connectionChanged()
    }

    private func act(on events: UInt32) {
        if events & EPOLLOUT.rawValue != 0 {
            isBlocked = false
            connectionChanged()
        }
        if events & EPOLLERR.rawValue != 0 {
            connection.peerGone()
            return close(reset: false)
        }
        let hungUp = events & EPOLLHUP.rawValue != 0
        if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue) != 0 {
            mayHaveMore = true
            switch state {
            case .open: read(hungUp: hungUp, endIsNear: events & EPOLLRDHUP.rawValue != 0)
            case .lingering(let discarded, let until): linger(discarded: discarded, until: until)
            case .closed: break
            }
        }
    }

    private func read(hungUp: Bool, endIsNear: Bool) {
        if let successor { read(hungUp: hungUp, endIsNear: endIsNear, for: successor) } else { read(hungUp: hungUp, endIsNear: endIsNear, for: first) }
    }

    private func read(hungUp: Bool, endIsNear: Bool, for receiver: WireConnection) {
        // A peer that is gone may have left requests; at most this much of them is worth reading in one go.
        var rounds = hungUp ? 16 : 1
        while receiver.wantsRead, rounds > 0 {
            rounds -= 1
            let count = receive(descriptor, readBuffer)
            if count > 0 {
                metrics?.received(count)
                // What did not fill the buffer was all, but for the end.
                if count < readBuffer.count, !endIsNear { mayHaveMore = false }
                // The kernel has just filled these `count` bytes, and nothing is read into the buffer before they are used or copied.
                receiver.received(UnsafeBufferPointer(rebasing: readBuffer[..<count]).span)
                connectionChanged()
                if rounds > 0, let successor, successor !== receiver { return read(hungUp: hungUp, endIsNear: endIsNear, for: successor) }
            } else if count == 0 {
                mayHaveMore = false
                if hungUp {
                    receiver.peerGone()
                    return close(reset: false)
                }
                receiver.readEnded()
                ignoresHangUp = true
                return connectionChanged()
            } else if errno == EAGAIN || errno == EINTR {
                if errno == EAGAIN { mayHaveMore = false }
                break
            } else {
                receiver.peerGone()
                return close(reset: false)
            }
        }
        if mayHaveMore { connectionChanged() }
        if hungUp {
            connection.peerGone()
            close(reset: false)
        } else if endIsNear, !connection.wantsRead {
            ignoresHangUp = true
            connection.endIsNear()
            connectionChanged()
        }
    }

    func deadlineReached(now: MonotonicTime) {
        // Otherwise it is an entry that an earlier one has overtaken; were it counted, each would leave one more behind.
        guard timerSetFor <= now else { return }
        timerSetFor = .distantFuture
        switch state {
        case .open:
            // If it is the loop that is late, what is waited for may be here already.
            if connection.deadline <= now, connection.wantsRead { read(hungUp: false, endIsNear: false) }
            guard isOpen else { return }
            if connection.deadline <= now, isBlocked {
                isBlocked = false
                writeOutput(of: connection)
            }
            guard isOpen else { return }
            if connection.deadline <= now { connection.deadlineReached() }
            connectionChanged()
        case .lingering(_, let until):
            if until <= now { close(reset: false) } else { setTimer() }
        case .closed:
            break
        }
    }

    /// Ends the connection once no request is under way.
    func drain() {
        // A request that is here already is one that was accepted.
        if connection.isIdle { read(hungUp: false, endIsNear: false) }
        connection.drain()
        connectionChanged()
    }

    /// Ends the connection at once.
    func cutOff() {
        if case .lingering = state { return close(reset: false) }
        connection.cutOff()
        connectionChanged()
    }

    // MARK: Settling

    func connectionChanged() {
        guard !isNoted else { return }
        isNoted = true
        loop.noteChange(of: self)
    }

    func settle() {
        isNoted = false
        first.isInTurn = false
        guard case .open = state else { return }
        if let successor { settle(successor) } else { settle(first) }
    }

    private func settle(_ connection: WireConnection) {
        if !isBlocked, !waits(connection), !handOver(connection) { writeOutput(of: connection) }
        guard case .open = state else { return }
        switch connection.ending {
        case .open:
            updateInterest(for: connection)
            setTimer(for: connection)
        case .now(let reset):
            close(reset: reset)
        case .afterOutput(let lingering):
            guard connection.output.isEmpty else {
                updateInterest(for: connection)
                return setTimer(for: connection)
            }
            if lingering { beginLingering() } else { close(reset: false) }
        }
    }

    /// - Parameter connection: the one that there is; as long as it has something to write it is not replaced.
    private func writeOutput(of connection: WireConnection) {
        if isHeld { transport.releaseHeld() }
        while !connection.output.isEmpty {
            let count = connection.output.write(to: descriptor)
            if count > 0 {
                metrics?.sent(count)
                connection.wrote()
                // The socket is full, or might never be: the kernel tells that it is not when others have had their turn.
                if connection.output.file != nil {
                    isBlocked = true
                    if connection.output.gathered.isEmpty { connection.releaseOutputStorage() }
                    return
                }
            } else if count < 0 && errno == EINTR {
                continue
            } else if count < 0 && errno == EAGAIN {
                isBlocked = true
                return
            } else {
                connection.peerGone()
                return close(reset: false)
            }
        }
        connection.releaseOutputStorage()
    }

    /// Whether all that the connection has written is held, and may stay so.
    private func waits(_ connection: WireConnection) -> Bool {
        guard isHeld, connection.output.isEmpty, case .open = connection.ending else { return false }
        return true
    }

    /// Has the output sent together with that of others; false if it is to be sent at once.
    private func handOver(_ connection: WireConnection) -> Bool {
        guard transport.holdsOutput, !isHeld, case .open = connection.ending, connection.output.isPiece(upTo: HeldOutput.largestPiece),
            connection.output.gathered.withUnsafeReadableBytes({ held.hold($0, of: key, to: descriptor) })
        else { return false }
        holdNumber = held.number
        connection.output.gathered.consume(connection.output.gathered.readableBytes)
        connection.wrote()
        // To have written may have led to more.
        if connection.output.isEmpty { connection.releaseOutputStorage() } else { connectionChanged() }
        return true
    }

    /// Whether output of this connection is held, which comes before all that there is now.
    private var isHeld: Bool { holdNumber == held.number }

    /// Takes back what was held and could not be sent.
    func takeBack(_ bytes: [UInt8]) {
        connection.output.putBack(bytes)
        connectionChanged()
    }

    func writeSoon() -> Bool {
        guard case .open = state, !isBlocked else { return true }
        return handOver(connection) || writeNow()
    }

    func writeNow() -> Bool {
        guard case .open = state else { return true }
        if isHeld { transport.releaseHeld() }
        // A file is sent in turns, at the end of each round.
        while !isBlocked, !connection.output.isEmpty, connection.output.file == nil {
            let count = connection.output.write(to: descriptor)
            if count > 0 {
                metrics?.sent(count)
                connection.wrote()
            } else if errno == EAGAIN {
                isBlocked = true
            } else if errno != EINTR {
                // The end of the round meets the same error, and may close the connection as this caller's caller may not.
                return false
            }
        }
        return true
    }

    func replaceConnection(with successor: WireConnection) {
        self.successor = successor
        successor.attach(to: self)
        connectionChanged()
    }

    private func updateInterest(for connection: WireConnection) {
        var wanted: UInt32 = 0
        if connection.wantsRead {
            wanted = Self.readInterest
            ignoresHangUp = false
        } else if !ignoresHangUp {
            wanted |= EPOLLRDHUP.rawValue
        }
        if isBlocked { wanted = wanted & ~EPOLLET.rawValue | EPOLLOUT.rawValue }
        // To be told anew, the kernel looks for what is there already.
        guard wanted != interest || mayHaveMore && wanted == Self.readInterest else { return }
        interest = wanted
        mayHaveMore = false
        transport.rewatch(descriptor, events: wanted, data: key.packed)
    }

    private func setTimer() {
        switch state {
        case .open: setTimer(for: connection)
        case .lingering(_, let until): setTimer(at: until)
        case .closed: return
        }
    }

    @inline(__always)
    private func setTimer(for connection: WireConnection) { setTimer(at: connection.deadline) }

    private func setTimer(at deadline: MonotonicTime) {
        // An entry that comes too soon looks again and makes a later one: cheaper than one for each request.
        guard deadline < timerSetFor else { return }
        timerSetFor = deadline
        transport.timers.schedule(key, at: deadline)
    }

    // MARK: Closing

    private func beginLingering() {
        guard shutdown(descriptor, Int32(SHUT_WR)) == 0 else { return close(reset: false) }
        let until = loop.now.advanced(by: Self.lingerTime)
        state = .lingering(discarded: 0, until: until)
        interest = EPOLLIN.rawValue
        transport.rewatch(descriptor, events: interest, data: key.packed)
        setTimer()
        linger(discarded: 0, until: until)
    }

    private func linger(discarded: Int, until: MonotonicTime) {
        var discarded = discarded
        while discarded < Self.lingerLimit {
            let count = receive(descriptor, readBuffer)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN {
                state = .lingering(discarded: discarded, until: until)
                return
            }
            guard count > 0 else { break }
            discarded += count
        }
        close(reset: false)
    }

    private func close(reset: Bool) {
        guard isOpen else { return }
        if isHeld { transport.releaseHeld() }
        state = .closed
        if reset {
            var option = CLinux.linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<CLinux.linger>.size))
        }
        CLinux.close(descriptor)
        connection.closed()
        transport.connectionClosed(self, hadTimer: timerSetFor < .distantFuture)
    }
}

/// recv(2) into the whole of `buffer`.
private func receive(_ descriptor: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    guard let address = buffer.baseAddress else { return 0 }
    return clinux_receive(descriptor, address, buffer.count)
}
