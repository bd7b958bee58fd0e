/// Serves `app` until it is told to stop.
///
/// In this order, always: the application's lifespan startup; bind and listen; `taskStatus.started` with the real
/// addresses; accept; the trigger, a signal or cancellation; stop accepting; let requests in flight finish within
/// `config.gracefulTimeout`; the application's lifespan shutdown; remove the socket files that this call made.
///
/// - Parameters:
///   - shutdownTrigger: what begins the shutdown. Nil: SIGINT or SIGTERM, whose earlier handlers are put back on return.
///   - taskStatus: `started` is called once, when a client that connects is served.
///   - mode: the contract of the application, where it is to be stated; it must agree with `app`.
/// - Throws: `ConfigError`; `LifespanError` if the application fails to start or to shut down; `BindError`; what the trigger
///   threw; `CancellationError` if the calling task was cancelled, after the shutdown that this begins.
public func serve(
    _ app: Framework,
    _ config: Config,
    shutdownTrigger: ShutdownTrigger? = nil,
    taskStatus: TaskStatus<[BoundAddress]> = .ignored,
    mode: AppMode? = nil
) async throws {
    if let mode, mode != app.mode {
        throw ConfigError(key: "mode", value: mode.rawValue, reason: "the application is \(app.mode.rawValue); leave mode out or name that")
    }
    let server = try Server(app, config)
    try await server.run(until: shutdownTrigger ?? .onSignals(), taskStatus: taskStatus)
}

/// Serves `app`; shutdown begins when `shutdownTrigger` returns. See `serve(_:_:shutdownTrigger:taskStatus:mode:)`.
public func serve(
    _ app: Framework,
    _ config: Config,
    shutdownTrigger: @escaping @Sendable () async throws -> Void,
    taskStatus: TaskStatus<[BoundAddress]> = .ignored,
    mode: AppMode? = nil
) async throws {
    try await serve(app, config, shutdownTrigger: .when(shutdownTrigger), taskStatus: taskStatus, mode: mode)
}

/// Serves an ASGI application. See `serve(_:_:shutdownTrigger:taskStatus:mode:)`.
public func serve(
    _ app: @escaping ASGIFramework,
    _ config: Config,
    shutdownTrigger: ShutdownTrigger? = nil,
    taskStatus: TaskStatus<[BoundAddress]> = .ignored,
    mode: AppMode? = nil
) async throws {
    try await serve(.asgi(app), config, shutdownTrigger: shutdownTrigger, taskStatus: taskStatus, mode: mode)
}

/// Serves a WSGI application. See `serve(_:_:shutdownTrigger:taskStatus:mode:)`.
public func serve(
    _ app: @escaping WSGIFramework,
    _ config: Config,
    shutdownTrigger: ShutdownTrigger? = nil,
    taskStatus: TaskStatus<[BoundAddress]> = .ignored,
    mode: AppMode? = nil
) async throws {
    try await serve(.wsgi(app), config, shutdownTrigger: shutdownTrigger, taskStatus: taskStatus, mode: mode)
}

/// Serves an ASGI application; shutdown begins when `shutdownTrigger` returns. See `serve(_:_:shutdownTrigger:taskStatus:mode:)`.
public func serve(
    _ app: @escaping ASGIFramework,
    _ config: Config,
    shutdownTrigger: @escaping @Sendable () async throws -> Void,
    taskStatus: TaskStatus<[BoundAddress]> = .ignored,
    mode: AppMode? = nil
) async throws {
    try await serve(.asgi(app), config, shutdownTrigger: .when(shutdownTrigger), taskStatus: taskStatus, mode: mode)
}

/// Serves a WSGI application; shutdown begins when `shutdownTrigger` returns. See `serve(_:_:shutdownTrigger:taskStatus:mode:)`.
public func serve(
    _ app: @escaping WSGIFramework,
    _ config: Config,
    shutdownTrigger: @escaping @Sendable () async throws -> Void,
    taskStatus: TaskStatus<[BoundAddress]> = .ignored,
    mode: AppMode? = nil
) async throws {
    try await serve(.wsgi(app), config, shutdownTrigger: .when(shutdownTrigger), taskStatus: taskStatus, mode: mode)
}
