extension ForeignKey {
    /// Every key of other servers that is known here: all that Hypercorn has and Roost has not, and what Gunicorn and Uvicorn call differently.
    static let all = names + otherNames + tls + protocols + processes + logs + listening

    private static let ownApp = "this program is its own app; in a file for roost serve it names the app"

    /// Settings of Roost's under other names.
    private static let names = [
        ForeignKey("accesslog", as: "access_logfile", "use access_logfile"),
        ForeignKey("application_path", as: "app", ownApp),
        ForeignKey("wsgi_app", as: "app", ownApp),
        ForeignKey("h11_max_incomplete_size", as: "limit_request_head", flags: ["--h11-max-incomplete-event-size"], "use limit_request_head"),
        ForeignKey("keepalive", as: "keep_alive_timeout", flags: ["--timeout-keep-alive"], "use keep_alive_timeout"),
        ForeignKey("loglevel", as: "log_level", "use log_level"),
        ForeignKey("ws_max_size", as: "websocket_max_message_size", flags: ["--ws-max-size"], "use websocket_max_message_size"),
        ForeignKey("ws_ping_interval", as: "websocket_ping_interval", flags: ["--ws-ping-interval"], "use websocket_ping_interval"),
        ForeignKey("ws_ping_timeout", as: "websocket_ping_timeout", flags: ["--ws-ping-timeout"], "use websocket_ping_timeout"),
        ForeignKey("ws_per_message_deflate", as: "websocket_per_message_deflate", flags: ["--ws-per-message-deflate"], "use websocket_per_message_deflate"),
        ForeignKey("pid_path", as: "pid", "use pid"),
        ForeignKey("pidfile", as: "pid", "use pid"),
        ForeignKey("use_reloader", as: "reload", "use reload"),
        ForeignKey("errorlog", as: "error_logfile", flags: ["--error-log"], "use error_logfile"),
        ForeignKey("debug", neutral: [.boolean(false)], "it sets the debug mode of Python's event loop, which this program has not"),
        ForeignKey(
            "worker_class", neutral: [.text("asyncio"), .text("uvloop"), .text("trio")],
            "it chooses Python's event loop, which this program has not"),
    ]

    /// The same, of Uvicorn and Granian.
    private static let otherNames = [
        ForeignKey("loop", as: "worker_class", flags: ["--loop"], "it chooses Python's event loop, which this program has not"),
        ForeignKey("blocking_threads", as: "threads", flags: ["--blocking-threads"], "use threads"),
        ForeignKey("limit_max_requests", as: "max_requests", flags: ["--limit-max-requests"], "use max_requests"),
        ForeignKey("limit_max_requests_jitter", as: "max_requests_jitter", flags: ["--limit-max-requests-jitter"], "use max_requests_jitter"),
        ForeignKey("timeout_graceful_shutdown", as: "graceful_timeout", flags: ["--timeout-graceful-shutdown"], "use graceful_timeout"),
        ForeignKey("timeout_worker_healthcheck", as: "timeout", flags: ["--timeout-worker-healthcheck"], "use timeout"),
        ForeignKey("server_header", as: "include_server_header", flags: ["--server-header"], "use include_server_header"),
        ForeignKey("date_header", as: "include_date_header", flags: ["--date-header"], "use include_date_header"),
    ]

    private static let tls = [
        ForeignKey("cert_reqs", as: "verify_mode", "use verify_mode"),
        ForeignKey("ssl_certfile", as: "certfile", "use certfile"),
        ForeignKey("ssl_keyfile", as: "keyfile", "use keyfile"),
        ForeignKey("ssl_ca_certs", as: "ca_certs", "use ca_certs"),
        ForeignKey("ssl_ciphers", as: "ciphers", "use ciphers"),
        ForeignKey(
            "ssl_keyfile_password", flags: ["--keyfile-password", "--ssl-keyfile-password"],
            "everybody on the machine can read command lines; set keyfile_password in a file, or to credential:NAME"),
        ForeignKey("ssl_version", flags: ["--ssl-version"], "use tls_min_version"),
        ForeignKey(
            "verify_flags",
            "lists of revoked certificates are not looked at; let clients have certificates that do not last long"),
    ]

    private static let http3 = """
        Roost itself does not; let a proxy in front that speaks HTTP/3 to clients send alt-svc for it
        """

    private static let protocols = [
        ForeignKey("alt_svc_headers", neutral: [.list([])], http3),
        ForeignKey("quic_bind", flags: ["--quic-bind"], neutral: [.list([])], http3),
        ForeignKey("h11_pass_raw_headers", neutral: [.boolean(false)], "names of header fields are passed in lower case, as ASGI wants them"),
        ForeignKey("max_app_queue_size", neutral: [.integer(10)], "what waits for an app is bounded in bytes (64 KiB), not in events"),
        ForeignKey("ws_max_queue", flags: ["--ws-max-queue"], "what waits for an app is bounded in bytes (64 KiB), not in messages"),
        ForeignKey("http", flags: ["--http"], "there is one implementation of HTTP; http2 = false switches HTTP/2 off in clear text, alpn_protocols inside of TLS"),
        ForeignKey("ws", flags: ["--ws"], "there is one implementation of WebSocket, and it is always there"),
        ForeignKey("headers", flags: ["--header"], "let the app or the proxy add fields to responses"),
        ForeignKey("worker_connections", flags: ["--worker-connections"], neutral: [.integer(1000)], "use limit_connections"),
    ]

    private static let processes = [
        ForeignKey(
            "daemon", flags: ["--daemon", "-D"], neutral: [.boolean(true), .boolean(false)],
            "Roost stays in the foreground: the service manager starts it (deploy/systemd has units), and stops it"),
        ForeignKey("chdir", flags: ["--chdir"], "set WorkingDirectory= in the service unit, or app_dir to find the app's module"),
        ForeignKey("preload_app", flags: ["--preload"], neutral: [.boolean(false)], "each worker loads the app itself, so that a reload takes its new code"),
        ForeignKey("pythonpath", flags: ["--pythonpath"], "use app_dir"),
        ForeignKey("reload_extra_files", flags: ["--reload-extra-file"], "use reload_include, for names of files below app_dir"),
        ForeignKey("reload_dirs", flags: ["--reload-dir"], "what is looked at is below app_dir, or the working directory"),
        ForeignKey("proc_name", flags: ["--name", "-n"], "systemd names the service by its unit"),
        ForeignKey("raw_env", flags: ["-e", "--env", "--env-file"], "set Environment= or EnvironmentFile= in the service unit"),
    ]

    private static let pythonLogging = """
        log_level, log_format and error_logfile are for Roost's own log; the app configures its logging itself, for example with \
        logging.config.dictConfig
        """

    private static let logs = [
        ForeignKey("logconfig", flags: ["--log-config"], pythonLogging),
        ForeignKey("access_log", flags: ["--no-access-log"], neutral: [.boolean(false)], "there is an access log if access_logfile says where, and else none"),
        ForeignKey("capture_output", flags: ["--capture-output"], neutral: [.boolean(false)], "what the app prints goes where Roost's own does, under systemd to the journal"),
        ForeignKey("syslog", flags: ["--log-syslog"], neutral: [.boolean(false)], "use error_logfile = \"journal\", and access_logfile for the access log"),
        ForeignKey("logconfig_dict", neutral: [.table([:])], pythonLogging),
        ForeignKey("logger_class", neutral: [.text("hypercorn.logging.Logger")], pythonLogging),
    ]

    private static let listening = [
        ForeignKey("host", flags: ["--host"], "put host and port into bind, such as 127.0.0.1:8000"),
        ForeignKey("port", flags: ["--port"], "put host and port into bind, such as 127.0.0.1:8000"),
        ForeignKey("uds", flags: ["--uds"], "put it into bind, such as unix:/run/app.sock"),
        ForeignKey("fd", flags: ["--fd"], "put it into bind, such as fd://3, or systemd: for the sockets of a socket unit"),
        ForeignKey(
            "proxy_headers", flags: ["--proxy-headers", "--no-proxy-headers"], neutral: [.boolean(false)],
            "forwarded fields are believed of those whom forwarded_allow_ips names, and of nobody while it is empty"),
        ForeignKey(
            "interface", flags: ["--interface"], neutral: [.text("auto")],
            "write asgi: or wsgi: in front of the app's name, if the app's contract is not found out"),
    ]
}
