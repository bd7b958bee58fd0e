import Logging

/// Runs the lifespans of several apps as one.
enum MountedLifespans {
    static func run(_ apps: [ASGIFramework], _ scope: Scope, _ receive: ASGIReceive, _ send: ASGISend) async throws {
        guard case .lifespan(let life) = scope else { return }
        // Those of which each has answered its startup.
        var started: [Lifespan] = []
        while true {
            switch try await receive() {
            case .lifespanStartup:
                for app in apps {
                    let lifespan = Lifespan(app, policy: .auto, logger: Logger(label: "roost", factory: { _ in SwiftLogNoOpLogHandler() }), values: life.state)
                    do {
                        try await lifespan.startUp(timeout: nil)
                        started.append(lifespan)
                    } catch {
                        for lifespan in started { try? await lifespan.shutDown(timeout: nil) }
                        return try await send(.lifespanStartupFailed(message: reason(error)))
                    }
                }
                try await send(.lifespanStartupComplete)
            case .lifespanShutdown:
                var problems: [String] = []
                for lifespan in started {
                    do { try await lifespan.shutDown(timeout: nil) } catch { problems.append(reason(error)) }
                }
                guard problems.isEmpty else { return try await send(.lifespanShutdownFailed(message: problems.joined(separator: "; "))) }
                return try await send(.lifespanShutdownComplete)
            default:
                return
            }
        }
    }

    /// What an app has said of itself, or what has become of it.
    private static func reason(_ error: any Error) -> String {
        if case .failed(_, let message) = error as? LifespanError, !message.isEmpty { message } else { "\(error)" }
    }
}
