internal import Roost

/// Every setting there is. Flags, variables, keys of the configuration file, help and `roost config` are made from these
/// rows, and a test compares the manual with them.
struct SettingTable: Sendable {
    static let variablePrefix = "ROOST_"

    let settings: [Setting]

    /// The settings of the `roost` command.
    static let command = SettingTable(settings: [app] + python + files + shared)
    /// The settings of an executable that is its own app.
    static let ownApp = SettingTable(settings: shared)

    func setting(key: String) -> Setting? { settings.first { $0.key == key } }

    func settings(in section: SettingSection) -> [Setting] { settings.filter { $0.section == section } }

    /// The argument of `roost serve`, so it has no flag.
    private static let app = Setting(
        "app", .general, .unset(or: .text("app", expected: "an app such as shop.main:app, static:/srv/www or builtin:hello")), \.app,
        places: [.environment, .file],
        "What to serve, such as shop.main:app, static:/srv/www or builtin:hello."
    )

    private static let python: [Setting] = [
        Setting(
            "python", .python, .unset(or: .path("path", expected: "the path of an interpreter such as /usr/bin/python3")), \.python.interpreter,
            "Run the app with this interpreter; else that of --venv, of $VIRTUAL_ENV, or python3."
        ),
        Setting(
            "venv", .python, .unset(or: .path("directory", expected: "a virtual environment's directory")), \.python.environment,
            "Run the app in this virtual environment."
        ),
        Setting(
            "app_dir", .python, .unset(or: .path("directory", expected: "a directory")), \.python.directory,
            "Look for the app's module in this directory first, in place of the working directory."
        ),
        Setting("factory", .python, .onOff, \.python.isFactory, "Call what is named, without arguments, to get the app."),
        Setting(
            "worker_class", .python, .choice("loop"), \.python.loop, short: "k",
            "Run ASGI apps on this event loop: asyncio, uvloop or trio."
        ),
        Setting("debug", .python, .onOff, \.python.isDebugging, "Switch the event loop's debug mode on, which finds slow callbacks and forgotten awaits."),
    ]

    private static let files: [Setting] = [
        Setting(
            "static_index", .files, .either(.fileName, or: "off"), \.files.index,
            "Send this file of a directory for the directory itself; off for none."
        ),
        Setting(
            "static_symlinks", .files, .onOff, \.files.followsLinks,
            "Follow symbolic links that are relative and do not lead out of the directory."
        ),
        Setting(
            "static_precompressed", .files, .onOff, \.files.servesPrecompressed,
            "Send name.br or name.gz in place of name to clients that take it."
        ),
        Setting(
            "static_max_age", .files, .either(.time, or: "off"), \.files.maxAge,
            "Let caches use files for this long without asking again (Cache-Control); off to say nothing."
        ),
    ]

    private static let shared: [Setting] = [general, listening, tls, http2, webSocket, proxies, application, workers, development, responses, limits, timeouts, lifecycle, observation, process].flatMap(\.self)

    private static let general: [Setting] = [
        Setting(
            "config", .general, .unset(or: .configFile), \.configFile, short: "c", places: [.flag, .environment],
            "Read settings from this TOML file; credential:NAME is one that systemd passes to the service."
        ),
        Setting(
            "log_level", .general, .logLevel, \.logLevel,
            "Write log entries of this level and above: trace, debug, info, notice, warning, error or critical."
        ),
        Setting(
            "log_format", .general, .choice("form"), \.logFormat,
            "Write log entries as plain lines, logfmt, json or entries of the journal; auto is what suits the place where they go."
        ),
        Setting(
            "error_logfile", .general, .path("file", expected: "a file name, - for standard error, or journal"), \.errorLogFile, otherFlags: ["log-file"],
            "Write log entries to this file, to standard error for -, or to the journal for journal."
        ),
        Setting(
            "access_logfile", .general, .unset(or: .path("file", expected: "a file name, - for standard output, or journal")), \.accessLogFile,
            otherFlags: ["access-log"],
            "Write a line for each request to this file, to standard output for -, or to the journal for journal."
        ),
        Setting(
            "access_log_format", .general, .accessLogFormat, \.accessLogFormat, otherFlags: ["access-logformat"],
            "Write these lines in this form: roost, combined, common, json, or atoms such as %(h)s %(s)s, which roost(1) lists."
        ),
    ]

    private static let application: [Setting] = [
        Setting(
            "root_path", .application, .pathPrefix, \.serve.rootPath,
            "Tell the app that the proxy mounts it under this path."
        ),
        Setting(
            "server_names", .application, .serverNames, \.serve.serverNames, otherFlags: ["server-name"],
            "Answer 421 to requests for other hosts than these, such as example.org or *.example.org; may be given several times."
        ),
        Setting("event_loops", .application, .count(1...1024), \.serve.eventLoops, "Run this many event loop threads; a process of Python has one."),
        Setting(
            "app_executor", .application, .choice("where"), \.serve.appExecutor,
            "Run ASGI apps in Swift on the event-loop (fastest) or, if they block, on the thread pool."
        ),
        Setting(
            "threads", .application, .either(.count(1...1024), or: "auto"), \.threads, otherFlags: ["wsgi-threads"],
            "Run WSGI apps on this many threads; auto is 8 for apps in Swift and 1 for apps in Python, which then is the event loop's own."
        ),
        Setting("lifespan", .application, .choice("when"), \.serve.lifespan, "Run the app's lifespan: auto, on or off."),
    ]

    private static let workers: [Setting] = [
        Setting(
            "workers", .workers, .either(.workers, or: "auto"), \.processes.workers, short: "w", commonVariable: "WEB_CONCURRENCY",
            "Serve with this many processes; auto is one for each processor."
        ),
        Setting(
            "timeout", .workers, .either(.positiveTime, or: "off"), \.processes.timeout,
            "Kill and replace a worker whose event loop has not answered for this long."
        ),
        Setting(
            "max_requests", .workers, .either(.count(1...1_000_000_000), or: "off"), \.processes.maxRequests,
            "Replace a worker after about this many requests."
        ),
        Setting(
            "max_requests_jitter", .workers, .count(0...1_000_000_000), \.processes.maxRequestsJitter,
            "Add a random number up to this one to each worker's max_requests."
        ),
        Setting(
            "worker_lifetime", .workers, .either(.positiveTime, or: "off"), \.processes.lifetime, otherFlags: ["workers-lifetime"],
            "Replace a worker at this age, or up to a tenth earlier."
        ),
        Setting(
            "workers_max_rss", .workers, .either(.bytes((1 << 20)...(1 << 50)), or: "off"), \.processes.maxResidentBytes,
            "Replace a worker that has more resident memory than this."
        ),
    ]

    private static let development: [Setting] = [
        Setting("reload", .development, .onOff, \.processes.reloads, "Start the app anew when its files change, in app_dir or the working directory."),
        Setting(
            "reload_include", .development, .patterns, \.processes.reloadIncluded,
            "Look at files whose names match this pattern; may be given several times."
        ),
        Setting(
            "reload_exclude", .development, .patterns, \.processes.reloadExcluded,
            "Leave out files and directories whose names match this pattern; may be given several times."
        ),
    ]

    private static let responses: [Setting] = [
        Setting("include_server_header", .responses, .onOff, \.serve.includeServerHeader, "Send a server field."),
        Setting("include_date_header", .responses, .onOff, \.serve.includeDateHeader, "Send a date field."),
        Setting(
            "include_request_id_header", .responses, .onOff, \.serve.includeRequestIDHeader, "Send the request's id in an x-request-id field."
        ),
        Setting(
            "early_hints", .responses, .onOff, \.serve.earlyHints,
            "Let apps send 103 Early Hints; only behind a proxy that knows them: nginx since 1.29, HAProxy."
        ),
    ]

    private static let limits: [Setting] = [
        Setting(
            "limit_request_line", .limits, .bytes(64...65535), \.serve.requestLimits.requestLine,
            "Answer 414 to a longer request line."
        ),
        Setting(
            "limit_request_fields", .limits, .count(1...10000), \.serve.requestLimits.fieldCount,
            "Answer 431 to more header fields."
        ),
        Setting(
            "limit_request_field_size", .limits, .bytes(64...65535), \.serve.requestLimits.fieldSize,
            "Answer 431 to a longer header field."
        ),
        Setting(
            "limit_request_head", .limits, .bytes(128...65535), \.serve.requestLimits.headSize,
            "Answer 431 to a larger request line and header together."
        ),
        Setting(
            "max_body_size", .limits, .either(.bytes(1...(1 << 50)), or: "off"), \.serve.maxBodySize,
            "Answer 413 to a larger request body; off for no limit."
        ),
        Setting(
            "wsgi_max_body_size", .limits, .unset(or: .bytes(1...(1 << 50))), \.serve.wsgiMaxBodySize,
            "Answer 413 to a larger request body if the app is a WSGI app, in place of max_body_size."
        ),
        Setting(
            "keep_alive_max_requests", .limits, .either(.count(1...1_000_000_000), or: "off"), \.serve.keepAliveMaxRequests,
            "Close a connection after this many requests, announced by connection: close."
        ),
        Setting(
            "limit_connections", .limits, .either(.count(1...10_000_000), or: "auto"), \.serve.limitConnections,
            "Serve at most this many connections at once; auto is what the descriptor limit allows, less 64."
        ),
        Setting(
            "limit_concurrency", .limits, .either(.count(1...10_000_000), or: "off"), \.serve.limitConcurrency,
            "Answer 503 to requests while this many are in flight in a process; off for as many as there are connections."
        ),
    ]

    private static let timeouts: [Setting] = [
        Setting("header_timeout", .timeouts, .either(.positiveTime, or: "off"), \.serve.headerTimeout, "Wait this long for a request's header; then answer 408."),
        Setting("read_timeout", .timeouts, .either(.positiveTime, or: "off"), \.serve.readTimeout, "Wait this long for the next piece of a request's body."),
        Setting("write_timeout", .timeouts, .either(.positiveTime, or: "off"), \.serve.writeTimeout, "Wait this long for the client to take more of a response."),
        Setting(
            "keep_alive_timeout", .timeouts, .either(.positiveTime, or: "off"), \.serve.keepAliveTimeout, otherFlags: ["keep-alive"],
            "Keep an idle connection open this long; longer than the proxy does."
        ),
        Setting(
            "disconnect_grace", .timeouts, .time, \.serve.disconnectGrace,
            "Leave an app this long to notice that its client is gone; then cancel it."
        ),
    ]

    private static let lifecycle: [Setting] = [
        Setting("startup_timeout", .lifecycle, .either(.positiveTime, or: "off"), \.serve.startupTimeout, "Let the app's startup take this long."),
        Setting("shutdown_timeout", .lifecycle, .either(.positiveTime, or: "off"), \.serve.shutdownTimeout, "Let the app's shutdown take this long."),
        Setting(
            "drain_delay", .lifecycle, .time, \.serve.drainDelay,
            "Go on accepting connections for this long when stopping, so that load balancers notice in time."
        ),
        Setting(
            "exit_idle_time", .lifecycle, .either(.positiveTime, or: "off"), \.processes.exitIdleTime,
            "Stop after this long without a connection, if systemd holds the sockets and starts the service again."
        ),
        Setting(
            "fd_store", .lifecycle, .onOff, \.processes.storesSockets,
            "Keep sockets open over a restart in systemd's store (FileDescriptorStoreMax= in the unit)."
        ),
        Setting(
            "graceful_timeout", .lifecycle, .time, \.serve.gracefulTimeout,
            "Let requests in flight finish for this long when stopping; 0 cuts them at once."
        ),
    ]

    private static let observation: [Setting] = [
        Setting(
            "admin_socket", .observation, .unset(or: .socketPath),
            \.observation.adminSocket,
            "Answer /healthz, /readyz, /metrics, /status and roost status on this Unix socket, for its owner alone."
        ),
        Setting(
            "statsd_host", .observation, .unset(or: .statsDServer), \.observation.statsDServer,
            "Send counts and times of requests to this StatsD server over UDP; the port is 8125 unless given."
        ),
        Setting(
            "statsd_prefix", .observation, .text("prefix", expected: "text such as shop.", allowEmpty: true), \.observation.statsDPrefix,
            "Put this before the names there."
        ),
        Setting(
            "dogstatsd_tags", .observation, .text("tags", expected: "tags such as env:prod,team:web", allowEmpty: true), \.observation.statsDTags,
            "Tag what is sent there, as DogStatsD understands: name:value, separated by commas."
        ),
        Setting(
            "slow_request", .observation, .either(.positiveTime, or: "off"), \.observation.slowRequest,
            "Log requests that take longer than this while they run, and again when that has doubled."
        ),
    ]

    private static let process: [Setting] = [
        Setting(
            "user", .process, .unset(or: .account("user")), \.rights.user, short: "u",
            "Serve as this user (name or number), for whom root's rights are given up before the app is loaded."
        ),
        Setting(
            "group", .process, .unset(or: .account("group")), \.rights.group, short: "g",
            "Serve in this group (name or number); without it, in that of --user."
        ),
        Setting("allow_root", .process, .onOff, \.rights.allowsRoot, "Serve as root all the same."),
        Setting(
            "pid", .process, .unset(or: .path("file", expected: "a file name")), \.rights.pidFile, short: "p",
            "Write the process id to this file once the app is served, and remove the file at the end."
        ),
    ]
}
