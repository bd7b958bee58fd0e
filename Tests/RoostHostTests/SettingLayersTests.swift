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

    @Test("an address may be a table with what holds for it alone")
    func bindTables() throws {
        let text = """
            [[bind]]
            address = "unix:/run/a?b.sock"
            proxy_protocol = "v2"
            proxy_allow_from = ["unix:", "10.0.0.0/8"]
            [[bind]]
            address = "systemd:"
            forwarded_allow_ips = "unix:, ::1"
            """
        let expected = [
            Bind(.unix(path: "/run/a?b.sock"), proxyProtocol: .v2, proxyAllowFrom: try TrustedPeers("unix:,10.0.0.0/8")),
            Bind(.systemd(name: nil), forwardedAllowIPs: try TrustedPeers("unix:,::1")),
        ]
        #expect(try resolve(file: text).values.serve.bind == expected)
        #expect(try resolve(file: "bind = { address = '/a' }").values.serve.bind == [.unix(path: "/a")])
    }

    @Test("in a variable, commas behind a question mark belong to the options, which end at a semicolon", arguments: [
        ("unix:/a,127.0.0.1:1", ["unix:/a", "127.0.0.1:1"]),
        ("unix:/a;b,127.0.0.1:1", ["unix:/a;b", "127.0.0.1:1"]),
        ("unix:/a?proxy_allow_from=unix:,10.0.0.0/8; 127.0.0.1:1,unix:/b", ["unix:/a?proxy_allow_from=unix:,10.0.0.0/8", "127.0.0.1:1", "unix:/b"]),
        ("127.0.0.1:1, unix:/a?proxy_allow_from=unix:,::1", ["127.0.0.1:1", "unix:/a?proxy_allow_from=unix:,::1"]),
    ])
    func bindsOfVariable(_ text: String, _ binds: [String]) throws {
        #expect(try resolve([], ["ROOST_BIND": text]).values.serve.bind.map(\.description) == binds)
    }

    @Test("FORWARDED_ALLOW_IPS counts where nothing of Roost's own says whom to believe")
    func commonVariable() throws {
        let name = "FORWARDED_ALLOW_IPS"
        let settings = try resolve([], [name: "127.0.0.1, 10.0.0.0/8"], file: "backlog = 1")
        #expect(settings.values.serve.forwardedAllowIPs.description == "127.0.0.1,10.0.0.0/8")
        #expect(settings.origins["forwarded_allow_ips"] == .environment(variable: name))
        #expect(ConfigurationListing.text(settings, .command).contains("forwarded_allow_ips = [\"127.0.0.1\", \"10.0.0.0/8\"]  # FORWARDED_ALLOW_IPS"))
        #expect(try resolve([], [name: "*", "ROOST_FORWARDED_ALLOW_IPS": "unix:"]).values.serve.forwardedAllowIPs == [.unix])
        #expect(try resolve([], [name: "x", "ROOST_FORWARDED_ALLOW_IPS": "none"]).values.serve.forwardedAllowIPs == [])
        #expect(try resolve([], [name: "*"], file: "forwarded_allow_ips = []").values.serve.forwardedAllowIPs == [])
        #expect(try resolve([], [name: ""]).origins.isEmpty)
        #expect(try refusal { try resolve([], [name: "127.0.0.1,proxy"]) }.hasPrefix("FORWARDED_ALLOW_IPS=\"proxy\": expected an IP address"))
        #expect(try refusal { try resolve([], [name: "*"], file: "forwarded_hops = 1") }.contains("not together with forwarded_allow_ips (FORWARDED_ALLOW_IPS)"))
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
        ("bind = [1]", "t.toml:1:9: bind = 1: expected an address as text, such as \"unix:/run/app.sock\" or \"127.0.0.1:8000\""),
        ("bind = []", "t.toml:1:1: bind = []: expected at least one address, such as unix:/run/app.sock or 127.0.0.1:8000"),
        ("socket_mode = 660", "t.toml:1:1: socket_mode = 660: expected an octal mode such as 0660, at most 0777; in a file write \"660\" or 0o660"),
        ("reuse_port = 'maybe'", "t.toml:1:1: reuse_port = \"maybe\": expected true or false"),
        ("lifespan = 'never'", "t.toml:1:1: lifespan = \"never\": expected auto, on or off"),
        ("read_timeout = 0", "t.toml:1:1: read_timeout = 0: expected a time above zero such as 30s, 1m30s or 500ms, at most 365d, or off"),
        ("backlog.x = 1", "t.toml:1:1: backlog = a table: expected a whole number from 1 to 65535"),
        ("\n\n gracful_timeout = 1", "t.toml:3:2: unknown setting \"gracful_timeout\"; did you mean graceful_timeout?"),
        ("admin_socket = 'unix:/run/a.sock'", "t.toml:1:1: admin_socket = \"unix:/run/a.sock\": it is always a Unix socket's path; leave unix: away"),
        ("xyzzy = 1", "t.toml:1:1: unknown setting \"xyzzy\"; roost.toml(5) lists the settings"),
        ("[server]\nbind = ':80'", "t.toml:1:1: [server]: there is no such table: settings stand at the top level, before the first table"),
        ("[[certificates]]", "t.toml:1:1: unknown setting \"certificates\"; did you mean certificate?"),
        ("config = 'x'", "t.toml:1:1: config: cannot be set in a file; use --config or ROOST_CONFIG"),
        ("root_path = \"/a\\nb\"", "t.toml:1:1: root_path = \"/a\\nb\": expected a path such as /app"),
        (
            "bind = ['unix:/a', '8000']",
            "t.toml:1:20: bind = \"8000\": not an address to listen on: a port alone is written with a colon before it (every address), or after a host; for example :8000 or 127.0.0.1:8000"
        ),
        (
            "bind = ['unix:/a?proxy_protocol=on']",
            "t.toml:1:9: bind = \"unix:/a?proxy_protocol=on\": not an address to listen on: proxy_protocol is off, auto, v1, v2 or required, not \"on\"; for example unix:/a?proxy_protocol=v2"
        ),
        (
            "\nbind = [{ address = 'unix:/a', proxy_protocol = true }]",
            "t.toml:2:32: bind = true: proxy_protocol of unix:/a: expected off, auto, v1, v2 or required; say which header must be there: v1 (nginx), v2 (HAProxy's send-proxy-v2), or required for either"
        ),
        (
            "bind = [{ address = 'unix:/a', proxy_allow_from = ['unix:', '10.0.0.1/8'] }]",
            "t.toml:1:61: bind = \"10.0.0.1/8\": proxy_allow_from of unix:/a: bits behind the first 8 are set; the network is 10.0.0.0/8, the address alone 10.0.0.1; for example 10.0.0.0/8"
        ),
        ("bind = [{ address = 'unix:/a', proxy_protcol = 'v2' }]", "t.toml:1:32: bind = \"v2\": proxy_protcol of unix:/a: unknown option; did you mean proxy_protocol?"),
        ("bind = [{ address = 'unix:/a', xyzzy = 1 }]", "t.toml:1:32: bind = 1: xyzzy of unix:/a: unknown option; there are address, proxy_protocol, proxy_allow_from, forwarded_allow_ips, tls"),
        ("bind = [{ proxy_protocol = 'v2' }]", "t.toml:1:9: bind = a table: expected an address in it, such as { address = \"unix:/run/app.sock\", proxy_protocol = \"v2\" }"),
        ("bind = { address = 5 }", "t.toml:1:10: bind = 5: expected an address as text, such as \"unix:/run/app.sock\" or \"127.0.0.1:8000\""),
        ("bind = [{ address = 'unix:/a?proxy_protocol=v2/' }]", "t.toml:1:11: bind = \"unix:/a?proxy_protocol=v2/\": not an address to listen on: the path names a directory, not a file; for example unix:/run/app.sock"),
        ("proxy_protocol = false", "t.toml:1:1: proxy_protocol = false: expected off, auto, v1, v2 or required; without the header it is \"off\""),
        (
            "header_map = 'dangerous'",
            "t.toml:1:1: header_map = \"dangerous\": expected drop or refuse; \"dangerous\" is not offered: any client could then send X_Forwarded_For and pose as the proxy, which sends X-Forwarded-For"
        ),
        (
            "forwarded_allow_ips = ['unix:', 'localhost']",
            "t.toml:1:33: forwarded_allow_ips = \"localhost\": expected an IP address, a network, unix: or * (names are not looked up); for example 127.0.0.1, 10.0.0.0/8 or unix:"
        ),
        (
            "forwarded_headers = ['x-forwarded-fro']",
            "t.toml:1:22: forwarded_headers = \"x-forwarded-fro\": expected x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-forwarded-port, x-forwarded-prefix or, alone, forwarded; did you mean x-forwarded-for?"
        ),
        (
            "forwarded_headers = ['forwarded', 'x-forwarded-for']",
            "t.toml:1:1: forwarded_headers = \"forwarded, x-forwarded-for\": forwarded stands alone: a proxy that sets it leaves the x-forwarded fields to the client, and the other way round"
        ),
        (
            "forwarded_hops = 2\nforwarded_allow_ips = 'unix:'",
            "t.toml:1:1: forwarded_hops = 2: not together with forwarded_allow_ips (t.toml:2:1): proxies are trusted by their number or by their addresses; leave one of them out"
        ),
        (
            "forwarded_hops = 2\nbind = 'unix:/a?forwarded_allow_ips=unix:'",
            "t.toml:1:1: forwarded_hops = 2: not together with forwarded_allow_ips of the bind unix:/a (t.toml:2:1): proxies are trusted by their number or by their addresses; leave one of them out"
        ),
        ("allow_peer_user = []", "t.toml:1:1: allow_peer_user = []: expected a user's name or number"),
        ("allow_peer_group = ['a b']", "t.toml:1:21: allow_peer_group = \"a b\": expected a group's name or number"),
        ("app_dir = ''\nbind = [\n  'unix:/a',\n  # a comment, with ]\n  '8000',\n]", "t.toml:1:1: app_dir = \"\": expected a directory"),
        ("root_path = 'app'", "t.toml:1:1: root_path = \"app\": expected a path such as /app, which begins with a slash"),
        ("server_names = ['a.example', 'b example']", "t.toml:1:30: server_names = \"b example\": expected a host's name such as example.org, *.example.org or example.org:8443"),
        ("read_timeout = 2026-11-23", "t.toml:1:1: read_timeout = a date: expected a time above zero such as 30s, 1m30s or 500ms, at most 365d, or off"),
    ])
    func mistakes(_ text: String, _ expected: String) throws {
        #expect(try refusal { try resolve(file: text) } == expected)
    }

    @Test("every mistake is found, each with the place of the very key or element")
    func allMistakes() throws {
        let text = """
            backlg = 1
            server_names = [
              "example.org",
              "b/c",
            ]
            [[bind]]
            address = "unix:/a"
            proxy_protocol = "v3"
            backlog = 5
            [[bind]]
            addres = "unix:/b"
            [[bind]]
              forwarded_allow_ips = ["::1", "::2/8"]
              address = "8000"
            """
        let layers = SettingLayers.all(
            .command, flags: [GivenFlag(key: "config", value: .text("t.toml")), GivenFlag(key: "workers", value: .text("-1"))],
            environment: ["ROOST_BACKLOG": "x"]
        ) { name throws(SettingError) in try ConfigurationFile(parsing: text, file: name) }
        let found = layers.problems.map { $0.description.split(separator: " ").first.map(String.init) ?? "" }
        #expect(found == [
            "t.toml:1:1:", "t.toml:4:3:", "t.toml:9:1:", "t.toml:8:1:", "t.toml:10:1:", "t.toml:11:1:", "t.toml:14:3:", "t.toml:13:33:",
            "ROOST_BACKLOG=\"x\":", "--workers",
        ])
        let all = layers.problems.map(\.description).joined(separator: "\n")
        #expect(all.contains("backlog of unix:/a: not an option of one bind but a setting for all; put it above the first [[bind]]"))
        #expect(all.contains("bind = \"unix:/b\": addres of this bind: unknown option; did you mean address?"))
    }

    @Test("a mistake in the environment names the variable")
    func environmentMistakes() throws {
        #expect(try refusal { try resolve([], ["ROOST_BACKLOG": ""]) } == "ROOST_BACKLOG=\"\": expected a whole number from 1 to 65535")
        #expect(try refusal { try resolve([], ["ROOST_BCKLOG": "1"]) } == "unknown setting ROOST_BCKLOG in the environment; did you mean ROOST_BACKLOG?")
        #expect(try refusal { try resolve([], ["ROOST_XYZZY": "1"]) } == "unknown setting ROOST_XYZZY in the environment; roost.toml(5) lists the settings")
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

    @Test("a bind that can't be written as text is listed as a table")
    func listedTable() throws {
        let settings = try resolve(file: "bind = ['[::1]:1', { address = '/a?b', proxy_protocol = 'v1', proxy_allow_from = [] }, { address = '/?c' }]")
        let text = ConfigurationListing.text(settings, .command)
        #expect(text.contains(
            "bind = [\"[::1]:1\", { address = \"unix:/a?b\", proxy_protocol = \"v1\", proxy_allow_from = [] }, { address = \"unix:/?c\" }]  # t.toml:1:1"))
        #expect(try resolve(file: text).values.serve.bind == settings.values.serve.bind)
    }

    @Test("what roost config prints is a file that gives the same settings")
    func listing() throws {
        let flags = [
            GivenFlag(key: "umask", value: .text("027")),
            GivenFlag(key: "bind", value: .list([.text("unix:/a \"b\".sock"), .text("systemd:?proxy_protocol=v1&proxy_allow_from=none")])),
            GivenFlag(key: "proxy_protocol", value: .text("auto")), GivenFlag(key: "proxy_allow_from", value: .list([.text("*"), .text("::1")])),
            GivenFlag(key: "forwarded_headers", value: .text("forwarded")), GivenFlag(key: "allow_peer_user", value: .text("root,33")),
            GivenFlag(key: "access_logfile", value: .text("-")), GivenFlag(key: "forwarded_hops", value: .text("2")),
        ]
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
