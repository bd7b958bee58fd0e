package import Roost

/// The settings that an app in Python is served with.
package struct WorkerSettings: Sendable {
    /// The server's part of them, with log and access log.
    package let config: Config
    private let values: HostSettings

    init(_ values: HostSettings, _ config: Config) {
        self.values = values
        self.config = config
    }

    /// The settings that a program makes for itself, which no flag, variable or file adds to.
    ///
    /// - Parameter values: By key, as `roost config` writes them; `SettingValue.nothing` where a setting may be unset or off.
    package init(_ values: [String: SettingValue]) throws(WorkerError) {
        do {
            let settings = try SettingLayers.resolve(.command, program: values)
            var config = try settings.values.config(threads: Self.threads)
            try settings.addTLS(to: &config)
            self.init(settings.values, config)
        } catch {
            throw WorkerError(error)
        }
    }

    /// One setting, as a program reads it: times are seconds (`.number`), sizes bytes and modes bits (`.integer`), switches
    /// `.boolean`, lists `.list` of texts (a bind that no text can say is a `.table`), choices and names `.text`;
    /// `.nothing` if it is unset or switched off.
    ///
    /// - Returns: Nil if there is no setting of this key.
    package func value(of key: String) -> SettingValue? {
        SettingTable.command.setting(key: key)?.plainValue(in: values)
    }

    /// Threads for WSGI apps in Python if nobody says: the event loop's own.
    static let threads = 1
}
