import Roost
import Testing

@testable import RoostHost

@Suite("Sources of settings")
struct SettingLayersTests {
    private func resolve(
        _ flags: [GivenFlag] = [], _ environment: [String: String] = [:], file text: String? = nil, table: SettingTable = .command
    ) throws(SettingError) -> ResolvedSettings {
        var flags = flags
        if text != nil { flags.append(GivenFlag(key: "config", value: .text("t.toml"))) }
        return try SettingLayers.resolve(table, flags: flags, environment: environment) { name throws(SettingError) in
            try ConfigurationFile(parsing: text ?? "", file: name)
        }
    }

    private func refusal(_ body: () throws -> ResolvedSettings) throws -> String {
        try #require(throws: SettingError.self, performing: { _ = try body() }).description
    }

    @Test("a flag counts more than a variable, a variable more than the file, the file more than the default")
    func precedence() throws {
        let flag = [GivenFlag(key: "backlog", value: .text("4"))]
        let variable = ["ROOST_BACKLOG": "3"]
        #expect(try resolve().values.serve.socket.backlog == 2048)
        #expect(try resolve(file: "backlog = 2").values.serve.socket.backlog == 2)
        #expect(try resolve([], variable, file: "backlog = 2").values.serve.socket.backlog == 3)
        let all = try resolve(flag, variable, file: "backlog = 2")
        #expect(all.values.serve.socket.backlog == 4)
        #expect(all.origins["backlog"] == .flag("--backlog"))
        #expect(try resolve(file: "backlog = 2").origins["backlog"] == .file(FilePosition(file: "t.toml", line: 1, column: 1)))
    }

    @Test("addresses of a stronger source replace those of a weaker one")
    func binds() throws {
        let settings = try resolve([], ["ROOST_BIND": "unix:/run/a.sock, 127.0.0.1:9000"], file: "bind = '[::1]:1'")
        #expect(settings.values.serve.bind == [.unix(path: "/run/a.sock"), .tcp(host: "127.0.0.1", port: 9000)])
        #expect(try resolve(file: "bind = '[::1]:1'").values.serve.bind == [.tcp(host: "::1", port: 1)])
    }

    @Test("the environment may name the file")
    func environmentFile() throws {
        let settings = try SettingLayers.resolve(.command, flags: [], environment: ["ROOST_CONFIG": "/etc/x.toml"]) { name throws(SettingError) in
            try ConfigurationFile(parsing: "app = 'builtin:echo'", file: name)
        }
        #expect(settings.values.app == "builtin:echo")
        #expect(settings.origins["app"] == .file(FilePosition(file: "/etc/x.toml", line: 1, column: 1)))
    }

    @Test("Hypercorn's numbers of seconds and plain bytes are understood")
    func numbers() throws {
        let serve = try resolve(file: "keep_alive_timeout = 5\ngraceful_timeout = 0.5\nmax_body_size = 1000\nread_timeout = 'off'").values.serve
        #expect(serve.keepAliveTimeout == .seconds(5))
        #expect(serve.gracefulTimeout == .milliseconds(500))
        #expect(serve.maxBodySize == 1000)
        #expect(serve.readTimeout == nil)
    }

    @Test("a mistake names its place, the value and what was expected", arguments: [
        ("\nbacklog = 'many'", "t.toml:2:1: backlog = \"many\": expected a whole number from 1 to 65535"),
        ("backlog = 1.5", "t.toml:1:1: backlog = 1.5: expected a whole number from 1 to 65535"),
        ("bind = [1]", "t.toml:1:1: bind = 1: expected an address as text, such as \"unix:/run/app.sock\" or \"127.0.0.1:8000\""),
        ("bind = []", "t.toml:1:1: bind = []: expected at least one address, such as unix:/run/app.sock or 127.0.0.1:8000"),
        ("socket_mode = 660", "t.toml:1:1: socket_mode = 660: expected an octal mode such as 0660, at most 0777; in a file write \"660\" or 0o660"),
        ("reuse_port = 'maybe'", "t.toml:1:1: reuse_port = \"maybe\": expected true or false"),
        ("lifespan = 'never'", "t.toml:1:1: lifespan = \"never\": expected auto, on or off"),
        ("read_timeout = 0", "t.toml:1:1: read_timeout = 0: expected a time above zero such as 30s, 1m30s or 500ms, at most 365d, or off"),
        ("backlog.x = 1", "t.toml:1:1: backlog = a table: expected a whole number from 1 to 65535"),
        ("\n\n gracful_timeout = 1", "t.toml:3:2: unknown setting \"gracful_timeout\"; did you mean graceful_timeout?"),
        ("[xyzzy]", "t.toml:1:1: unknown setting \"xyzzy\"; roost(1) lists the settings"),
        ("config = 'x'", "t.toml:1:1: config: cannot be set in a file; use --config or ROOST_CONFIG"),
        ("root_path = \"/a\\nb\"", "t.toml:1:1: root_path = \"/a\\nb\": expected a path such as /app"),
        ("read_timeout = 2026-11-23", "t.toml:1:1: read_timeout = a date: expected a time above zero such as 30s, 1m30s or 500ms, at most 365d, or off"),
    ])
    func mistakes(_ text: String, _ expected: String) throws {
        #expect(try refusal { try resolve(file: text) } == expected)
    }

    @Test("a mistake in the environment names the variable")
    func environmentMistakes() throws {
        #expect(try refusal { try resolve([], ["ROOST_BACKLOG": ""]) } == "ROOST_BACKLOG=\"\": expected a whole number from 1 to 65535")
        #expect(try refusal { try resolve([], ["ROOST_BCKLOG": "1"]) } == "unknown setting ROOST_BCKLOG in the environment; did you mean ROOST_BACKLOG?")
        #expect(try refusal { try resolve([], ["ROOST_XYZZY": "1"]) } == "unknown setting ROOST_XYZZY in the environment; roost(1) lists the settings")
        #expect(try refusal { try resolve([], ["ROOST_UMASK": "9\n9"]) } == "ROOST_UMASK=\"9\\n9\": expected an octal mode such as 0660, at most 0777")
    }

    @Test("a mistake is reported even where a stronger source replaces it")
    func hiddenMistake() throws {
        #expect(try refusal { try resolve([GivenFlag(key: "backlog", value: .text("1"))], ["ROOST_BACKLOG": "x"]) }.hasPrefix("ROOST_BACKLOG=\"x\""))
    }

    @Test("other programs' variables are none of our business")
    func otherVariables() throws {
        #expect(try resolve([], ["PATH": "/bin", "roost_backlog": "x", "ROOSTER": "1"]).origins.isEmpty)
    }

    @Test("an executable that is its own app has no app setting")
    func ownApp() throws {
        #expect(try refusal { try resolve(file: "app = 'builtin:hello'", table: .ownApp) }.contains("unknown setting \"app\""))
        #expect(try refusal { try resolve([], ["ROOST_APP": "x"], table: .ownApp) }.contains("unknown setting ROOST_APP"))
    }

    @Test("what roost config prints is a file that gives the same settings")
    func listing() throws {
        let flags = [GivenFlag(key: "umask", value: .text("027")), GivenFlag(key: "bind", value: .list([.text("unix:/a \"b\".sock")]))]
        let settings = try resolve(flags)
        let text = ConfigurationListing.text(settings, .command)
        let again = try resolve(file: text)
        for setting in SettingTable.command.settings where setting.places.contains(.file) {
            #expect(setting.value(in: again.values) == setting.value(in: settings.values), "\(setting.key)")
        }
        #expect(text.contains("umask = \"0027\"  # --umask"))
        #expect(text.contains("backlog = 2048  # default"))
    }
}
