internal import Roost

/// Why the files of a directory cannot be served.
private struct StaticFilesProblem: Error, CustomStringConvertible {
    let description: String
}

extension ServiceCheck {
    /// The check of the `roost` command, whose settings name the app.
    ///
    /// - Parameter interpreter: What runs an app in Python if the settings do not say; nil for what `serve` would take.
    mutating func runCommand(_ environment: [String: String], interpreter: String? = nil) -> ExitStatus {
        let mayLoad = run { settings in _ = try AppCatalogue.app(named: try AppCatalogue.name(settings)) }
        guard mayLoad else { return end() }
        do {
            switch try AppCatalogue.app(named: try AppCatalogue.name(settings)) {
            case .builtIn: break
            case .files(let directory):
                if let problem = settings.values.files.files(in: directory).problem { appFailed(StaticFilesProblem(description: problem)) }
            case .python:
                var settings = settings
                let python = settings.values.python
                if python.environment == nil, python.interpreter == nil { settings.values.python.interpreter = interpreter }
                if try !PythonTrial(settings, environment: environment, program: program).run() { appFailed() }
            }
        } catch {
            appFailed(error)
        }
        return end()
    }
}
