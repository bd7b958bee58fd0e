internal import Roost

/// What `roost serve` can serve, by its name.
enum AppCatalogue {
    /// What a name stands for.
    enum App {
        /// An app of this executable.
        case builtIn(Framework)
        /// The files of a directory.
        case files(directory: String)
        /// An object of a Python module, which an interpreter will look for.
        case python
    }

    static let scheme = "builtin:"
    /// What stands before the directory whose files are served.
    static let filesScheme = "static:"

    /// The full names of the apps of this executable, such as `builtin:hello`.
    static var names: [String] { BuiltinApp.allCases.map { scheme + $0.rawValue } }

    /// What this name stands for.
    static func app(named name: String) throws(AppCatalogueError) -> App {
        if name.hasPrefix(scheme) {
            guard let app = BuiltinApp(rawValue: String(name.dropFirst(scheme.count))) else {
                throw .unknown(name, suggestion: suggestion(for: name))
            }
            return .builtIn(app.framework)
        }
        if name.hasPrefix(filesScheme) {
            let directory = String(name.dropFirst(filesScheme.count))
            guard !directory.isEmpty, !directory.utf8.contains(0) else { throw .noDirectory }
            return .files(directory: directory)
        }
        // A contract that is stated leaves no doubt that Python is meant.
        if !PythonAppName.statesContract(name), let meant = suggestion(for: name) { throw .unknown(name, suggestion: meant) }
        if let way = PythonAppName.wayOut(of: name) { throw .notModule(name, way) }
        guard PythonAppName.isValid(name) else { throw .unknown(name, suggestion: nil) }
        return .python
    }

    /// The name of the app that the settings want served.
    static func name(_ settings: ResolvedSettings) throws(CommandLineError) -> String {
        guard let name = settings.values.app else {
            throw CommandLineError("no app to serve: name one, such as roost serve shop.main:app, roost serve static:/srv/www or roost serve builtin:hello", help: "roost serve --help")
        }
        return name
    }

    private static func suggestion(for name: String) -> String? {
        if let known = names.first(where: { $0 == scheme + name }) { return known }
        // What all names have in common says nothing about which of them was meant.
        guard name.hasPrefix(scheme) else { return Suggestion.nearest(to: name, among: names) }
        return Suggestion.nearest(to: String(name.dropFirst(scheme.count)), among: BuiltinApp.allCases.map(\.rawValue)).map { scheme + $0 }
    }
}

/// Why there is no such app. Its description is one line for the operator.
enum AppCatalogueError: Error, Equatable, CustomStringConvertible {
    case unknown(String, suggestion: String?)
    /// The name is nearly that of an object of a Python module; the text says what it should be.
    case notModule(String, String)
    /// It is `static:`, and no directory follows.
    case noDirectory

    var description: String {
        switch self {
        case .unknown(let name, let suggestion?) where PythonAppName.isValid(name) && !name.contains(":"):
            "unknown app \(OneLine.quoted(name)); did you mean \(suggestion)? An app in a Python module of that name is \(name):app"
        case .unknown(let name, let suggestion):
            "unknown app \(OneLine.quoted(name))" + (suggestion.map { "; did you mean \($0)?" } ?? "")
                + " (known: \(AppCatalogue.names.joined(separator: ", ")), static:directory for files, and module:attribute for an app in Python)"
        case .notModule(let name, let way):
            "unknown app \(OneLine.quoted(name)): \(way)"
        case .noDirectory:
            "static: needs the directory whose files are to be served, such as static:/srv/www"
        }
    }
}
