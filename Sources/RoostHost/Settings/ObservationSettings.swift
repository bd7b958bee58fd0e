/// How the service can be looked at from outside.
struct ObservationSettings: Sendable {
    /// The Unix socket that answers health checks, metrics and `roost status`; nil for none.
    var adminSocket: String?
}
