import Testing

@testable import RoostHost

@Suite("The app catalogue")
struct AppCatalogueTests {
    @Test("has every built-in app under its name")
    func all() throws {
        #expect(AppCatalogue.names == BuiltinApp.allCases.map { "builtin:\($0.rawValue)" })
        for name in AppCatalogue.names { _ = try AppCatalogue.app(named: name) }
    }

    @Test("suggests what was meant", arguments: [("builtin:helo", "builtin:hello"), ("hello", "builtin:hello"), ("buildin:echo", "builtin:echo")])
    func suggestion(_ name: String, _ meant: String) throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: name) }
        #expect(error == .unknown(name, suggestion: meant))
        #expect(error.description.contains("did you mean \(meant)?"))
        #expect(ExitStatus(error) == .usage)
    }

    @Test("says that Python's names are not served", arguments: ["app:main", "asgi:app:main", "pkg.module:create_app()", "app.py"])
    func module(_ name: String) throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: name) }
        #expect(error == .module(name))
        #expect(!error.description.contains("\n"))
    }

    @Test("lists what there is for a name that means nothing to it", arguments: ["", "xyzzy", "builtin:", "builtin:nope", "a\nb"])
    func unknown(_ name: String) throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: name) }
        #expect(error == .unknown(name, suggestion: nil))
        #expect(error.description.contains("builtin:hello-wsgi"))
        #expect(!error.description.contains("\n"))
    }
}
