/// What stands behind a test client: an event loop with the serving core, and the application.
final class TestServer: Sendable {
    let thread: EventLoopThread
    let origin: ConnectionOrigin
    private let lifespan: Lifespan?
    private let wsgiThreads: ThreadPool?
    private let config: Config

    init(_ app: Framework, _ config: Config, origin: ConnectionOrigin) throws {
        try config.validate()
        self.config = config
        self.origin = origin
        let runner: any ApplicationRunner
        switch app {
        case .asgi(let application):
            runner = ASGIRunner(application: application, executor: config.appExecutor)
            lifespan = Lifespan(application, policy: config.lifespan, logger: config.logger)
            wsgiThreads = nil
        case .wsgi(let application):
            let threads = ThreadPool(size: config.wsgiThreads)
            runner = WSGIRunner(application: application, threads: threads, config: config)
            lifespan = nil
            wsgiThreads = threads
        }
        let status = ServerStatus(loopCount: 1)
        // It accepts nothing, and so has no connection of its own.
        let transport = try PolledTransport(runner: runner, config: config, connectionLimit: 1, status: status.loops[0])
        thread = try EventLoopThread(transport)
    }

    deinit {
        thread.stopWhenIdle()
        wsgiThreads?.stop()
    }

    /// Runs the application's lifespan startup.
    func startUp() async throws {
        guard let lifespan else { return }
        try await lifespan.startUp(timeout: config.startupTimeout)
        let values = lifespan.values.snapshot
        thread.perform { $0.context.state = values }
    }

    /// Runs the application's lifespan shutdown.
    func shutDown() async throws {
        try await lifespan?.shutDown(timeout: config.shutdownTimeout)
    }
}
