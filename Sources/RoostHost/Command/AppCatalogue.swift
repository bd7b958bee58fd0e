internal import Roost

/// The apps that `roost serve` knows by name.
enum AppCatalogue {
    static let scheme = "builtin:"

    /// The full names, such as `builtin:hello`.
    static var names: [String] { BuiltinApp.allCases.map { scheme + $0.rawValue } }

    /// The app of this name.
    static func app(named name: String) throws(AppCatalogueError) -> Framework {
        guard name.hasPrefix(scheme) else {
            if let known = names.first(where: { $0 == scheme + name }) { throw .unknown(name, suggestion: known) }
            throw looksLikeModule(name) ? .module(name) : .unknown(name, suggestion: suggestion(for: name))
        }
        guard let app = BuiltinApp(rawValue: String(name.dropFirst(scheme.count))) else {
            throw .unknown(name, suggestion: suggestion(for: name))
        }
        return app.framework
    }

    private static func suggestion(for name: String) -> String? {
        // What all names have in common says nothing about which of them was meant.
        guard name.hasPrefix(scheme) else { return Suggestion.nearest(to: name, among: names) }
        return Suggestion.nearest(to: String(name.dropFirst(scheme.count)), among: BuiltinApp.allCases.map(\.rawValue)).map { scheme + $0 }
    }

    /// `module:attribute`, with or without `asgi:` or `wsgi:` in front, or a file of Python.
    private static func looksLikeModule(_ name: String) -> Bool {
        guard suggestion(for: name) == nil else { return false }
        return name.contains(":") || name.hasSuffix(".py") || name.contains(".")
    }
}

/// Why there is no such app. Its description is one line for the operator.
enum AppCatalogueError: Error, Equatable, CustomStringConvertible {
    case unknown(String, suggestion: String?)
    /// The name is written as that of a Python object.
    case module(String)

    var description: String {
        let known = "\(AppCatalogue.names.joined(separator: ", "))"
        return switch self {
        case .unknown(let name, let suggestion):
            "unknown app \(OneLine.quoted(name))" + (suggestion.map { "; did you mean \($0)?" } ?? "") + " (known: \(known))"
        case .module(let name):
            "cannot serve \(OneLine.quoted(name)): roost serves its built-in apps (\(known)); an app in Swift is served by its own executable, see Host.main"
        }
    }
}
