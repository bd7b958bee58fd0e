internal import Roost

/// The lifespan of an app that has nothing to prepare or to clean up.
enum LifespanAnswers {
    /// Answers each event until the shutdown is answered.
    static func answer(_ receive: ASGIReceive, _ send: ASGISend) async throws {
        while true {
            switch try await receive() {
            case .lifespanStartup:
                try await send(.lifespanStartupComplete)
            case .lifespanShutdown:
                return try await send(.lifespanShutdownComplete)
            default:
                return
            }
        }
    }
}
