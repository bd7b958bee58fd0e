import Roost
import Testing

@testable import RoostHost

@Suite("Command lines")
struct CommandLineTests {
    private func roost(_ arguments: String...) throws -> CommandLineRequest {
        try CommandLineRequest(roost: arguments, environment: [:])
    }

    private func text(_ arguments: String...) throws -> String {
        guard case .text(let text) = try CommandLineRequest(roost: arguments, environment: [:]) else { return "" }
        return text
    }

    @Test("roost serve takes an app and its settings")
    func serve() throws {
        guard case .serve(let settings) = try roost("serve", "builtin:hello", "--bind", "unix:/a", "--no-include-date-header") else {
            Issue.record("not a request to serve")
            return
        }
        #expect(settings.values.app == "builtin:hello")
        #expect(settings.values.serve.bind == [.unix(path: "/a")])
        #expect(!settings.values.serve.includeDateHeader)
        #expect(settings.origins["include_date_header"] == .flag("--no-include-date-header"))
        #expect(settings.origins["app"] == .flag("<app>"))
    }

    @Test("an executable with an app of its own takes the same settings")
    func ownApp() throws {
        guard case .serve(let settings) = try CommandLineRequest(ownApp: ["--backlog", "9"], environment: ["ROOST_THREADS": "3"]) else {
            Issue.record("not a request to serve")
            return
        }
        #expect(settings.values.serve.socket.backlog == 9)
        #expect(settings.values.threads == 3)
    }

    @Test("settings may be checked or printed instead of served, with everything that is wrong in them")
    func purposes() throws {
        for (arguments, running) in [(["serve", "--check-config"], false), (["check"], false), (["check", "--running"], true)] {
            guard case .check(let layers, let isRunning) = try CommandLineRequest(roost: arguments + ["m:app", "-b", "x", "--backlog", "y"], environment: [:])
            else {
                Issue.record("not a request to check")
                continue
            }
            #expect(isRunning == running && layers.problems.count == 1 && layers.resolved.values.app == "m:app")
        }
        guard case .check(let layers, false) = try CommandLineRequest(ownApp: ["--check-config", "--workers", "x"], environment: ["ROOST_BIND": "1"]) else {
            Issue.record("not a request to check")
            return
        }
        #expect(layers.problems.count == 2)
        let printed = try text("serve", "m:app", "--print-config", "--backlog", "9")
        #expect(try printed == text("config", "m:app", "--backlog", "9") && printed.contains("backlog = 9  # --backlog"))
        #expect(throws: CommandLineError.self) { try roost("serve", "--check-config", "--print-config") }
        #expect(throws: SettingError.self) { try roost("config", "--backlog", "x") }
    }

    @Test("threads are counted, or auto, which each language has its own meaning of")
    func threads() throws {
        for (arguments, inSwift, inPython) in [([], 8, 1), (["--threads", "auto"], 8, 1), (["--threads=3"], 3, 3), (["--wsgi-threads", "1"], 1, 1)] {
            guard case .serve(let settings) = try CommandLineRequest(roost: ["serve", "x"] + arguments, environment: [:]) else { continue }
            #expect(try settings.values.config(threads: 8).wsgiThreads == inSwift)
            #expect(try settings.values.config(threads: 1).wsgiThreads == inPython)
        }
    }

    @Test("settings of apps in Python are those of the command alone")
    func python() throws {
        let arguments = ["serve", "shop:app", "--venv", "/srv/venv", "--app-dir", "/srv/shop", "--factory", "--worker-class", "trio"]
        guard case .serve(let settings) = try CommandLineRequest(roost: arguments, environment: [:]) else {
            Issue.record("not a request to serve")
            return
        }
        let python = settings.values.python
        #expect(python.environment == "/srv/venv" && python.directory == "/srv/shop" && python.isFactory && python.loop == .trio)
        #expect(throws: CommandLineError.self) { try CommandLineRequest(ownApp: ["--venv", "/x"], environment: [:]) }
        #expect(throws: SettingError.self) { try CommandLineRequest(ownApp: [], environment: ["ROOST_VENV": "/x"]) }
    }

    @Test("help and version are answers, not errors")
    func help() throws {
        #expect(try text("--version") == "roost \(roostVersion)")
        for arguments in [[], ["--help"], ["-h"], ["help"]] {
            guard case .text(let text) = try CommandLineRequest(roost: arguments, environment: [:]) else { continue }
            #expect(text.contains("roost serve builtin:hello"), "\(arguments)")
        }
        for arguments in [["serve", "--help"], ["help", "serve"]] {
            guard case .text(let text) = try CommandLineRequest(roost: arguments, environment: [:]) else { continue }
            #expect(text.contains("--bind <address>"), "\(arguments)")
            #expect(text.contains("ROOST_GRACEFUL_TIMEOUT"), "\(arguments)")
        }
    }

    @Test("a mistake is one line with the way out", arguments: [
        (["srve"], "unknown command \"srve\"; did you mean 'serve'?; see roost --help"),
        (["--frob"], "unknown option '--frob'; see roost --help"),
        (["serve", "--bnid", "x"], "unknown option '--bnid'; did you mean '--bind'?; see roost serve --help"),
        (["serve", "--mode", "asgi"], "unknown option '--mode'; see roost serve --help"),
        (["serve", "--log-flie", "x"], "unknown option '--log-flie'; did you mean '--log-file'?; see roost serve --help"),
        (["serve", "--chek-config"], "unknown option '--chek-config'; did you mean '--check-config'?; see roost serve --help"),
        (["serve", "--no-htpt2"], "unknown option '--no-htpt2'; did you mean '--no-http2'?; see roost serve --help"),
        (["status", "--jsno"], "unknown option '--jsno'; did you mean '--json'?; see roost status --help"),
        (["serve", "a", "b"], "unexpected argument 'b'; see roost serve --help"),
        (["serve", "--bind"], "missing value for '--bind <address>'; see roost serve --help"),
        (["serve", "--reuse-port=yes"], "the option '--reuse-port' does not take any value, but 'yes' was specified; see roost serve --help"),
        (["serve", "-w", "-1"], "--workers \"-1\": expected a whole number from 1 to 1024, or auto"),
        (["serve", "--backlog", "-1"], "--backlog \"-1\": expected a whole number from 1 to 65535"),
        (["serve", "--graceful-timeout", "-5s"], "--graceful-timeout \"-5s\": expected a time such as 30s, 1m30s or 500ms, at most 365d"),
        (["shop.main:app"], "unknown command \"shop.main:app\"; an app is served by 'roost serve shop.main:app'; see roost --help"),
        (["serve", "--backlog", "x"], "--backlog \"x\": expected a whole number from 1 to 65535"),
        (["serve", "--socket-mode", "999"], "--socket-mode \"999\": expected an octal mode such as 0660, at most 0777"),
        (["serve", "--header-map", "keep"], "--header-map \"keep\": expected drop or refuse"),
        (
            ["serve", "--proxy-allow-from", "unix:,::1,10.0.0.0/33"],
            "--proxy-allow-from \"10.0.0.0/33\": expected a number of bits from 0 to 32 after the slash; for example 10.0.0.0/24"
        ),
        (["serve", "--worker-class", "gevent"], "--worker-class \"gevent\": expected asyncio, uvloop or trio"),
        (
            ["serve", "--python", "/a", "--venv", "/b"],
            "--python \"/a\": not together with venv (--venv), which has an interpreter of its own; leave one of them out"
        ),
        (
            ["serve", "--access-logfile", "credential:log"],
            "--access-logfile \"credential:log\": expected a file name, - for standard output, or journal; a credential is a file to read, as --config may name one"
        ),
        (
            ["serve", "--config", "credential:a/b"],
            "cannot read the configuration file \"credential:a/b\": \"a/b\" is no credential's name, which is a file's name without a slash"
        ),
        (["serve", "--config", "/nonexistent"], "cannot read the configuration file \"/nonexistent\": No such file or directory"),
    ])
    func mistakes(_ arguments: [String], _ expected: String) throws {
        let error = try #require(throws: (any Error).self) { try CommandLineRequest(roost: arguments, environment: [:]) }
        #expect("\(error)" == expected)
        #expect(ExitStatus(error) == .usage)
    }

    @Test("an address that is none is refused with an example")
    func address() throws {
        let error = try #require(throws: SettingError.self) { try roost("serve", "--bind", "8000") }
        #expect(error.description.hasPrefix("--bind \"8000\": not an address to listen on: "))
        #expect(!error.description.contains("\n"))
    }

    @Test("the program's name is the last part of its path", arguments: [("/usr/bin/hello", "hello"), ("hello", "hello"), ("/", "roost"), ("", "roost")])
    func program(_ path: String, _ name: String) {
        #expect(ProgramName.base(path) == name)
    }

    @Test("the environment of the process is read whole")
    func environment() {
        let variables = ProcessEnvironment.variables()
        #expect(variables["PATH"] != nil)
        #expect(!variables.keys.contains(""))
    }
}
