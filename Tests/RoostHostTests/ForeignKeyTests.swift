import Roost
import Testing

@testable import RoostHost

@Suite("Keys and flags of other servers")
struct ForeignKeyTests {
    /// Every attribute of Hypercorn 0.18's Config.
    private static let hypercorn = [
        "access_log_format", "accesslog", "alpn_protocols", "alt_svc_headers", "application_path", "backlog", "bind", "ca_certs", "cert_reqs", "certfile",
        "ciphers", "daemon", "debug", "dogstatsd_tags", "errorlog", "graceful_timeout", "group", "h11_max_incomplete_size", "h11_pass_raw_headers",
        "h2_max_concurrent_streams", "h2_max_header_list_size", "h2_max_inbound_frame_size", "include_date_header", "include_server_header", "insecure_bind",
        "keep_alive_max_requests", "keep_alive_timeout", "keyfile", "keyfile_password", "logconfig", "logconfig_dict", "logger_class", "loglevel",
        "max_app_queue_size", "max_requests", "max_requests_jitter", "pid_path", "quic_bind", "read_timeout", "root_path", "server_names", "shutdown_timeout",
        "ssl_handshake_timeout", "startup_timeout", "statsd_host", "statsd_prefix", "umask", "use_reloader", "user", "verify_flags", "verify_mode",
        "websocket_max_message_size", "websocket_ping_interval", "worker_class", "workers", "wsgi_max_body_size",
    ]

    /// Every flag of Hypercorn's command.
    private static let hypercornFlags = [
        "--access-log", "--access-logfile", "--access-logformat", "--backlog", "-b", "--bind", "--ca-certs", "--certfile", "--cert-reqs", "--ciphers", "-c",
        "--config", "-D", "--daemon", "--debug", "--error-log", "--error-logfile", "--log-file", "--graceful-timeout", "--read-timeout", "--max-requests",
        "--max-requests-jitter", "-g", "--group", "-k", "--worker-class", "--keep-alive", "--keyfile", "--keyfile-password", "--insecure-bind", "--log-config",
        "--log-level", "-p", "--pid", "--quic-bind", "--reload", "--root-path", "--server-name", "--statsd-host", "--statsd-prefix", "-m", "--umask", "-u",
        "--user", "--verify-mode", "--websocket-ping-interval", "-w", "--workers",
    ]

    /// Flags of Uvicorn's and Gunicorn's commands that many deployments have.
    private static let otherFlags = [
        "--host", "--port", "--uds", "--fd", "--reload", "--reload-dir", "--reload-include", "--reload-exclude", "--workers", "--env-file", "--log-config", "--log-level",
        "--access-log", "--no-access-log", "--proxy-headers", "--no-proxy-headers", "--forwarded-allow-ips", "--root-path", "--limit-concurrency", "--backlog",
        "--limit-max-requests", "--timeout-keep-alive", "--timeout-graceful-shutdown", "--timeout-worker-healthcheck", "--ssl-keyfile", "--ssl-certfile",
        "--ssl-keyfile-password", "--ssl-version", "--ssl-cert-reqs", "--ssl-ca-certs", "--ssl-ciphers", "--header", "--app-dir", "--factory", "--loop", "--http", "--ws",
        "--ws-max-size", "--ws-max-queue", "--ws-ping-interval", "--ws-ping-timeout", "--ws-per-message-deflate", "--lifespan", "--interface",
        "--h11-max-incomplete-event-size", "--chdir", "--preload", "-e", "--env", "--pythonpath", "--threads", "--worker-connections", "--max-requests",
        "--max-requests-jitter", "--timeout", "--keep-alive", "--limit-request-line", "--limit-request-fields", "-n", "--name",
        "--reload-extra-file", "--capture-output", "--log-syslog", "--proxy-protocol", "--proxy-allow-from", "--reuse-port", "--check-config", "--print-config",
    ]

    private func resolve(file text: String, table: SettingTable = .command) throws(SettingError) -> ResolvedSettings {
        try SettingLayers.resolve(table, flags: [GivenFlag(key: "config", value: .text("h.toml"))], environment: [:]) { name throws(SettingError) in
            try ConfigurationFile(parsing: text, file: name)
        }
    }

    private func refusal(_ text: String, table: SettingTable = .command) throws -> String {
        try #require(throws: SettingError.self) { try resolve(file: text, table: table) }.description
    }

    @Test("every key of Hypercorn's is a setting or has an entry, for the command and for a program that is its own app", arguments: hypercorn)
    func keys(_ key: String) {
        for table in [SettingTable.command, .ownApp] { #expect(table.setting(key: key) != nil || ForeignKey.named(key) != nil) }
    }

    @Test("every flag of Hypercorn's, and those of others, is one of roost serve, or has an entry that no setting hides", arguments: hypercornFlags + otherFlags)
    func flags(_ flag: String) {
        let own = SettingTable.command.settings.filter { $0.places.contains(.flag) }.contains { setting in
            (["--\(setting.longFlag)"] + setting.otherFlags.map { "--\($0)" } + (setting.short.map { ["-\($0)"] } ?? [])).contains(flag)
        }
        #expect(own || ForeignKey.flag(flag) != nil || ["--check-config", "--print-config"].contains(flag))
    }

    @Test("each entry has a name of its own, and says what to do")
    func entries() {
        #expect(Set(ForeignKey.all.map(\.key)).count == ForeignKey.all.count)
        let flags = ForeignKey.all.flatMap(\.flags)
        #expect(Set(flags).count == flags.count)
        // A key is either a setting or somebody else's; but some are settings of apps in Python alone.
        for entry in ForeignKey.all { #expect(SettingTable.ownApp.setting(key: entry.key) == nil, "\(entry.key)") }
        for entry in ForeignKey.all { #expect(!entry.advice.isEmpty && !entry.advice.hasSuffix(".")) }
    }

    @Test("Hypercorn's own file is understood whole, and says what in it means nothing")
    func wholeFile() throws {
        let settings = try resolve(file: """
            bind = "unix:/run/shop/http.sock"
            insecure_bind = []
            quic_bind = []
            application_path = "asgi:shop.main:app"
            root_path = "/shop/"
            accesslog = "-"
            loglevel = "WARN"
            backlog = 100
            debug = true
            worker_class = "uvloop"
            workers = 0
            user = 33
            group = 33
            umask = 0o007
            pid_path = "/run/shop/pid"
            use_reloader = false
            graceful_timeout = 3
            keep_alive_timeout = 5
            keep_alive_max_requests = 500
            h11_max_incomplete_size = 16384
            max_requests = 10000
            max_requests_jitter = 100
            server_names = ["shop.example", "www.shop.example:443"]
            wsgi_max_body_size = 1048576
            startup_timeout = 60.0
            daemon = true
            errorlog = "-"
            access_log_format = "%(h)s %(l)s %(l)s %(t)s \\"%(r)s\\" %(s)s %(b)s \\"%(f)s\\" \\"%(a)s\\""
            statsd_host = "localhost:8125"
            statsd_prefix = "shop."
            dogstatsd_tags = "env:prod"
            h2_max_concurrent_streams = 50
            h2_max_header_list_size = 32768
            h2_max_inbound_frame_size = 65536
            websocket_max_message_size = 16777216
            alpn_protocols = ["h2", "http/1.1"]
            """)
        let (values, serve) = (settings.values, settings.values.serve)
        #expect(values.app == "asgi:shop.main:app" && values.accessLogFile == "-" && values.errorLogFile == "-" && values.logLevel == .warning)
        #expect(serve.bind == [.unix(path: "/run/shop/http.sock")] && serve.rootPath == "/shop" && serve.socket.umask == 7)
        #expect(values.python.loop == .uvloop && values.python.isDebugging && values.processes.workers == 1 && !values.processes.reloads)
        #expect(values.rights.user == "33" && values.rights.pidFile == "/run/shop/pid")
        #expect(serve.keepAliveTimeout == .seconds(5) && serve.keepAliveMaxRequests == 500 && serve.requestLimits.headSize == 16384)
        #expect(serve.wsgiMaxBodySize == 1 << 20 && serve.serverNames.map(\.description) == ["shop.example", "www.shop.example:443"])
        #expect(serve.h2MaxConcurrentStreams == 50 && serve.h2MaxHeaderListSize == 32768 && serve.h2MaxInboundFrameSize == 65536)
        #expect(settings.origins["access_logfile"]?.description == "h.toml:6:1 (accesslog)")
        let named = settings.warnings.map { $0.split(separator: " ")[1] }
        #expect(named == ["quic_bind", "daemon"])
        #expect(serve.websocketMaxMessageSize == 16 << 20)
        #expect(settings.warnings[0].hasPrefix("h.toml:3:1: quic_bind = [] has no meaning here and may be left out: "))
        #expect(values.tls.insecureBinds == [] && values.tls.alpnProtocols == [.http2, .http1])
    }

    @Test("what can't apply is refused with what to do instead", arguments: [
        ("verify_flags = 4", "h.toml:1:1: verify_flags = 4: lists of revoked certificates are not looked at"),
        ("quic_bind = ['localhost:4433']", "a proxy in front that speaks HTTP/3"),
        ("logconfig = 'log.ini'", "logging.config.dictConfig"),
        ("max_app_queue_size = 50", "bounded in bytes"),
        ("h11_pass_raw_headers = true", "lower case"),
        ("loglevel = 'loud'", "h.toml:1:1: loglevel = \"loud\": expected trace, debug"),
        ("access_logfile = '-'\naccesslog = '/a'", "h.toml:2:1: accesslog: is set already, as access_logfile at h.toml:1:1; leave one of them out"),
        ("acesslog = '-'", "h.toml:1:1: unknown setting \"acesslog\"; did you mean accesslog?"),
    ])
    func refused(_ text: String, _ expected: String) throws {
        #expect(try refusal(text).contains(expected))
    }

    @Test("a program that is its own app says what names no app there")
    func ownApp() throws {
        #expect(try refusal("application_path = 'a:b'", table: .ownApp).contains("this program is its own app"))
        #expect(try refusal("debug = true", table: .ownApp).contains("Python's event loop"))
        #expect(try resolve(file: "debug = false\nworker_class = 'trio'", table: .ownApp).warnings.count == 2)
    }

    @Test("a variable of such a name leads to the right one")
    func variables() throws {
        func refusal(_ variable: String) throws -> String {
            try #require(throws: SettingError.self) { try SettingLayers.resolve(.command, flags: [], environment: [variable: "x"]) }.description
        }
        #expect(try refusal("ROOST_ACCESSLOG") == "unknown setting ROOST_ACCESSLOG in the environment; did you mean ROOST_ACCESS_LOGFILE?")
        #expect(try refusal("ROOST_CERT_REQS") == "unknown setting ROOST_CERT_REQS in the environment; did you mean ROOST_VERIFY_MODE?")
    }

    @Test("a flag of such a name is refused with what to do instead", arguments: [
        ("--keyfile-password", "--keyfile-password: everybody on the machine can read command lines"), ("-D", "-D: Roost stays in the foreground"), ("--uds", "--uds: put it into bind"),
        ("--timeout-keep-alive", "--timeout-keep-alive: use --keep-alive-timeout"), ("--log-config", "--log-config: log_level, log_format and error_logfile are for Roost's own log"),
        ("--loop", "--loop: use --worker-class; see roost serve --help"), ("--http", "--http: there is one implementation of HTTP"), ("-e", "-e: set Environment="),
        ("--limit-max-requests", "--limit-max-requests: use --max-requests;"), ("--no-access-log", "--no-access-log: there is an access log if"),
    ])
    func refusedFlags(_ flag: String, _ expected: String) throws {
        let error = try #require(throws: CommandLineError.self) { try CommandLineRequest(roost: ["serve", "m:app", flag, "x"], environment: [:]) }
        #expect(error.description.hasPrefix(expected))
    }

    @Test("a file that is Python is refused", arguments: ["python:conf", "file:conf.py", "gunicorn.conf.py"])
    func pythonFiles(_ name: String) throws {
        let error = try #require(throws: SettingError.self) { try CommandLineRequest(roost: ["serve", "--config", name], environment: [:]) }
        #expect(error.description.contains("settings are not read from Python"))
    }
}
