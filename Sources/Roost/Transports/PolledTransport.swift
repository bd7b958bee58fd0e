import CLinux
import Glibc
import Logging

/// One epoll(7) set with listeners and plain connections, and one way to serve it: `drain`.
///
/// The set is itself a descriptor: a Swift event loop waits on it and drains, and so may any other loop that can watch a
/// descriptor. Everything but `init` and `loop.execute` happens on the thread that called `loop.attach()`.
final class PolledTransport {
    let loop: LoopExecutor
    let timers: LoopTimers
    let context: LoopContext
    /// Readable whenever `drain` has something to do.
    let pollDescriptor: Int32
    /// Every connection reads into this; what it does not use at once it copies. Allocated in `init`, freed in `deinit`.
    let readBuffer: UnsafeMutableBufferPointer<UInt8>

    private static let eventCapacity = 256
    private let wakeDescriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    /// Exclusivity is not checked at run time: to read for a connection calls nothing that looks into it.
    @exclusivity(unchecked) private var fetched = FetchedInput()
    /// Exclusivity is not checked at run time: the table calls nothing that looks into it.
    @exclusivity(unchecked) private var connections = ConnectionTable()
    private var acceptors: [Int32: Acceptor] = [:]
    private var watchers: [Int32: () -> Void] = [:]
    private let connectionLimit: Int
    /// The same: it calls nothing. Others only look at it, but for tests.
    @exclusivity(unchecked) var policy = RoundPolicy()
    let held = HeldOutput()
    /// Closed within this round: their methods may still be running, and so they live until its end.
    @exclusivity(unchecked) private var retired: [PolledConnection] = []
    /// Whether `serve` is at work, be it called by a loop of its own or by another's, of which alone `loop.isInRound` tells.
    private var isInRound = false
    private var isAcceptPaused = false
    /// A warning about a pause was logged, and somebody may have been waiting ever since.
    private var hasWarned = false
    private var onIdle: (() -> Void)?
    private let status: ServerStatus.Loop
    private let logger: Logger

    /// - Parameter connectionLimit: connections that are open at once at most.
    init(
        runner: any ApplicationRunner, config: Config, connectionLimit: Int, status: ServerStatus.Loop, refusals: RefusalLog = RefusalLog()
    ) throws(SystemError) {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { throw SystemError("eventfd") }
        pollDescriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        do throws(SystemError) {
            guard pollDescriptor >= 0 else { throw SystemError("epoll_create1") }
            timers = try LoopTimers()
        } catch {
            // What was made so far is not given back by `deinit`, which does not run.
            close(wakeDescriptor)
            if pollDescriptor >= 0 { close(pollDescriptor) }
            throw error
        }
        readBuffer = .allocate(capacity: 64 << 10)
        events = .allocate(capacity: Self.eventCapacity)
        loop = LoopExecutor(wakeDescriptor: wakeDescriptor)
        context = LoopContext(loop: loop, scheduler: timers, runner: runner, config: config, status: status, refusals: refusals)
        self.connectionLimit = connectionLimit
        self.status = status
        status.belongs(to: loop, lags: context.metrics?.lags)
        logger = config.logger
        guard watch(wakeDescriptor, events: EPOLLIN.rawValue, data: UInt64(wakeDescriptor)),
            watch(timers.descriptor, events: EPOLLIN.rawValue, data: UInt64(timers.descriptor))
        else { throw SystemError("epoll_ctl") }
    }

    deinit {
        for connection in connections.all { connection.cutOff() }
        held.end()
        close(pollDescriptor)
        close(wakeDescriptor)
        events.deallocate()
        readBuffer.deallocate()
    }

    // MARK: Serving

    /// Waits until there is something to do, and does it; `mayWait: false` only does what is there.
    ///
    /// - Returns: how many turns there were.
    @discardableResult
    func drain(mayWait: Bool) -> Int {
        serve(events(within: mayWait ? -1 : 0))
    }

    /// The same, and waits for at most so many milliseconds. What waits is handed to `waiting`, which calls it.
    func drain(within milliseconds: Int32, _ waiting: (() -> Void) -> Void) -> Int {
        var count: Int32 = 0
        waiting { count = events(within: milliseconds) }
        return serve(count)
    }

    /// Fills `events`, and waits for the first one for so many milliseconds, or for ever; returns how many there are.
    private func events(within milliseconds: Int32) -> Int32 {
        epoll_wait(pollDescriptor, events, Int32(Self.eventCapacity), loop.hasReadyJobs ? 0 : milliseconds)
    }

    private func serve(_ count: Int32) -> Int {
        loop.refreshClock()
        let turns = max(0, Int(count))
        isInRound = true
        if turns > 1 { policy.roundBegins(at: loop.now, turns: turns) }
        for index in 0..<turns {
            let event = events[index]
            policy.turnBegins(isLast: index + 1 == turns)
            if policy.fetchesInput, !fetched.covers(index) { fetch(from: index, to: turns) }
            handle(event.data.u64, event.events, fetched.input(for: index))
            loop.runReady()
            if held.isHolding, policy.isDue(at: .now()) { releaseHeld() }
        }
        if turns == 0 { loop.runReady() }
        if turns > 1 {
            policy.roundEnds(at: .now(), turns: turns)
            fetched.forget()
        }
        loop.writeGatheredLog()
        isInRound = false
        if !retired.isEmpty { retired = [] }
        return turns
    }

    /// Reads for the connections among the events from `start` on. Only up to the next other event: to end a connection whose time is over, say,
    /// is to find in its socket what has come in time.
    private func fetch(from start: Int, to end: Int) {
        fetched.fetch(from: start, to: end) { index, buffer in
            let event = events[index]
            guard event.data.u64 > UInt64(UInt32.max) else { return nil }
            guard event.events == EPOLLIN.rawValue else { return 0 }
            // To read closes nothing.
            return connections.unretained(ConnectionKey(packed: event.data.u64))?._withUnsafeGuaranteedRef { $0.fetch(buffer) } ?? 0
        }
    }

    private func handle(_ data: UInt64, _ events: UInt32, _ input: UnsafeBufferPointer<UInt8>) {
        if data > UInt64(UInt32.max) {
            // Invariant: one that is closed meanwhile is retired, and so lives until the round is over.
            connections.unretained(ConnectionKey(packed: data))?._withUnsafeGuaranteedRef { connection in
                policy.connectionTurn(last: &connection.lastTurn)
                connection.handle(events, input)
            }
            return
        }
        // These may do what they like with connections.
        releaseHeld()
        let descriptor = Int32(truncatingIfNeeded: data)
        if descriptor == wakeDescriptor {
            loop.takeInbox()
        } else if descriptor == timers.descriptor {
            timers.runDue(at: loop.now) { key in
                connections[key]?.deadlineReached(now: loop.now)
            }
        } else if let acceptor = acceptors[descriptor] {
            accept(from: acceptor)
        } else {
            watchers[descriptor]?()
        }
    }

    /// Connections that are open.
    var connectionCount: Int { connections.count }

    // MARK: Output that is sent together

    /// Whether small pieces of output are to be held.
    @inline(__always)
    var holdsOutput: Bool { policy.holdsOutput }

    /// Sends what is held.
    func releaseHeld() {
        guard held.isHolding else { return }
        let (sent, leftovers) = held.release()
        context.metrics?.sent(sent)
        for leftover in leftovers { connections[leftover.key]?.takeBack(leftover.bytes) }
    }

    // MARK: Listeners

    /// Begins to accept connections from `listener`. With `isShared`, other loops accept from it too.
    func listen(on listener: Listener, policy: PeerPolicy, isShared: Bool) throws(SystemError) {
        let acceptor = Acceptor(listener, policy: policy, isShared: isShared)
        acceptors[listener.descriptor] = acceptor
        guard watch(acceptor) else { throw SystemError("epoll_ctl") }
    }

    /// Accepts nothing more. With `sweeping`, connections that already wait are accepted first: nobody else would serve them.
    func stopListening(sweeping: (Listener) -> Bool) {
        for acceptor in acceptors.values {
            unwatch(acceptor.listener.descriptor)
            guard sweeping(acceptor.listener) else { continue }
            // From now on nobody joins the queue of a Unix socket, and who is in it can still be accepted. TCP has no such way.
            if acceptor.listener.isUnix { shutdown(acceptor.listener.descriptor, Int32(SHUT_RD)) }
            accept(from: acceptor, atMost: Acceptor.sweep, limit: .max)
        }
        acceptors = [:]
    }

    private func accept(from acceptor: Acceptor, atMost count: Int = Acceptor.batch, limit: Int? = nil) {
        for _ in 0..<count {
            guard connections.count < limit ?? connectionLimit else {
                return pauseAccepting(reason: "limit_connections (\(connectionLimit)) is reached")
            }
            switch acceptor.accept() {
            case .connection(let descriptor, let origin):
                if let refusal = origin.policy.refusal(of: origin, on: descriptor) {
                    context.logRefusedConnection(refusal, of: origin)
                    close(descriptor)
                    continue
                }
                let connection = connections.insert { key in
                    PolledConnection(key: key, descriptor: descriptor, transport: self, origin: origin)
                }
                if !connection.open() {
                    logger.error("a connection was closed: \(SystemError("epoll_ctl"))")
                    close(descriptor)
                    connections.remove(connection.key)
                }
                status.setConnections(connections.count)
                context.metrics?.connectionAccepted()
            case .none:
                hasWarned = false
                return
            case .exhausted(let error):
                return pauseAccepting(reason: "\(error)")
            }
        }
    }

    /// Accepts nothing for a while: to try again at once would only spin.
    private func pauseAccepting(reason: String) {
        guard !isAcceptPaused else { return }
        isAcceptPaused = true
        if !hasWarned { logger.warning("accepting is paused: \(reason)", metadata: ["connections": .stringConvertible(connections.count)]) }
        hasWarned = true
        for descriptor in acceptors.keys { unwatch(descriptor) }
        scheduleResume()
    }

    private func scheduleResume() {
        timers.schedule(at: loop.now.advanced(by: Acceptor.pause)) { [weak self] in self?.resumeAccepting() }
    }

    private func resumeAccepting() {
        guard isAcceptPaused else { return }
        guard connections.count < connectionLimit else { return scheduleResume() }
        isAcceptPaused = false
        for acceptor in acceptors.values where !watch(acceptor) {
            logger.error("nothing is accepted any more on \(acceptor.listener.address): \(SystemError("epoll_ctl"))")
        }
    }

    private func watch(_ acceptor: Acceptor) -> Bool {
        watch(acceptor.listener.descriptor, events: acceptor.events, data: UInt64(acceptor.listener.descriptor))
    }

    // MARK: Connections

    /// Ends each connection as soon as no request is under way on it, and lets no new one begin.
    ///
    /// - Parameter onIdle: called once, when no connection is left and every application has returned.
    func beginDraining(onIdle: @escaping () -> Void) {
        releaseHeld()
        context.isDraining = true
        self.onIdle = onIdle
        context.onExchangeEnded = { [unowned self] in checkIdle() }
        for connection in connections.all { connection.drain() }
        checkIdle()
    }

    private func checkIdle() {
        guard connections.count == 0, context.exchangeCount == 0, let onIdle else { return }
        self.onIdle = nil
        // Whoever waits for this may end the process.
        loop.writeGatheredLog()
        onIdle()
    }

    /// Ends every connection at once.
    ///
    /// - Parameter onIdle: called once, when every application has returned too.
    func cutOff(onIdle: @escaping () -> Void) {
        releaseHeld()
        self.onIdle = onIdle
        for connection in connections.all { connection.cutOff() }
        context.cancelExchanges()
        checkIdle()
    }

    /// Called when a connection has closed its descriptor.
    func connectionClosed(_ connection: PolledConnection, hadTimer: Bool) {
        if isInRound { retired.append(connection) }
        connections.remove(connection.key)
        status.setConnections(connections.count)
        if hadTimer { timers.noteGone { connections[$0] != nil } }
        checkIdle()
    }

    // MARK: Descriptors

    /// Calls `action` on the loop whenever `descriptor` is readable.
    func watch(_ descriptor: Int32, _ action: @escaping () -> Void) throws(SystemError) {
        guard watch(descriptor, events: EPOLLIN.rawValue, data: UInt64(descriptor)) else { throw SystemError("epoll_ctl") }
        watchers[descriptor] = action
    }

    func stopWatching(_ descriptor: Int32) {
        if watchers.removeValue(forKey: descriptor) != nil { unwatch(descriptor) }
    }

    func watch(_ descriptor: Int32, events: UInt32, data: UInt64) -> Bool {
        control(EPOLL_CTL_ADD, descriptor, events, data)
    }

    func rewatch(_ descriptor: Int32, events: UInt32, data: UInt64) {
        _ = control(EPOLL_CTL_MOD, descriptor, events, data)
    }

    private func unwatch(_ descriptor: Int32) {
        _ = control(EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ data: UInt64) -> Bool {
        var event = epoll_event(events: events, data: epoll_data_t(u64: data))
        return epoll_ctl(pollDescriptor, operation, descriptor, &event) == 0
    }
}
