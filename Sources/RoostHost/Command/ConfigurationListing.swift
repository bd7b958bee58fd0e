/// The settings in effect as a configuration file, each with where it comes from; what `roost config` prints.
enum ConfigurationListing {
    static func text(_ settings: ResolvedSettings, _ table: SettingTable) -> String {
        var lines: [String] = []
        for section in SettingSection.allCases {
            let rows = table.settings(in: section).filter { $0.places.contains(.file) }
            guard !rows.isEmpty else { continue }
            if !lines.isEmpty { lines.append("") }
            lines.append("# \(section.rawValue)")
            lines += rows.map { line($0, settings) }
        }
        if !settings.warnings.isEmpty {
            lines.append("")
            lines += settings.warnings.map { "# \(OneLine.escaped($0))" }
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ setting: Setting, _ settings: ResolvedSettings) -> String {
        let origin = settings.origins[setting.key]
        let place = OneLine.escaped((origin ?? .builtIn).description)
        guard let value = setting.value(in: settings.values).toml else { return "# \(setting.key) is not set  # \(place)" }
        // Were it set, sockets of systemd would not be served in its place.
        if setting.key == "bind", origin == nil { return "# \(setting.key) = \(value)  # \(place), unless systemd passes sockets" }
        return "\(setting.key) = \(value)  # \(place)"
    }
}
