/// The prose around the options in the help texts.
enum HelpText {
    /// How to give a setting other than by its flag.
    static let sources = """
        Each option is also a variable (--graceful-timeout 10s is ROOST_GRACEFUL_TIMEOUT=10s) and a key of the TOML \
        file that --config names (graceful_timeout = "10s"). A flag counts more than a variable, a variable more than \
        the file. A list is separated by commas. Times are written 30s, 1m30s or 500ms, sizes 64KB or 16MiB, modes in octal.
        """

    static let root = """
        EXAMPLES:
          Try it out on port 8000:
            roost serve builtin:hello
          An ASGI or WSGI app in Python, in its virtual environment:
            roost serve shop.main:app --venv /srv/shop/venv
          Behind nginx, on a Unix socket, and believing what it says of the client:
            roost serve builtin:hello --bind unix:/run/app.sock \\
              --socket-group www-data --forwarded-allow-ips unix:
          Behind HAProxy or nginx's stream module, which send a PROXY header:
            roost serve builtin:hello --bind 'unix:/run/app.sock?proxy_protocol=v2'
          On the sockets that a systemd socket unit opened:
            roost serve builtin:hello --bind systemd:
        """

    static let serve = """
        An app in Python is named by its module and the object in it, shop.main:app; without the object it is app. Whether it \
        is ASGI or WSGI is found out, unless asgi: or wsgi: stands in front.

        EXAMPLES:
          roost serve shop.main:app --venv /srv/shop/venv
          roost serve shop.main:create_app --factory --app-dir /srv/shop -k uvloop
          roost serve wsgi:shop.wsgi:application --python /usr/bin/python3 --threads 4
          roost serve builtin:hello
          roost serve builtin:echo --bind unix:/run/echo.sock --socket-group www-data
          roost serve builtin:hello -b 127.0.0.1:8000 -b [::1]:8000 --keep-alive 2m
          roost serve --config /etc/roost/app.toml
        """

    static let check = """
        It tries, as the user who would serve: every setting, the addresses, users and groups, the access log and the pid file, and loads \
        the app. It listens on nothing and leaves no file behind. It ends with 0 if the service would start, and else with 2.

        EXAMPLES:
          roost check --config /etc/roost/app.toml
          Before systemctl reload, while the service runs:
            roost check --running --user roost-app --config /etc/roost/app.toml
          In a service unit:
            ExecStartPre=roost check --config /etc/roost/app.toml
        """

    static func ownApp(_ program: String) -> String {
        """
        EXAMPLES:
          \(program) --bind 127.0.0.1:8000
          \(program) --bind unix:/run/\(program).sock --socket-group www-data
          \(program) --bind systemd:
        """
    }
}
