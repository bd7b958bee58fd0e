internal import Roost

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
        var layers = probe
        if let file = probe.resolved.values.configFile {
            layers = SettingLayers(table)
            try layers.apply(try readFile(file))
            try layers.apply(environment: environment)
            try layers.apply(flags)
        }
        try layers.applyCommonVariables(environment)
        try layers.check()
        return layers.resolved
    }

    /// What a program says by itself, without a command line, variables or a file.
    static func resolve(_ table: SettingTable, program values: [String: SettingValue]) throws(SettingError) -> ResolvedSettings {
        var layers = SettingLayers(table)
        let known = table.settings.filter { $0.places.contains(.file) }
        let keys = known.map(\.key)
        // In a fixed order, so that of several mistakes the same one is always reported.
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let setting = known.first(where: { $0.key == key }) else {
                throw .unknown(name: key, origin: .program, suggestion: Suggestion.nearest(to: key, among: keys))
            }
            try layers.set(setting, value, .program)
        }
        try layers.check()
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
            try set(setting, .text(text), origin)
        }
    }

    mutating func apply(_ flags: [GivenFlag]) throws(SettingError) {
        for flag in flags {
            guard let setting = table.setting(key: flag.key) else { continue }
            try set(setting, flag.value, .flag(Self.name(of: setting, flag.value)))
        }
    }

    /// Applies the variables that other servers have too. They may be meant for those, so they count least of all, and only then must be right.
    private mutating func applyCommonVariables(_ environment: [String: String]) throws(SettingError) {
        for setting in table.settings where resolved.origins[setting.key] == nil {
            guard let variable = setting.commonVariable, let text = environment[variable], !text.isEmpty else { continue }
            try set(setting, .text(text), .environment(variable: variable))
        }
    }

    /// Looks for settings that are right each by itself but not together.
    private func check() throws(SettingError) {
        try checkPython()
        let serve = resolved.values.serve
        guard let hops = serve.forwardedHops else { return }
        let (other, key): (String, String)
        if !serve.forwardedAllowIPs.peers.isEmpty {
            (other, key) = ("forwarded_allow_ips", "forwarded_allow_ips")
        } else if let bind = serve.bind.first(where: { !($0.forwardedAllowIPs?.peers.isEmpty ?? true) }) {
            (other, key) = ("forwarded_allow_ips of the bind \(OneLine.escaped(bind.address.description))", "bind")
        } else {
            return
        }
        throw .refused(
            key: "forwarded_hops", value: .integer(hops), origin: resolved.origins["forwarded_hops"] ?? .builtIn,
            reason: "not together with \(other) (\(resolved.origins[key] ?? .builtIn)): proxies are trusted by their number or by their addresses; "
                + "leave one of them out"
        )
    }

    private func checkPython() throws(SettingError) {
        guard let interpreter = resolved.values.python.interpreter, resolved.values.python.environment != nil else { return }
        throw .refused(
            key: "python", value: .text(interpreter), origin: resolved.origins["python"] ?? .builtIn,
            reason: "not together with venv (\(resolved.origins["venv"] ?? .builtIn)), which has an interpreter of its own; leave one of them out"
        )
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
}

/// One setting as the command line gives it.
struct GivenFlag: Sendable, Equatable {
    var key: String
    var value: SettingValue
}
