import Glibc
import Roost
import RoostHost

/// An app whose behaviour the tests choose, by its environment or a file:
///
/// - `APP_STARTUP_DELAY`, `APP_SHUTDOWN_DELAY`: seconds that its startup and its shutdown take.
/// - `APP_STARTUP_FAIL`: its startup fails with this message.
/// - `APP_LOAD_FAIL`: it can't be loaded, for this reason.
/// - `APP_DEADLY`: it dies soon after its startup.
/// - `APP_VERSION`: what it calls itself.
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
                case .websocket(let scope):
                    let socket = try await WebSocketSession.accept(scope, receive, send)
                    for try await message in socket { try await socket.send(message) }
                case .http(let scope): try await Answers(receive, send, behaviour).answer(scope.rawPath)
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
                if behaviour.isDeadly { die(after: .milliseconds(100)) }
            case .lifespanShutdown:
                try await Task.sleep(for: behaviour.shutdownDelay)
                print("shutdown complete")
                try await send(.lifespanShutdownComplete)
                return
            default:
                return
            }
        }
    }

    private static func die(after time: Duration) {
        Task {
            try await Task.sleep(for: time)
            _exit(7)
        }
    }
}

struct LoadFailure: Error, CustomStringConvertible {
    let description: String
}
