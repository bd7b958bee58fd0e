import Roost
import RoostHost

/// An app whose behaviour the tests choose, by its environment:
///
/// - `APP_STARTUP_DELAY`, `APP_SHUTDOWN_DELAY`: seconds that its startup and its shutdown take.
/// - `APP_STARTUP_FAIL`: its startup fails with this message.
/// - `APP_LOAD_FAIL`: it can't be loaded, for this reason.
///
/// What it answers is what `Answers` says.
@main
struct IntegrationApp {
    static func main() async {
        let behaviour = Behaviour()
        await Host.main(loading: {
            if let reason = behaviour.loadFailure { throw LoadFailure(description: reason) }
            return .asgi { scope, receive, send in
                switch scope {
                case .lifespan: try await live(behaviour, receive, send)
                case .http(let scope): try await Answers(receive, send).answer(scope.rawPath)
                }
            }
        })
    }

    private static func live(_ behaviour: Behaviour, _ receive: ASGIReceive, _ send: ASGISend) async throws {
        while true {
            switch try await receive() {
            case .lifespanStartup:
                try await Task.sleep(for: behaviour.startupDelay)
                if let message = behaviour.startupFailure {
                    try await send(.lifespanStartupFailed(message: message))
                    return
                }
                try await send(.lifespanStartupComplete)
            case .lifespanShutdown:
                try await Task.sleep(for: behaviour.shutdownDelay)
                print("shutdown complete")
                try await send(.lifespanShutdownComplete)
                return
            case .httpRequest, .httpDisconnect:
                return
            }
        }
    }
}

struct LoadFailure: Error, CustomStringConvertible {
    let description: String
}
