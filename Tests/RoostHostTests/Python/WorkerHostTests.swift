import Roost
import Testing

@testable import RoostHost

@Suite("The host in the worker")
struct WorkerHostTests {
    private func serve(_ arguments: String..., environment: [String: String] = [:]) throws -> WorkerHost {
        guard case .serve(let host) = try WorkerHost.read(["serve", "--allow-root"] + arguments, environment: environment) else {
            throw CommandLineError("not a request to serve", help: "")
        }
        return host
    }

    @Test("settings come from the same flags and variables, each in a program's terms")
    func values() throws {
        let host = try serve(
            "asgi:shop:app", "-b", "unix:/a?proxy_protocol=v2", "--bind=127.0.0.1:0", "--keep-alive", "1m30s", "--worker-class", "trio", "--read-timeout", "off",
            environment: ["ROOST_MAX_BODY_SIZE": "64KB", "ROOST_FACTORY": "yes"]
        )
        let expected: [String: SettingValue] = [
            "app": .text("asgi:shop:app"), "bind": .list([.text("unix:/a?proxy_protocol=v2"), .text("127.0.0.1:0")]), "keep_alive_timeout": .number(90),
            "read_timeout": .nothing, "max_body_size": .integer(64000), "factory": .boolean(true), "worker_class": .text("trio"), "venv": .nothing,
            "threads": .nothing, "socket_mode": .integer(0o660, octal: true), "graceful_timeout": .number(30), "allow_peer_user": .list([]),
        ]
        for (key, value) in expected { #expect(host.settings.value(of: key) == value, "\(key)") }
        #expect(host.settings.value(of: "no_such_key") == nil)
        #expect(host.settings.config.bind.count == 2)
        #expect(host.settings.config.keepAliveTimeout == .seconds(90))
        #expect(host.settings.config.wsgiThreads == 1)
        #expect(host.settings.config.makeAccessRecorder == nil)
    }

    @Test("an access log is opened, and one that cannot be ends with 2")
    func accessLog() throws {
        let directory = try TemporaryDirectory()
        #expect(try serve("x", "--access-logfile", "\(directory.path)/log").settings.config.makeAccessRecorder != nil)
        let error = try #require(throws: WorkerError.self) { try serve("x", "--access-logfile", "/nonexistent/log") }
        #expect(error.status == 2 && error.description.contains("/nonexistent/log"))
    }

    @Test("help, version and settings are texts to print", arguments: [
        (["serve", "--help"], "--worker-class <loop>"), (["--version"], "roost \(roostVersion)"), (["config", "m:app"], "app = \"m:app\"  # <app>"),
    ])
    func texts(_ arguments: [String], _ part: String) throws {
        guard case .print(let text) = try WorkerHost.read(arguments, environment: [:]) else {
            Issue.record("not a text")
            return
        }
        #expect(text.contains(part))
    }

    @Test("a mistake is one line and the status 2", arguments: [["serve", "--frob"], ["serve", "--backlog", "x"], ["srve"]])
    func mistakes(_ arguments: [String]) throws {
        let error = try #require(throws: WorkerError.self) { try WorkerHost.read(arguments, environment: [:]) }
        #expect(error.status == 2)
        #expect(!error.description.contains("\n") && !error.description.isEmpty)
    }

    @Test("a program makes its own settings, which no variable adds to")
    func program() throws {
        let settings = try WorkerSettings([
            "bind": .list([.text("127.0.0.1:0")]), "keep_alive_timeout": .number(2.5), "read_timeout": .nothing, "max_body_size": .integer(1000),
            "include_date_header": .boolean(false), "root_path": .text("/x"), "graceful_timeout": .integer(3),
        ])
        #expect(settings.config.keepAliveTimeout == .milliseconds(2500))
        #expect(settings.config.readTimeout == nil)
        #expect(settings.config.maxBodySize == 1000)
        #expect(!settings.config.includeDateHeader)
        #expect(settings.value(of: "graceful_timeout") == .number(3))
        #expect(try WorkerSettings([:]).config.bind == [.tcp(host: "127.0.0.1", port: 8000)])
    }

    @Test("a program's mistake is one line", arguments: [
        ("keep_alive", SettingValue.integer(1), "config: unknown setting \"keep_alive\"; roost.toml(5) lists the settings"),
        ("backlogs", .integer(1), "config: unknown setting \"backlogs\"; did you mean backlog?"),
        ("config", .text("/x"), "config: unknown setting \"config\"; roost.toml(5) lists the settings"),
        ("backlog", .text("x"), "config: backlog = \"x\": expected a whole number from 1 to 65535"),
        ("backlog", .nothing, "config: backlog = nothing: expected a whole number from 1 to 65535"),
    ])
    func programMistakes(_ key: String, _ value: SettingValue, _ text: String) throws {
        let error = try #require(throws: WorkerError.self) { try WorkerSettings([key: value]) }
        #expect(error.description == text)
        #expect(error.status == 2)
    }
}
