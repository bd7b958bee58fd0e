internal import ArgumentParser

/// The `roost` command.
struct RoostTool: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "roost",
            abstract: "Serve apps behind a reverse proxy, under systemd.",
            discussion: HelpText.root,
            version: "roost \(roostVersion)",
            subcommands: [ServeCommand.self, CheckCommand.self, ConfigCommand.self, StatusCommand.self]
        )
    }
}

/// A command that works with settings.
protocol SettingsCommand: ParsableCommand {
    /// What its command line says about settings.
    var given: [GivenFlag] { get }
    /// What is to be done with them.
    var purpose: SettingsPurpose { get }
}

/// What a command line wants to be done with settings.
enum SettingsPurpose: Equatable {
    case serve
    /// Print them.
    case show
    /// Try all of it; `isRunning`: while the service runs.
    case check(isRunning: Bool)
}

/// What a command that serves may do instead.
struct PurposeFlags: ParsableArguments {
    @Flag(name: .customLong("check-config"), help: "Check settings, addresses, files and the app, and report everything that is wrong.")
    var checks = false

    @Flag(name: .customLong("print-config"), help: "Print the settings in effect and where each comes from, as TOML.")
    var prints = false

    func validate() throws {
        guard !(checks && prints) else { throw ValidationError("--check-config and --print-config are one or the other") }
    }

    var purpose: SettingsPurpose { checks ? .check(isRunning: false) : prints ? .show : .serve }
}

/// `roost serve`.
struct ServeCommand: SettingsCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "serve",
            abstract: "Serve an app until SIGINT or SIGTERM.",
            usage: "roost serve [<app>] [<option> ...]",
            discussion: HelpText.serve + "\n\n" + HelpText.sources
        )
    }

    @OptionGroup var app: AppArgument
    @OptionGroup var python: PythonOptions
    @OptionGroup var files: StaticOptions
    @OptionGroup var options: SettingOptions
    @OptionGroup(title: "Instead of serving") var other: PurposeFlags

    var given: [GivenFlag] { app.given + python.given + files.given + options.given }
    var purpose: SettingsPurpose { other.purpose }
}

/// `roost check`.
struct CheckCommand: SettingsCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "check",
            abstract: "Check what serving needs, without serving, and report everything that is wrong.",
            usage: "roost check [<app>] [<option> ...]",
            discussion: HelpText.check + "\n\n" + HelpText.sources
        )
    }

    @OptionGroup var app: AppArgument
    @Flag(name: .customLong("running"), help: "The service is running: its addresses and its pid file may be in use.")
    var isRunning = false
    @OptionGroup var python: PythonOptions
    @OptionGroup var files: StaticOptions
    @OptionGroup var options: SettingOptions

    var given: [GivenFlag] { app.given + python.given + files.given + options.given }
    var purpose: SettingsPurpose { .check(isRunning: isRunning) }
}

/// `roost config`.
struct ConfigCommand: SettingsCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "config",
            abstract: "Show the settings in effect and where each comes from, as TOML.",
            usage: "roost config [<app>] [<option> ...]",
            discussion: HelpText.sources
        )
    }

    @OptionGroup var app: AppArgument
    @OptionGroup var python: PythonOptions
    @OptionGroup var files: StaticOptions
    @OptionGroup var options: SettingOptions

    var given: [GivenFlag] { app.given + python.given + files.given + options.given }
    var purpose: SettingsPurpose { .show }
}

/// The argument that names the app.
struct AppArgument: ParsableArguments {
    @Argument(
        help: """
            What to serve: an app in Python, [asgi:|wsgi:]module[:attribute], the files of a directory, static:/srv/www, or \
            \(AppCatalogue.names.joined(separator: ", ")). \
            May also be set as ROOST_APP or app = "…" in the file.
            """,
        completion: .custom { _, _, _ in CompletionScript.values(AppCatalogue.names + [AppCatalogue.filesScheme]) }
    )
    var app: String?

    var given: [GivenFlag] { app.map { [GivenFlag(key: "app", value: .text($0))] } ?? [] }
}

/// The command that an executable with an app of its own is.
struct OwnAppTool: SettingsCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: ProgramName.current,
            abstract: "Serve this app until SIGINT or SIGTERM.",
            usage: "\(ProgramName.current) [<option> ...]",
            discussion: HelpText.ownApp(ProgramName.current) + "\n\n" + HelpText.sources,
            version: "\(ProgramName.current) (roost \(roostVersion))"
        )
    }

    @OptionGroup var options: SettingOptions
    @OptionGroup(title: "Instead of serving") var other: PurposeFlags

    var given: [GivenFlag] { options.given }
    var purpose: SettingsPurpose { other.purpose }
}
