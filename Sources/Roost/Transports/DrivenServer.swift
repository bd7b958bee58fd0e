import Glibc
import Logging
import Systemd

/// A server without a thread of its own: another event loop watches its one descriptor and calls `drain` when that is readable. That is how
/// it serves inside of asyncio, uvloop or trio, with everything that the core does.
///
/// All of it is used on one thread, which may drive several of them.
package final class DrivenServer {
    /// For how long rounds follow each other before the other loop has its turn.
    private static let longestTurn = Nanoseconds(.milliseconds(1))
    /// For how long it waits for clients at most; in milliseconds, as epoll_wait(2) counts.
    private static let longestWait: Int32 = 1

    private let config: Config
    /// Of use to tests, which say what its policy has learnt.
    let transport: PolledTransport
    private let answersInRounds: Bool
    private let allowList: PeerAllowList?
    private let status: ServerStatus
    private var listeners: ListenerSet?
    private var isClosed = false

    /// - Throws: `ConfigError` for what cannot be served with; `SystemError` if the kernel grants no descriptors.
    package init(runner: any ApplicationRunner, config: Config) throws {
        try config.validate()
        let config = try config.withCertificates()
        self.config = config
        answersInRounds = runner.answersInRounds
        config.tlsContexts?.report(to: config.metrics)
        allowList = try PeerAllowList(config)
        status = ServerStatus(loopCount: 1, loopName: "the app's event loop", metrics: config.metrics)
        transport = try PolledTransport(
            runner: runner, config: config, connectionLimit: config.connectionLimit, status: status.loops[0], refusals: RefusalLog())
    }

    deinit {
        close()
    }

    /// Readable whenever `drain` has something to do.
    package var descriptor: Int32 { transport.pollDescriptor }

    /// Does what there is to do: accepts, reads, starts applications, writes.
    ///
    /// - Parameter waiting: For a loop that does nothing but drive this server: it may be kept waiting for a moment where there is much to do, which
    ///   costs less than to be called again. Calls what it is given, which waits. Nil: it does not wait.
    package func drain(waiting: ((() -> Void) -> Void)? = nil) {
        let loop = transport.loop
        guard !loop.isInRound, !isClosed else { return }
        loop.isInRound = true
        loop.asCurrent {
            if answersInRounds { drainRounds(waiting) } else { transport.drain(mayWait: false) }
        }
        loop.isInRound = false
        if loop.hasReadyJobs { loop.wake() }
    }

    private func drainRounds(_ waiting: ((() -> Void) -> Void)?) {
        let end = MonotonicTime.now().advanced(by: Self.longestTurn)
        var isBusy = false
        repeat {
            let turns = transport.drain(mayWait: false)
            if turns > 1 { isBusy = true }
            // Where there was much to do there is more by now, and to be called again costs more than to look.
            guard turns > 1 || isBusy && waiting != nil else { return }
            if turns == 0, let waiting, transport.drain(within: Self.longestWait, waiting) == 0 { return }
        } while transport.loop.now < end && !isClosed
    }

    /// Writes what is to be written after something was asked of the server outside of `drain`.
    private func settle() {
        guard !isClosed else { return }
        transport.loop.refreshClock()
        transport.loop.asCurrent { transport.loop.settle() }
    }

    /// Opens the addresses, begins to accept, and says where.
    ///
    /// - Throws: `BindError`; `SystemError` if the kernel watches no more descriptors.
    package func listen() throws -> [BoundAddress] {
        let opened = try (config.listeners ?? OpenListeners(config)).set()
        listeners = opened
        for listener in opened.listeners {
            let policy = PeerPolicy(config, for: config.bind[listener.place], at: listener.address, allowList: allowList)
            try transport.listen(on: listener, policy: policy, isShared: config.listeners?.isShared ?? false)
        }
        let level: Logger.Level = config.listeners?.isShared ?? false ? .debug : .info
        let addresses = config.addresses(of: opened.listeners)
        for address in addresses { config.logger.log(level: level, "running on \(address)") }
        return addresses
    }

    /// Accepts who waits already, and then nobody.
    package func stopListening() {
        transport.loop.asCurrent { transport.stopListening(sweeping: { listeners?.isLast($0) ?? false }) }
        listeners?.closeOwn()
        settle()
    }

    /// Ends each connection as soon as no request is under way on it.
    ///
    /// - Parameter onIdle: called once, when no connection is left and every application has returned.
    package func drainConnections(onIdle: @escaping () -> Void) {
        transport.loop.asCurrent { transport.beginDraining(onIdle: onIdle) }
        settle()
    }

    /// Cuts every connection and cancels every application.
    ///
    /// - Parameter onIdle: called once, when every application has returned too.
    package func cutOff(onIdle: @escaping () -> Void) {
        transport.loop.asCurrent { transport.cutOff(onIdle: onIdle) }
        settle()
    }

    /// Requests whose application is running now.
    package var requestsInFlight: Int { status.requestsInFlight }
    /// Connections that are open now.
    package var connections: Int { status.connections }
    /// The counts, which may be read on any thread.
    package var counts: ServerStatus { status }

    /// Removes the socket files that are our own, and ends the loop. Nothing is served any more.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        listeners?.removeSocketFiles(logger: config.logger)
        listeners?.close()
        transport.loop.asCurrent { transport.loop.end() }
    }
}
