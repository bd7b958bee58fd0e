/// The settings in effect as a configuration file, each with where it comes from; what `roost config` prints.
enum ConfigurationListing {
    static func text(_ settings: ResolvedSettings, _ table: SettingTable) -> String {
        var lines: [String] = []
        for section in SettingSection.allCases {
            let rows = table.settings(in: section).filter { $0.places.contains(.file) }
            guard !rows.isEmpty else { continue }
            if !lines.isEmpty { lines.append("") }
            lines.append("# \(section.rawValue)")
            for setting in rows {
                let origin = settings.origins[setting.key] ?? .builtIn
                let assignment = setting.value(in: settings.values).toml.map { "\(setting.key) = \($0)" } ?? "# \(setting.key) is not set"
                lines.append("\(assignment)  # \(OneLine.escaped(origin.description))")
            }
        }
        return lines.joined(separator: "\n")
    }
}
