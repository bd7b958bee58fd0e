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

    @Test("takes for an app in Python what reads as one", arguments: [
        "app:main", "asgi:app:main", "wsgi:shop.wsgi:application", "asgi:shop", "wsgi:app", "xyzzy", "pkg.module", "pkg.module:site.app", "_a1:b_2", "módulo:app",
        "asgi:hello",
    ])
    func python(_ name: String) throws {
        guard case .python = try AppCatalogue.app(named: name) else {
            Issue.record("not an app in Python")
            return
        }
    }

    @Test("takes a directory for its files", arguments: [("static:/srv/www", "/srv/www"), ("static:site", "site"), ("static:./a:b", "./a:b")])
    func files(_ name: String, _ directory: String) throws {
        guard case .files(directory) = try AppCatalogue.app(named: name) else {
            Issue.record("not files")
            return
        }
    }

    @Test("says that files need a directory")
    func noDirectory() throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: "static:") }
        #expect(error.description.contains("such as static:/srv/www") && ExitStatus(error) == .usage)
    }

    @Test("says how to write what is nearly one", arguments: [
        ("pkg.module:create_app()", "a function that gives the app is named without parentheses, with --factory: pkg.module:create_app --factory"),
        ("app.py", "a module is named, not a file: app:app"),
        ("./shop/main.py:site", "a module is named, not a file: shop.main:site"),
        ("/srv/shop/main.py", "a module is named, not a file: main:app --app-dir /srv/shop"),
        ("shop/main:site", "a module is named, not a file: shop.main:site"),
        ("/srv/www", "the files of a directory are served as static:/srv/www"),
        (".", "the files of a directory are served as static:."),
        ("my-app.py:app", "a module is named, such as shop.main:app, not a file"),
    ])
    func nearlyPython(_ name: String, _ way: String) throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: name) }
        #expect(error.description == "unknown app \"\(name)\": \(way)")
        #expect(ExitStatus(error) == .usage)
    }

    @Test("tells the owner of a module that is called like a built-in app what to write")
    func ambiguous() throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: "hello") }
        #expect(error.description.hasSuffix("An app in a Python module of that name is hello:app"))
    }

    @Test("lists what there is for a name that means nothing to it", arguments: [
        "", "builtin:", "builtin:nope", "a\nb", "a b", "asgi:", "a:", ":a", "1a:b", "a..b:c", "a:b:c", "asgi:a:b:c", "my-app:app",
    ])
    func unknown(_ name: String) throws {
        let error = try #require(throws: AppCatalogueError.self) { try AppCatalogue.app(named: name) }
        #expect(error == .unknown(name, suggestion: nil))
        #expect(error.description.contains("builtin:hello-wsgi"))
        #expect(!error.description.contains("\n"))
    }
}
