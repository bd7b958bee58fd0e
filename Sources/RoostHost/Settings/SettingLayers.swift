/// Settings and where each of them came from.
struct ResolvedSettings: Sendable {
    var values = HostSettings()
    /// By key; a setting that is missing has its default.
    var origins: [String: SettingOrigin] = [:]
}

/// Puts the sources of settings on top of one another: defaults, then the configuration file, the environment, the command line.
///
/// Every value is checked, also one that a later source replaces: a mistake should not wait until the other source goes.
struct SettingLayers {
    let table: SettingTable
    private(set) var resolved = ResolvedSettings()

    init(_ table: SettingTable) {
        self.table = table
    }

    /// - Parameters:
    ///   - flags: What the command line says, by key.
    ///   - environment: All variables of the process; those that begin with `ROOST_` are settings.
    ///   - readFile: Reads the configuration file, if flags or environment name one.
    static func resolve(
        _ table: SettingTable,
        flags: [GivenFlag],
        environment: [String: String],
        readFile: (String) throws(SettingError) -> ConfigurationFile = { path throws(SettingError) in try ConfigurationFile(reading: path) }
    ) throws(SettingError) -> ResolvedSettings {
        // The other two say where the file is, so they are read first and applied again on top of it.
        var probe = SettingLayers(table)
        try probe.apply(environment: environment)
        try probe.apply(flags)
        guard let file = probe.resolved.values.configFile else { return probe.resolved }

        var layers = SettingLayers(table)
        try layers.apply(try readFile(file))
        try layers.apply(environment: environment)
        try layers.apply(flags)
        return layers.resolved
    }

    mutating func apply(_ file: ConfigurationFile) throws(SettingError) {
        for entry in file.entries {
            let origin = SettingOrigin.file(entry.position)
            guard let setting = table.setting(key: entry.key) else {
                let keys = table.settings.filter { $0.places.contains(.file) }.map(\.key)
                throw .unknown(name: entry.key, origin: origin, suggestion: Suggestion.nearest(to: entry.key, among: keys))
            }
            guard setting.places.contains(.file) else {
                throw .misplaced(name: entry.key, origin: origin, reason: "cannot be set in a file; use \(setting.flag) or \(setting.variable)")
            }
            try set(setting, entry.value, origin)
        }
    }

    mutating func apply(environment: [String: String]) throws(SettingError) {
        // In a fixed order, so that of several mistakes the same one is always reported.
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(SettingTable.variablePrefix) {
            let origin = SettingOrigin.environment(variable: variable)
            let known = table.settings.filter { $0.places.contains(.environment) }
            guard let setting = known.first(where: { $0.variable == variable }) else {
                let key = variable.dropFirst(SettingTable.variablePrefix.count).lowercased()
                let nearest = Suggestion.nearest(to: key, among: known.map(\.key)).flatMap(table.setting(key:))
                throw .unknown(name: variable, origin: origin, suggestion: nearest?.variable)
            }
            let value: SettingValue = setting.form == .repeatable
                ? .list(text.split(separator: ",").map { .text(Self.trimmed($0)) })
                : .text(text)
            try set(setting, value, origin)
        }
    }

    mutating func apply(_ flags: [GivenFlag]) throws(SettingError) {
        for flag in flags {
            guard let setting = table.setting(key: flag.key) else { continue }
            try set(setting, flag.value, .flag(Self.name(of: setting, flag.value)))
        }
    }

    private mutating func set(_ setting: Setting, _ value: SettingValue, _ origin: SettingOrigin) throws(SettingError) {
        try setting.set(value, from: origin, in: &resolved.values)
        resolved.origins[setting.key] = origin
    }

    /// How the command line spells it: `--reuse-port`, `--no-reuse-port`, or `<app>` for what is not a flag.
    private static func name(of setting: Setting, _ value: SettingValue) -> String {
        guard setting.places.contains(.flag) else { return "<\(setting.key)>" }
        return value == .boolean(false) ? "--no-\(setting.longFlag)" : setting.flag
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(text[first...last])
    }
}

/// One setting as the command line gives it.
struct GivenFlag: Sendable, Equatable {
    var key: String
    var value: SettingValue
}
