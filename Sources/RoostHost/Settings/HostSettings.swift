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
    /// How they look.
    var logFormat = LogFormat.auto
    /// Where they go: a file, `-` for standard error or `journal`.
    var errorLogFile = LogOutput.standard
    /// Where the access log goes: a file, `-` for standard output or `journal`; nil for nowhere.
    var accessLogFile: String?
    /// How its lines look.
    var accessLogFormat = AccessLogFormat.roost
    /// How TLS is spoken.
    var tls = TLSSettings()
    /// How many threads run WSGI apps; nil for what suits the app's language.
    var threads: Int?
    /// How many processes serve, and when they are replaced.
    var processes = ProcessSettings()
    /// Whose rights it is served with.
    var rights = RightsSettings()
    /// How it can be looked at.
    var observation = ObservationSettings()
    /// What concerns apps in Python alone.
    var python = PythonSettings()
    /// What concerns static files alone.
    var files = StaticSettings()
    var serve = Config()
}
