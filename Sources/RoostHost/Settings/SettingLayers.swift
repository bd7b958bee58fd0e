internal import Roost

/// Settings and where each of them came from.
struct ResolvedSettings: Sendable {
    var values = HostSettings()
    /// By key; a setting that is missing has its default.
    var origins: [String: SettingOrigin] = [:]
    /// What the operator should know of settings that are right, a line each.
    var warnings: [String] = []
}

/// Puts the sources of settings on top of one another: defaults, then the configuration file, the environment, the command line.
///
/// Every value is checked, also one that a later source replaces: a mistake should not wait until the other source goes.
struct SettingLayers {
    let table: SettingTable
    private(set) var resolved = ResolvedSettings()
    /// All that was wrong so far.
    var problems: [SettingError] = []

    init(_ table: SettingTable) {
        self.table = table
    }

    /// - Parameters:
    ///   - flags: What the command line says, by key.
    ///   - environment: All variables of the process; those that begin with `ROOST_` are settings.
    ///   - readFile: Reads the configuration file, if flags or environment name one.
    /// - Throws: The first of all mistakes.
    static func resolve(
        _ table: SettingTable,
        flags: [GivenFlag],
        environment: [String: String],
        readFile: (String) throws(SettingError) -> ConfigurationFile = { path throws(SettingError) in try ConfigurationFile(reading: path) }
    ) throws(SettingError) -> ResolvedSettings {
        try all(table, flags: flags, environment: environment, readFile: readFile).settings
    }

    /// The settings, if nothing was wrong with them.
    var settings: ResolvedSettings {
        get throws(SettingError) {
            if let problem = problems.first { throw problem }
            return resolved
        }
    }

    /// The same with every mistake that there is; settings with one have the value of a weaker source.
    static func all(
        _ table: SettingTable,
        flags: [GivenFlag],
        environment: [String: String],
        readFile: (String) throws(SettingError) -> ConfigurationFile = { path throws(SettingError) in try ConfigurationFile(reading: path) }
    ) -> SettingLayers {
        // The other two say where the file is, so they are read first and applied again on top of it.
        var probe = SettingLayers(table)
        probe.apply(environment: environment)
        probe.apply(flags)
        var layers = probe
        if let file = probe.resolved.values.configFile {
            layers = SettingLayers(table)
            do throws(SettingError) {
                layers.apply(try readFile(file))
            } catch {
                layers.problems.append(error)
            }
            layers.apply(environment: environment)
            layers.apply(flags)
        }
        layers.applyCommonVariables(environment)
        layers.check()
        return layers
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
            layers.set(setting, value, .program)
        }
        layers.check()
        return try layers.settings
    }

    mutating func apply(_ file: ConfigurationFile) {
        var seen: [String: SettingOrigin] = [:]
        for entry in file.entries {
            let origin = SettingOrigin.file(entry.position)
            let foreign = table.setting(key: entry.key) == nil ? ForeignKey.named(entry.key) : nil
            guard let setting = table.setting(key: entry.key) ?? foreign?.setting(in: table) else {
                applyUnknown(entry, foreign)
                continue
            }
            guard setting.places.contains(.file) else {
                let reason = "cannot be set in a file; use \(setting.flag) or \(setting.variable)"
                problems.append(.misplaced(name: entry.key, origin: origin, reason: reason))
                continue
            }
            if let other = seen[setting.key] {
                let reason = "is set already, as \(setting.key) at \(other); leave one of them out"
                problems.append(.misplaced(name: entry.key, origin: origin, reason: reason))
                continue
            }
            let name = foreign?.key
            seen[setting.key] = .file(entry.position, as: name)
            set(setting, entry.value, .file(entry.position, as: name), as: name) { path in
                file.position(of: [.key(entry.key)] + path).map { .file($0) }
            }
        }
    }

    /// A key that is no setting's.
    private mutating func applyUnknown(_ entry: ConfigurationFile.Entry, _ foreign: ForeignKey?) {
        let origin = SettingOrigin.file(entry.position)
        guard let foreign else {
            let keys = table.settings.filter { $0.places.contains(.file) }.map(\.key)
            let others = ForeignKey.all.filter { $0.setting(in: table) != nil }.map(\.key)
            let nearest = Suggestion.nearest(to: entry.key, among: keys + others)
            if case .table = entry.value, nearest == nil {
                let reason = "there is no such table: settings stand at the top level, before the first table"
                problems.append(.misplaced(name: "[\(OneLine.escaped(entry.key))]", origin: origin, reason: reason))
            } else {
                problems.append(.unknown(name: entry.key, origin: origin, suggestion: nearest))
            }
            return
        }
        if foreign.neutral.contains(entry.value) {
            resolved.warnings.append("\(origin): \(entry.key) = \(entry.value.shown) has no meaning here and may be left out: \(foreign.advice)")
        } else {
            problems.append(.refused(key: entry.key, value: entry.value, origin: origin, reason: foreign.advice))
        }
    }

    mutating func apply(environment: [String: String]) {
        // In a fixed order, so that of several mistakes the same one is always the first.
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(SettingTable.variablePrefix) {
            let origin = SettingOrigin.environment(variable: variable)
            let known = table.settings.filter { $0.places.contains(.environment) }
            if let setting = known.first(where: { $0.variable == variable }) {
                set(setting, .text(text), origin)
                continue
            }
            let key = variable.dropFirst(SettingTable.variablePrefix.count).lowercased()
            let foreign = ForeignKey.named(key)
            if let foreign, foreign.setting(in: table) == nil {
                problems.append(.refused(key: key, value: .text(text), origin: origin, reason: foreign.advice))
            } else {
                let nearest = foreign?.setting(in: table) ?? Suggestion.nearest(to: key, among: known.map(\.key)).flatMap(table.setting(key:))
                problems.append(.unknown(name: variable, origin: origin, suggestion: nearest?.variable))
            }
        }
    }

    mutating func apply(_ flags: [GivenFlag]) {
        for flag in flags {
            guard let setting = table.setting(key: flag.key) else { continue }
            set(setting, flag.value, .flag(Self.name(of: setting, flag.value)))
        }
    }

    /// Applies the variables that other servers have too. They may be meant for those, so they count least of all, and only then must be right.
    private mutating func applyCommonVariables(_ environment: [String: String]) {
        for setting in table.settings where resolved.origins[setting.key] == nil {
            guard let variable = setting.commonVariable, let text = environment[variable], !text.isEmpty else { continue }
            set(setting, .text(text), .environment(variable: variable))
        }
    }

    /// Looks for settings that are right each by itself but not together.
    private mutating func check() {
        checkPython()
        checkLogs()
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
        problems.append(
            .refused(
                key: "forwarded_hops", value: .integer(hops), origin: resolved.origins["forwarded_hops"] ?? .builtIn,
                reason: "not together with \(other) (\(resolved.origins[key] ?? .builtIn)): proxies are trusted by their number or by their addresses; "
                    + "leave one of them out"))
    }

    private mutating func checkPython() {
        guard let interpreter = resolved.values.python.interpreter, resolved.values.python.environment != nil else { return }
        problems.append(
            .refused(
                key: "python", value: .text(interpreter), origin: resolved.origins["python"] ?? .builtIn,
                reason: "not together with venv (\(resolved.origins["venv"] ?? .builtIn)), which has an interpreter of its own; leave one of them out"))
    }

    private mutating func set(
        _ setting: Setting, _ value: SettingValue, _ origin: SettingOrigin, as name: String? = nil,
        locate: ([SettingStep]) -> SettingOrigin? = { _ in nil }
    ) {
        let found = setting.problems(setting: value, from: origin, in: &resolved.values, as: name, locate: locate)
        problems += found
        if found.isEmpty { resolved.origins[setting.key] = origin }
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
