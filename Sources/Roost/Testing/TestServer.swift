/// What stands behind a test client: an event loop with the serving core, and the application.
final class TestServer: Sendable {
    let thread: EventLoopThread
    let origin: ConnectionOrigin
    private let application: ServedApplication
    private let config: Config

    init(_ app: Framework, _ config: Config, origin: ConnectionOrigin) throws {
        try config.validate()
        let config = config.limited(for: app.mode)
        self.origin = origin
        self.config = config
        application = ServedApplication(app, config)
        let status = ServerStatus(loopCount: 1)
        // It accepts nothing, and so has no connection of its own.
        let transport = try PolledTransport(runner: application.runner, config: config, connectionLimit: 1, status: status.loops[0])
        thread = try EventLoopThread(transport)
    }

    deinit {
        thread.stopWhenIdle()
        application.releaseThreads()
    }

    /// Runs the application's lifespan startup.
    func startUp() async throws {
        let state = try await application.startUp()
        let tracing = RequestTracing(config)
        thread.perform {
            $0.context.state = state
            $0.context.tracing = tracing
        }
    }

    /// Runs the application's lifespan shutdown.
    func shutDown() async throws {
        try await application.shutDown()
    }
}
