import Glibc
import Testing

@testable import RoostHost

/// The `roost` that was built beside these tests, if it was.
private let builtRoost: String? = {
    guard let directory = PythonTree.executable?.split(separator: "/").dropLast().joined(separator: "/") else { return nil }
    let candidates = [directory, CommandLine.arguments.first.map { String($0.split(separator: "/").dropLast().joined(separator: "/")) } ?? ""]
    let bundle = CommandLine.arguments.firstIndex(of: "--test-bundle-path").map { CommandLine.arguments[$0 + 1] }
    let beside = bundle.map { [String($0.split(separator: "/").dropLast().joined(separator: "/"))] } ?? []
    return (beside + candidates).map { "/\($0)/roost" }.first { access($0, X_OK) == 0 }
}()

@Suite("roost serve module:app", .enabled(if: builtRoost != nil, "the roost command was not built"), .serialized)
struct PythonWorkerTests {
    private let directory: TemporaryDirectory
    private let roost: String

    /// An installation of its own: bin/roost with a package that says who it is.
    init() async throws {
        directory = try TemporaryDirectory()
        roost = "\(directory.path)/bin/roost"
        directory.makeDirectories(for: "bin/roost")
        let built = try #require(builtRoost)
        if link(built, roost) != 0 { _ = try await Subprocess.run(["cp", built, roost]) }
        directory.write("lib/roost/python/roost/__init__.py")
        directory.write("lib/roost/python/roost/_roost.abi3.so")
        directory.write(
            "lib/roost/python/roost/__main__.py",
            """
            import os, signal, stat, sys
            def main():
                listening = os.environ.get("LISTEN_PID") == str(os.getpid())
                sockets = [stat.S_ISSOCK(os.fstat(3 + n).st_mode) for n in range(int(os.environ.get("LISTEN_FDS", 0)))]
                blocked = sorted(signal.Signals(n).name for n in signal.pthread_sigmask(signal.SIG_BLOCK, []))
                sys.stdout.write(repr((sys.argv[1:], os.getpid(), listening, sockets, os.environ.get("LISTEN_FDNAMES"), blocked)))
                return 9
            """
        )
    }

    @Test("is the interpreter in the same process, with the same arguments, and is not interrupted while it starts", arguments: Interpreters.served)
    func becomes(_ interpreter: Interpreters.Found) async throws {
        let process = try await Subprocess.run([roost, "serve", "shop:app", "--python", interpreter.path, "--backlog=5"])
        #expect(process.errors == "")
        #expect(process.output == "(['serve', 'shop:app', '--python', '\(interpreter.path)', '--backlog=5'], \(process.pid), False, [], None, ['SIGINT'])")
        #expect(process.status == 9)
    }

    @Test("the app may be named by a variable")
    func variable() async throws {
        let interpreter = try #require(Interpreters.served.first)
        let process = try await Subprocess.run([roost, "serve"], environment: ["ROOST_APP=shop:app", "ROOST_PYTHON=\(interpreter.path)"])
        #expect(process.output.hasPrefix("(['serve'], \(process.pid), "))
    }

    @Test("systemd's sockets reach the interpreter", .enabled(if: access("/usr/bin/systemd-socket-activate", X_OK) == 0))
    func activation() async throws {
        let interpreter = try #require(Interpreters.served.first)
        let socket = "\(directory.path)/s"
        // The activator starts the service at the first connection, which is made as soon as it listens.
        let script = """
            systemd-socket-activate -l "$1" --fdname=web "$0" serve shop:app --python "$2" --allow-root 2>/dev/null & pid=$!
            "$2" -c 'if True:
                import socket, sys, time
                for _ in range(500):
                    try: socket.socket(socket.AF_UNIX).connect(sys.argv[1]); break
                    except OSError: time.sleep(0.02)' "$1"
            wait $pid
            """
        let process = try await Subprocess.run(["/bin/sh", "-c", script, roost, socket, interpreter.path])
        #expect(process.output.hasSuffix(", True, [True], 'web', ['SIGINT'])"), "\(process.output) \(process.errors)")
        #expect(process.status == 9)
    }

    @Test("ends with 4 and one line where there is no interpreter")
    func none() async throws {
        let process = try await Subprocess.run([roost, "serve", "shop:app"], environment: ["PATH=/nonexistent"])
        #expect(process.status == 4 && process.output == "")
        #expect(process.errors.hasPrefix("roost: error: no Python to run the app with: there is no python3 in PATH (/nonexistent); "))
        #expect(process.errors.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    }

    @Test("ends with 4 and one line where the interpreter is no program")
    func notRun() async throws {
        directory.write("python", "", mode: 0o755)
        let process = try await Subprocess.run([roost, "serve", "shop:app", "--python", "\(directory.path)/python"])
        #expect(process.status == 4)
        #expect(process.errors == "roost: error: cannot run the app's Python \(directory.path)/python: Exec format error\n")
    }

    @Test("roost config and built-in apps need no Python")
    func withoutPython() async throws {
        let process = try await Subprocess.run([roost, "config", "shop:app", "--venv", "/nonexistent"], environment: ["PATH=/nonexistent"])
        #expect(process.status == 0 && process.errors == "")
        #expect(process.output.contains("app = \"shop:app\"  # <app>\n"))
        #expect(process.output.contains("venv = \"/nonexistent\"  # --venv\n"))
        let hello = try await Subprocess.run([roost, "serve", "builtin:hello", "--bind", "unix:/nonexistent/x.sock"], environment: ["PATH=/nonexistent"])
        #expect(hello.status == 5)
    }
}
