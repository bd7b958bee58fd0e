internal import CoreMetrics
internal import Glibc
internal import Logging
internal import Roost
internal import Synchronization

/// Serves the admin socket on a thread of its own, so that it answers when the app does not.
final class AdminServer: Sendable {
    private let listeners: OpenListeners
    /// Whether the socket is that of the process that this one succeeds.
    private let isAdopted: Bool
    private let config: Config
    private let view: any ServiceView
    private let server = Mutex<Task<Void, Never>?>(nil)
    private let hasEnded = Atomic(false)

    /// - Parameters:
    ///   - config: Names the socket.
    ///   - handover: The socket, if the process that this one succeeds has opened it.
    ///   - early: The sockets that this process opened while it was root.
    init(_ config: Config, _ view: any ServiceView, adopting handover: ListenerHandover? = nil, early: [StoredListener] = [], logger: Logger) {
        var config = config
        config.logger = logger
        config.logger.logLevel = .warning
        config.metricsFactory = NOOPMetricsHandler.instance
        config.lifespan = .off
        config.limitConnections = 64
        config.gracefulTimeout = .seconds(1)
        config.includeRequestIDHeader = false
        isAdopted = handover != nil
        listeners = handover.map { OpenListeners(config, adopting: $0, isOwner: true) } ?? OpenListeners(own: config, early: early)
        config.listeners = listeners
        self.config = config
        self.view = view
    }

    /// What a successor is told of the socket; nil before it is open.
    var handover: ListenerHandover? { listeners.handover }

    /// Opens the socket.
    ///
    /// - Throws: `BindError`.
    func open() throws { try listeners.open() }

    /// Begins to answer.
    func start() {
        let app = AdminApp(view: view)
        server.withLock { server in
            guard server == nil else { return }
            server = Task { [config] in
                defer { hasEnded.store(true, ordering: .releasing) }
                do {
                    try await serve({ try await app($0, $1, $2) }, config, shutdownTrigger: .never)
                } catch is CancellationError {
                } catch {
                    config.logger.error("the admin socket is not served: \(error)")
                }
            }
        }
    }

    /// A successor answers from here on.
    func leave() {
        listeners.leave()
        server.withLock { $0?.cancel() }
    }

    /// Blocks until who had asked before `leave` has the answer, for as long as the server leaves them; for a thread that may block.
    func waitUntilLeft() {
        guard server.withLock({ $0 != nil }) else { return }
        let deadline = ContinuousClock.now + config.gracefulTimeout + .seconds(1)
        while !hasEnded.load(ordering: .acquiring), ContinuousClock.now < deadline { usleep(2000) }
    }

    /// Answers no more, and removes the socket; that of a process which goes on, as nothing has come of its successor, stays.
    func stop() {
        let hasStarted = server.withLock { server in
            server?.cancel()
            return server != nil
        }
        if isAdopted, !hasStarted { listeners.leave() }
        listeners.removeFiles()
    }
}
