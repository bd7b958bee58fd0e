import Glibc

/// What the environment asks of the app.
struct Behaviour: Sendable {
    let startupDelay = seconds("APP_STARTUP_DELAY")
    let shutdownDelay = seconds("APP_SHUTDOWN_DELAY")
    let startupFailure = variable("APP_STARTUP_FAIL")
    let loadFailure = variable("APP_LOAD_FAIL")

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func seconds(_ name: String) -> Duration {
        .seconds(variable(name).flatMap(Double.init) ?? 0)
    }
}
