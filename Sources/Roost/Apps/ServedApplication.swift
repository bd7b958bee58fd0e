/// An application with what it takes to run it: a runner for its requests, and its lifespan or its threads.
struct ServedApplication: Sendable {
    let runner: any ApplicationRunner
    private let lifespan: Lifespan?
    private let threads: ThreadPool?
    private let config: Config

    init(_ app: Framework, _ config: Config) {
        self.config = config
        switch app {
        case .asgi(let application):
            runner = ASGIRunner(application: application, executor: config.appExecutor)
            lifespan = Lifespan(application, policy: config.lifespan, logger: config.logger)
            threads = nil
        case .wsgi(let application):
            let threads = ThreadPool(size: config.wsgiThreads)
            runner = WSGIRunner(application: application, threads: threads, isMultithreaded: config.wsgiThreads > 1, isMultiprocess: config.isOneOfSeveral)
            lifespan = nil
            self.threads = threads
        }
    }

    /// Runs the lifespan startup, within `startupTimeout`; returns what the application put into its state.
    func startUp() async throws -> [String: any Sendable] {
        try await lifespan?.startUp(timeout: config.startupTimeout)
        return lifespan?.values.snapshot ?? [:]
    }

    /// Runs the lifespan shutdown, within `shutdownTimeout`.
    func shutDown() async throws {
        try await lifespan?.shutDown(timeout: config.shutdownTimeout)
    }

    /// Lets the threads end when they are done.
    func releaseThreads() {
        threads?.stop()
    }
}
