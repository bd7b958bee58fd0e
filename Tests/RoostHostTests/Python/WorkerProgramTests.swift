import Glibc
import Testing

@testable import RoostHost

@Suite("How an interpreter becomes the worker", .serialized)
struct WorkerProgramTests {
    private let directory: TemporaryDirectory
    private let tree: String

    init() throws {
        directory = try TemporaryDirectory()
        // Neither ASCII nor harmless in a literal.
        tree = "\(directory.path)/trée \"1\" \\x"
        directory.write("trée \"1\" \\x/roost/__init__.py")
        directory.write(
            "trée \"1\" \\x/roost/__main__.py",
            """
            import sys
            def main():
                sys.stdout.write(repr((sys.argv, [p for p in sys.path if "roost-test" in p], sys.path[:1])))
                return 7
            """
        )
    }

    private func run(_ interpreter: Interpreters.Found, tree: String?, places: [String] = ["/x", "/y"], mark: String = "roost: error: ") async throws -> Subprocess {
        try await Subprocess.run([interpreter.path, "-c", WorkerProgram.text(tree: tree, places: places, mark: mark), "serve", "a:b", "--factory"])
    }

    @Test("the package's main is called with the arguments, and its tree is not left behind for the app", arguments: Interpreters.served)
    func main(_ interpreter: Interpreters.Found) async throws {
        let process = try await run(interpreter, tree: tree)
        #expect(process.errors == "")
        #expect(process.output == "(['-c', 'serve', 'a:b', '--factory'], [], [''])")
        #expect(process.status == 7)
    }

    @Test("a version that is too old is told so in one line, and the end is 4", arguments: Interpreters.all.filter { !$0.isServed })
    func old(_ interpreter: Interpreters.Found) async throws {
        let process = try await run(interpreter, tree: tree)
        let version = interpreter.version.map(String.init).joined(separator: ".")
        #expect(process.errors.hasPrefix("roost: error: roost needs Python 3.9 or later to run the app, not /"))
        #expect(process.errors.hasSuffix(", Python \(version); name another one with --python or --venv\n"))
        #expect(process.output == "" && process.status == 4)
    }

    @Test("what is not CPython, or is free-threaded, is refused", arguments: [
        ("sys.implementation.name = 'pypy'", "roost needs CPython to run the app, not pypy of "),
        ("import sysconfig; sysconfig.get_config_var = lambda name: name == 'Py_GIL_DISABLED'", "roost does not run free-threaded Python yet, which "),
    ])
    func kinds(_ pretence: String, _ reason: String) async throws {
        let interpreter = try #require(Interpreters.served.first)
        let program = WorkerProgram.text(tree: tree, places: [], mark: "<3>roost: error: ")
        let process = try await Subprocess.run([interpreter.path, "-c", "import sys\n\(pretence)\nexec(sys.argv[1])", program])
        #expect(process.errors.hasPrefix("<3>roost: error: \(reason)"))
        #expect(process.errors.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(process.status == 4)
    }

    @Test("without a tree the installed package serves, and without that the line says where it was looked for", arguments: Interpreters.served)
    func none(_ interpreter: Interpreters.Found) async throws {
        let process = try await run(interpreter, tree: nil)
        // Some interpreter here may have the package installed.
        guard process.errors.contains("there is no Python package") else { return }
        #expect(process.errors.hasPrefix("roost: error: there is no Python package roost for /"))
        #expect(process.errors.hasSuffix(": it is not installed there, nor is it in /x, nor is it in /y; install its wheel\n"))
        #expect(process.status == 4)
    }

    @Test("a package that cannot be loaded is told in one line with its place", arguments: Interpreters.served)
    func broken(_ interpreter: Interpreters.Found) async throws {
        directory.write("broken/roost/__init__.py", "raise ImportError('undefined symbol:\\n PyNone')")
        let process = try await run(interpreter, tree: "\(directory.path)/broken")
        #expect(process.errors.hasPrefix("roost: error: cannot load the Python package roost in \(directory.path)/broken into /"))
        #expect(process.errors.hasSuffix(": undefined symbol: PyNone\n"))
        #expect(process.status == 4)
    }

    @Test("nothing in the working directory passes for the package or for what it needs")
    func shadows() async throws {
        let interpreter = try #require(Interpreters.served.first)
        for name in ["roost", "sysconfig"] { directory.write("cwd/\(name).py", "raise SystemExit('shadowed')") }
        let program = WorkerProgram.text(tree: tree, places: [], mark: "roost: error: ")
        let process = try await Subprocess.run(["/bin/sh", "-c", "cd '\(directory.path)/cwd' && exec \"$0\" -c \"$1\" serve x", interpreter.path, program])
        #expect(process.errors == "" && process.status == 7)
    }

    @Test("any text is a literal of its bytes", arguments: [("a/b c", "\"a/b c\""), ("\"\\\n", "\"\\\"\\\\\\x0a\""), ("é\u{7F}", "\"\\xc3\\xa9\\x7f\"")])
    func literal(_ text: String, _ literal: String) {
        #expect(WorkerProgram.literal(text) == literal)
    }
}
