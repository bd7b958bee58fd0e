internal import Logging
internal import Roost

/// Every value that the settings table can set.
struct HostSettings: Sendable {
    /// What to serve, as the app catalogue names it.
    var app: String?
    /// The configuration file.
    var configFile: String?
    /// Entries below this level are not written.
    var logLevel: Logger.Level = .info
    var serve = Config()
}
