public import ServiceLifecycle

/// Serves an application as one of the services of a `ServiceGroup`, which decides when to shut down.
public struct RoostService: Service {
    private let app: Framework
    private let config: Config
    private let taskStatus: TaskStatus<[BoundAddress]>

    /// - Parameter taskStatus: `started` is called once, with the real addresses, when a client that connects is served.
    public init(_ app: Framework, _ config: Config, taskStatus: TaskStatus<[BoundAddress]> = .ignored) {
        self.app = app
        self.config = config
        self.taskStatus = taskStatus
    }

    /// Serves until the group shuts down gracefully; what is in flight then has `config.gracefulTimeout` to finish.
    public func run() async throws {
        try await serve(app, config, shutdownTrigger: .when { try await gracefulShutdown() }, taskStatus: taskStatus)
    }
}
