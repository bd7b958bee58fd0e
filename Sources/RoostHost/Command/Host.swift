public import CoreMetrics
internal import Glibc
public import Roost

/// Turns an app into a program: command line, `ROOST_*` variables, TOML file, logging, signals and systemd.
///
/// ```swift
/// @main
/// struct Hello {
///     static func main() async {
///         await Host.main(app)
///     }
/// }
/// ```
///
/// The program ends with 0 when it was asked to stop, 1 for an internal error, 2 for a mistake in its settings, 3 if the app's
/// startup failed, 4 if the app could not be loaded, and 5 if an address could not be listened on. Why it failed is one line
/// on standard error.
public enum Host {
    /// Serves an ASGI app until the process is told to stop, and ends the process.
    public static func main(_ app: @escaping ASGIFramework) async -> Never {
        await main(.asgi(app))
    }

    /// Serves a WSGI app until the process is told to stop, and ends the process.
    public static func main(_ app: @escaping WSGIFramework) async -> Never {
        await main(.wsgi(app))
    }

    /// Serves an app until the process is told to stop, and ends the process.
    public static func main(_ app: Framework) async -> Never {
        await main(loading: { app })
    }

    /// Makes an app once the settings are known to be right, serves it until the process is told to stop, and ends the process.
    ///
    /// - Parameter load: Makes the app; if it throws, the process ends with 4.
    public static func main(loading load: @escaping @Sendable () async throws -> Framework) async -> Never {
        await end(ProgramName.current) { program in
            let arguments = Array(CommandLine.arguments.dropFirst())
            let request = try CommandLineRequest(ownApp: arguments, environment: ProcessEnvironment.variables())
            return try await carryOut(request, .ownApp, program) { _ in try await load() }
        }
    }

    /// Where an app's own metrics go to be shown with Roost's on the admin socket: `MetricsSystem.bootstrap(Host.metrics)`.
    ///
    /// An app that bootstraps another factory has Roost's metrics there, and on the admin socket as well.
    public static var metrics: any MetricsFactory { MetricsRegistry.shared }

    /// The `roost` command: serves the apps that it knows by name, and apps in Python, for which it becomes their interpreter.
    public static func roost() async -> Never {
        await end("roost") { program in
            let arguments = Array(CommandLine.arguments.dropFirst())
            let environment = ProcessEnvironment.variables()
            let request = try CommandLineRequest(roost: arguments, environment: environment)
            if case .serve(let settings) = request {
                guard let name = settings.values.app else {
                    throw CommandLineError("no app to serve: name one, such as roost serve shop.main:app or roost serve builtin:hello", help: "roost serve --help")
                }
                // Looked up before anything is set up: a misspelled name is a mistake on the command line.
                switch try AppCatalogue.app(named: name) {
                case .builtIn(let app): return try await carryOut(request, .command, program) { _ in app }
                case .python where settings.values.processes.needsSupervisor:
                    try ProcessStart.settle(settings)
                    let service = try HostedService(settings, program: program, threads: WorkerSettings.threads)
                    return Supervisor.supervise(service) { () throws(PythonError) in
                        try PythonWorker.program(settings, environment: environment)
                    }
                case .python:
                    try ProcessStart.settle(settings)
                    try PythonWorker.become(settings, environment: environment)
                }
            }
            return try await carryOut(request, .command, program) { _ throws(CommandLineError) in
                throw CommandLineError("nothing to serve", help: "roost --help")
            }
        }
    }

    private static func carryOut(
        _ request: CommandLineRequest,
        _ table: SettingTable,
        _ program: String,
        _ load: (HostSettings) async throws -> Framework
    ) async throws -> ExitStatus {
        switch request {
        case .text(let text):
            if !text.isEmpty { print(text) }
            return .asked
        case .showConfiguration(let settings):
            print(ConfigurationListing.text(settings, table))
            return .asked
        case .showStatus(let command):
            try command.show(environment: ProcessEnvironment.variables())
            return .asked
        case .serve(let settings):
            try ProcessStart.settle(settings)
            return await ServiceLife(settings: settings, program: program).run { try await load(settings.values) }
        }
    }

    private static func end(_ program: String, _ body: (String) async throws -> ExitStatus) async -> Never {
        let status: ExitStatus
        do {
            status = try await body(program)
        } catch {
            StandardError.write(error: "\(error)", program: program)
            status = ExitStatus(error)
        }
        exit(status.rawValue)
    }
}
