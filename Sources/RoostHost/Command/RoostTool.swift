internal import ArgumentParser

/// The `roost` command.
struct RoostTool: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "roost",
            abstract: "Serve apps behind a reverse proxy, under systemd.",
            discussion: HelpText.root,
            version: "roost \(roostVersion)",
            subcommands: [ServeCommand.self, ConfigCommand.self, StatusCommand.self]
        )
    }
}

/// A command that works with settings.
protocol SettingsCommand: ParsableCommand {
    /// What its command line says about settings.
    var given: [GivenFlag] { get }
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
    @OptionGroup var options: SettingOptions

    var given: [GivenFlag] { app.given + python.given + options.given }
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
    @OptionGroup var options: SettingOptions

    var given: [GivenFlag] { app.given + python.given + options.given }
}

/// The argument that names the app.
struct AppArgument: ParsableArguments {
    @Argument(
        help: """
            What to serve: an app in Python, [asgi:|wsgi:]module[:attribute], or \(AppCatalogue.names.joined(separator: ", ")). \
            May also be set as ROOST_APP or app = "…" in the file.
            """
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

    var given: [GivenFlag] { options.given }
}
