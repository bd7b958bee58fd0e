/// How the service can be looked at from outside.
struct ObservationSettings: Sendable {
    /// The Unix socket that answers health checks, metrics and `roost status`; nil for none.
    var adminSocket: String?
    /// Where what happens is sent to; nil for nowhere.
    var statsDServer: StatsDServer?
    /// Stands before the names there.
    var statsDPrefix = ""
    /// DogStatsD's tags, separated by commas; empty for none.
    var statsDTags = ""
    /// A request whose app runs for longer is told of in the log while it runs; nil for none.
    var slowRequest: Duration?
}
