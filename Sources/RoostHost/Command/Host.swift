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
            switch try CommandLineRequest(ownApp: arguments, environment: ProcessEnvironment.variables()) {
            case .text(let text): return printed(text)
            case .serve(let settings): return try await serve(settings, program, load)
            case .showStatus: throw CommandLineError("this program only serves", help: "roost status --help")
            case .check(let layers, let isRunning):
                var check = ServiceCheck(layers, isRunning: isRunning, program: program)
                guard check.run(name: { _ in }) else { return check.end() }
                do {
                    _ = try await load()
                } catch {
                    check.appFailed(AppLoadingError(cause: error))
                }
                return check.end()
            }
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
            switch try CommandLineRequest(roost: arguments, environment: environment) {
            case .text(let text): return printed(text)
            case .showStatus(let command):
                try command.show(environment: environment)
                return .asked
            case .check(let layers, let isRunning):
                var check = ServiceCheck(layers, isRunning: isRunning, program: program)
                return check.runCommand(environment)
            case .serve(let settings):
                // Looked up before anything is set up: a misspelled name is a mistake on the command line.
                switch try AppCatalogue.app(named: try AppCatalogue.name(settings)) {
                case .builtIn(let app): return try await serve(settings, program) { app }
                case .files(let directory): return try await serve(settings, program) { .asgi(settings.values.files.files(in: directory).application) }
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
        }
    }

    private static func printed(_ text: String) -> ExitStatus {
        if !text.isEmpty { print(text) }
        return .asked
    }

    private static func serve(_ settings: ResolvedSettings, _ program: String, _ load: () async throws -> Framework) async throws -> ExitStatus {
        try ProcessStart.settle(settings)
        return await ServiceLife(settings: settings, program: program).run(load)
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
