import Glibc
import Testing

@testable import RoostHost

@Suite("Which interpreter runs the app")
struct PythonInterpreterTests {
    private let directory: TemporaryDirectory
    private let root: String

    init() throws {
        directory = try TemporaryDirectory()
        root = directory.path
        for name in ["a/bin/python", "b/bin/python", "path/python3", "path/python3.12"] { directory.write(name, "#!/bin/sh\n", mode: 0o755) }
        directory.write("plain/python3")
        symlink("/nonexistent/python3", "\(root)/gone")
        directory.makeDirectories(for: "old/bin/python")
        symlink("/nonexistent/python3.9", "\(root)/old/bin/python")
    }

    private func path(python: String? = nil, venv: String? = nil, _ environment: [String: String] = [:]) throws -> String {
        var settings = PythonSettings()
        settings.interpreter = python
        settings.environment = venv
        let origins: [String: SettingOrigin] = ["python": .flag("--python"), "venv": .environment(variable: "ROOST_VENV")]
        return try PythonInterpreter(settings, origins: origins, environment: environment).path
    }

    private func refusal(python: String? = nil, venv: String? = nil, _ environment: [String: String] = [:]) throws -> String {
        let error = try #require(throws: PythonError.self) { _ = try path(python: python, venv: venv, environment) }
        #expect(ExitStatus(error) == .appNotLoaded)
        #expect(!error.description.contains("\n"))
        return error.description.replacingAll(root, "ROOT")
    }

    @Test("the settings come first, then VIRTUAL_ENV, then PATH")
    func order() throws {
        let environment = ["VIRTUAL_ENV": "\(root)/a", "PATH": "/nonexistent:\(root)/plain:\(root)/path"]
        #expect(try path(python: "\(root)/b/bin/python", environment) == "\(root)/b/bin/python")
        #expect(try path(venv: "\(root)/b", environment) == "\(root)/b/bin/python")
        #expect(try path(environment) == "\(root)/a/bin/python")
        #expect(try path(["VIRTUAL_ENV": "", "PATH": environment["PATH"] ?? ""]) == "\(root)/path/python3")
    }

    @Test("a name without a slash is looked for in PATH")
    func name() throws {
        #expect(try path(python: "python3.12", ["PATH": "\(root)/path"]) == "\(root)/path/python3.12")
    }

    @Test("a link is not followed, because a virtual environment is known by its path")
    func link() throws {
        directory.makeDirectories(for: "c/bin/python")
        symlink("\(root)/path/python3", "\(root)/c/bin/python")
        #expect(try path(venv: "\(root)/c") == "\(root)/c/bin/python")
    }

    @Test("links are followed to where they lead")
    func links() {
        directory.makeDirectories(for: "v/bin/python")
        symlink("python3", "\(root)/v/bin/python")
        symlink("/nonexistent/python3", "\(root)/v/bin/python3")
        symlink("around", "\(root)/v/bin/around")
        #expect(SymbolicLink.end(of: "\(root)/v/bin/python") == "/nonexistent/python3")
        #expect(SymbolicLink.end(of: "\(root)/v/bin/around") == "\(root)/v/bin/around")
        #expect(SymbolicLink.end(of: "\(root)/v/bin") == "\(root)/v/bin")
    }

    @Test("what is not there is told with where it was named and the way out")
    func refusals() throws {
        let name = "name an interpreter with --python or a virtual environment with --venv"
        let start = "no Python to run the app with: "
        #expect(try refusal(python: "\(root)/x") == start + "ROOT/x (--python): No such file or directory; \(name)")
        #expect(try refusal(python: "\(root)/gone") == start + "ROOT/gone (--python): it is a link to /nonexistent/python3, which does not exist; \(name)")
        #expect(try refusal(python: "\(root)/a") == start + "ROOT/a (--python): it is a directory; a virtual environment is named with --venv")
        #expect(try refusal(python: "\(root)/plain/python3") == start + "ROOT/plain/python3 (--python): it is not executable: Permission denied; \(name)")
        #expect(try refusal(python: "/dev/null") == start + "/dev/null (--python): it is not a file; \(name)")
        #expect(
            try refusal(venv: "\(root)/x")
                == start + "ROOT/x/bin/python (ROOST_VENV): No such file or directory; make it: python3 -m venv ROOT/x")
        #expect(
            try refusal(venv: "\(root)/old")
                == start + "ROOT/old/bin/python (ROOST_VENV): it is a link to /nonexistent/python3.9, which does not exist; "
                + "make it again: python3 -m venv --clear ROOT/old")
        #expect(
            try refusal(["VIRTUAL_ENV": "\(root)/x", "PATH": "\(root)/path"])
                == start + "ROOT/x/bin/python (VIRTUAL_ENV=ROOT/x): No such file or directory; unset VIRTUAL_ENV, or \(name)")
        #expect(try refusal(["PATH": "\(root)/plain"]) == start + "there is no python3 in PATH (ROOT/plain); \(name)")
        #expect(try refusal() == start + "there is no python3 in PATH, which is not set; \(name)")
        #expect(try refusal(python: "a\nb/c") == start + "a\\nb/c (--python): No such file or directory; \(name)")
    }
}

extension String {
    fileprivate func replacingAll(_ part: String, _ other: String) -> String {
        var rest = self[...]
        var result = ""
        while let range = rest.firstRange(of: part) {
            result += rest[..<range.lowerBound] + other
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
