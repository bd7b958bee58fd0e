extension ForeignKey {
    /// Every key of other servers that is known here: all that Hypercorn has and Roost has not, and what Gunicorn and Uvicorn call differently.
    static let all = names + tls + protocols + processes + logs + listening

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

    private static let tls = [
        ForeignKey("cert_reqs", as: "verify_mode", "use verify_mode"),
        ForeignKey("ssl_certfile", as: "certfile", "use certfile"),
        ForeignKey("ssl_keyfile", as: "keyfile", "use keyfile"),
        ForeignKey("ssl_ca_certs", as: "ca_certs", "use ca_certs"),
        ForeignKey("ssl_ciphers", as: "ciphers", "use ciphers"),
        ForeignKey(
            "ssl_keyfile_password", flags: ["--keyfile-password", "--ssl-keyfile-password"],
            "everybody on the machine can read command lines; set keyfile_password in a file, or to credential:NAME"),
        ForeignKey(
            "verify_flags",
            "lists of revoked certificates are not looked at; let clients have certificates that do not last long"),
    ]

    private static let http3 = """
        Roost speaks HTTP/1.1 to the proxy in front, which speaks HTTP/3 to clients, and sends alt-svc for it: set it there
        """

    private static let protocols = [
        ForeignKey("alt_svc_headers", neutral: [.list([])], http3),
        ForeignKey("quic_bind", flags: ["--quic-bind"], neutral: [.list([])], http3),
        ForeignKey("h11_pass_raw_headers", neutral: [.boolean(false)], "names of header fields are passed in lower case, as ASGI wants them"),
        ForeignKey("max_app_queue_size", neutral: [.integer(10)], "what waits for an app is bounded in bytes (64 KiB), not in events"),
        ForeignKey("worker_connections", flags: ["--worker-connections"], neutral: [.integer(1000)], "use limit_connections"),
    ]

    private static let processes = [
        ForeignKey(
            "daemon", flags: ["--daemon", "-D"], neutral: [.boolean(true), .boolean(false)],
            "Roost stays in the foreground: the service manager starts it (deploy/systemd has units), and stops it"),
        ForeignKey("chdir", flags: ["--chdir"], "set WorkingDirectory= in the service unit, or app_dir to find the app's module"),
        ForeignKey("preload_app", flags: ["--preload"], neutral: [.boolean(false)], "each worker loads the app itself, so that a reload takes its new code"),
        ForeignKey("raw_env", flags: ["--env", "--env-file"], "set Environment= or EnvironmentFile= in the service unit"),
    ]

    private static let pythonLogging = """
        Roost's own log goes to standard error or the journal at log_level; the app configures its logging itself, for example with \
        logging.config.dictConfig
        """

    private static let logs = [
        ForeignKey("logconfig", flags: ["--log-config"], pythonLogging),
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
