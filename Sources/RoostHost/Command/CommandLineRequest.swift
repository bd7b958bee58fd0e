internal import ArgumentParser

/// What a command line asks for.
enum CommandLineRequest {
    /// Print this and end: help, the version, a completion script, the settings in effect.
    case text(String)
    case serve(ResolvedSettings)
    /// Show how a running service is doing.
    case showStatus(StatusCommand)
    /// Try what serving would need; the settings come with what is wrong in them.
    case check(SettingLayers, isRunning: Bool)

    /// Reads the command line of `roost`.
    init(roost arguments: [String], environment: [String: String]) throws {
        // Checked here, because the library would only call it an unexpected argument.
        if let name = arguments.first, !name.hasPrefix("-"), !Self.subcommands.contains(name) {
            let nearest = Suggestion.nearest(to: name, among: Self.subcommands).map { "; did you mean '\($0)'?" }
            // Other servers' commands take an app alone.
            let hint = name.contains(":") ? "; an app is served by 'roost serve \(OneLine.escaped(name))'" : nearest ?? ""
            throw CommandLineError("unknown command \(OneLine.quoted(name))\(hint)", help: "roost --help")
        }
        try self.init(RoostTool.self, SettingTable.command, arguments.isEmpty ? ["--help"] : arguments, environment)
    }

    /// Reads the command line of an executable that is its own app.
    init(ownApp arguments: [String], environment: [String: String]) throws {
        try self.init(OwnAppTool.self, SettingTable.ownApp, arguments, environment)
    }

    private static let subcommands = [
        ServeCommand._commandName, CheckCommand._commandName, ConfigCommand._commandName, StatusCommand._commandName, "help",
    ]

    private init(
        _ tool: (some ParsableCommand).Type,
        _ table: SettingTable,
        _ arguments: [String],
        _ environment: [String: String]
    ) throws {
        if let script = CompletionScript.text(arguments, tool) {
            self = .text(script)
            return
        }
        let command: any ParsableCommand
        do {
            command = try tool.parseAsRoot(Self.withNegativeNumbers(arguments))
        } catch {
            guard tool.exitCode(for: error) == .success else { throw Self.readable(error, tool, arguments) }
            self = .text(tool.message(for: error))
            return
        }
        if let command = command as? StatusCommand {
            self = .showStatus(command)
            return
        }
        guard let command = command as? any SettingsCommand else {
            // `help` and whatever else the library adds say what they have to say when they run.
            var command = command
            do {
                try command.run()
                self = .text("")
            } catch {
                self = .text(tool.message(for: error))
            }
            return
        }
        let layers = SettingLayers.all(table, flags: command.given, environment: environment)
        switch command.purpose {
        case .serve: self = .serve(try layers.settings)
        case .show: self = .text(ConfigurationListing.text(try layers.settings, table))
        case .check(let isRunning): self = .check(layers, isRunning: isRunning)
        }
    }

    /// The same with negative numbers joined to their flags, so that the setting says what is wrong with them: the library takes them for flags.
    private static func withNegativeNumbers(_ arguments: [String]) -> [String] {
        arguments.reduce(into: []) { joined, argument in
            let isNegative = argument.first == "-" && argument.dropFirst().first?.isWholeNumber ?? false
            let isBehindFlag = joined.last.map { $0.first == "-" && ($0.count == 2 || $0.hasPrefix("--")) && $0 != "--" && !$0.contains("=") } ?? false
            if isNegative && isBehindFlag {
                joined[joined.count - 1] += "=\(argument)"
            } else {
                joined.append(argument)
            }
        }
    }

    private static func readable(_ error: any Error, _ tool: (some ParsableCommand).Type, _ arguments: [String]) -> CommandLineError {
        let message = tool.message(for: error)
        let command = arguments.first.flatMap { subcommands.contains($0) && $0 != "help" ? " \($0)" : nil } ?? ""
        let help = "\(tool._commandName)\(tool == OwnAppTool.self ? "" : command) --help"
        // "Unknown option '--bnid'. Did you mean '--bind'?", where what is nearest may yet be far away.
        let quoted = message.split(separator: "'", omittingEmptySubsequences: false)
        guard message.hasPrefix("Unknown option"), quoted.count > 1 else { return CommandLineError(message, help: help) }
        let flag = String(quoted[1])
        let table = tool == OwnAppTool.self ? SettingTable.ownApp : .command
        if let foreign = ForeignKey.flag(flag) {
            return CommandLineError("\(flag): \(foreign.setting(in: table).map { "use \($0.flag)" } ?? foreign.advice)", help: help)
        }
        let nearest = quoted.count > 3 ? Suggestion.nearest(to: String(flag.dropFirst(2)), among: [String(quoted[3].dropFirst(2))]) : nil
        return CommandLineError("unknown option '\(OneLine.escaped(flag))'" + (nearest.map { "; did you mean '--\($0)'?" } ?? ""), help: help)
    }
}
