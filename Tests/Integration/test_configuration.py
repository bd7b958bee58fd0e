"""Configuration as its writer meets it: files of Hypercorn's, `roost config`, and `roost check` on everything that may be wrong."""

import os
import re
import socket
import subprocess
import tempfile
import textwrap
import unittest

from clients import Connection, ask, unix
from processes import Program, free_port
from python_apps import CORE, environment
from requirements import binary, require_root

HELLO = """
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-root", scope["root_path"].encode())]})
        await send({"type": "http.response.body", "body": b"hello from the file"})
"""


class Directory(unittest.TestCase):
    """Tests in a directory of their own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-configuration-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        os.chmod(self.directory, 0o755)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(textwrap.dedent(text))
        return self.path(name)

    def names(self):
        return sorted(name for name in os.listdir(self.directory) if name != "__pycache__")

    def roost(self, *arguments, variables=None, program=None, **options):
        inherited = {name: value for name, value in os.environ.items()
                     if name == "ROOST_ALLOW_ROOT" or not name.startswith(("ROOST_", "LISTEN_", "VIRTUAL_ENV"))}
        inherited.update(variables or {}, PYTHONDONTWRITEBYTECODE="1")
        return subprocess.run([*(program or [binary("ROOST_BIN")]), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, env=inherited, cwd=self.directory, timeout=120, **options)


class HypercornTests(Directory):
    def test_hypercorn_s_own_file_is_served(self):
        self.write("shop.py", HELLO)
        self.write("hypercorn.toml", """
            # As Hypercorn's documentation has them.
            bind = "unix:{0}/http.sock"
            insecure_bind = []
            application_path = "asgi:shop:app"
            root_path = "/shop/"
            accesslog = "{0}/access.log"
            errorlog = "-"
            loglevel = "INFO"
            backlog = 100
            graceful_timeout = 3
            keep_alive_timeout = 5
            keep_alive_max_requests = 2
            h11_max_incomplete_size = 16384
            server_names = ["shop.example"]
            worker_class = "asyncio"
            workers = 1
            pid_path = "{0}/pid"
            use_reloader = false
            include_server_header = false
            alpn_protocols = ["h2", "http/1.1"]
            quic_bind = []
            h2_max_concurrent_streams = 100
            """.format(self.directory))
        wrapper = ("sh", "-c", 'cd "$0" && exec "$@"', self.directory)
        program = Program(self, binary("ROOST_BIN"), "serve", "--config", "hypercorn.toml", "--venv", environment(CORE), wrapper=wrapper)
        program.wait_until_ready()
        connector = unix(self.path("http.sock"))
        answer = ask(connector, "/", headers={"Host": "shop.example"})
        self.assertEqual((answer.status, answer.body, answer.headers["x-root"]), (200, b"hello from the file", "/shop"))
        self.assertNotIn("server", answer.headers)
        self.assertEqual(ask(connector, "/", headers={"Host": "other.example"}).status, 421)
        with Connection(connector, "shop.example") as connection:
            self.assertEqual([connection.ask().headers.get("connection") for _ in range(2)], [None, "close"])
        with open(self.path("pid")) as file:
            self.assertEqual(int(file.read()), program.pid)
        self.assertEqual(program.terminate().wait(), 0)
        with open(self.path("access.log")) as file:
            self.assertEqual([line.split()[8] for line in file], ["200", "421", "200", "200"])
        for key in ("quic_bind",):
            found = re.findall(r"(?m)^\S+ warning  hypercorn\.toml:\d+:1: {} = .* has no meaning here".format(key), program.output())
            self.assertEqual(len(found), 1, program.output())

    def test_what_has_no_meaning_is_said_once_however_many_processes_there_are(self):
        self.write("hypercorn.toml", "application_path = 'builtin:hello'\nbind = 'unix:{}'\nworkers = 2\nquic_bind = []\n".format(self.path("a.sock")))
        program = Program(self, binary("ROOST_BIN"), "serve", "--config", self.path("hypercorn.toml")).wait_until_ready()
        self.assertEqual(program.terminate().wait(), 0)
        self.assertEqual(program.output().count("quic_bind = [] has no meaning here"), 1, program.output())

    def test_what_roost_config_prints_gives_the_same(self):
        first = self.roost("config", "shop:app", "--bind", "unix:/a b?proxy_protocol=v1", "-b", "[::1]:1", "--accesslog", "/x")
        self.assertEqual(first.returncode, 2)
        self.assertIn("did you mean '--access-log'", first.stderr)
        self.write("first.toml", """
            accesslog = '/var/log/a "b"\\c.log'
            [[bind]]
            address = "unix:/a?b"
            proxy_allow_from = ["::1"]
            """)
        first = self.roost("config", "shop:app", "--config", "first.toml", "--server-name", "a.example", "-k", "trio", variables={"ROOST_BACKLOG": "7"})
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertRegex(first.stdout, r'(?m)^access_logfile = .*  # first\.toml:2:1 \(accesslog\)$')
        self.assertRegex(first.stdout, r"(?m)^backlog = 7  # ROOST_BACKLOG$")
        self.write("second.toml", first.stdout)
        second = self.roost("serve", "--print-config", "--config", "second.toml")
        strip = lambda text: [line.split("  # ")[0] for line in text.splitlines()]
        self.assertEqual(strip(second.stdout), strip(first.stdout))


class CheckTests(Directory):
    def check(self, *arguments, status=2, **options):
        """What a check reports, line by line; it must leave everything as it was."""
        before = self.names()
        done = self.roost("check", *arguments, **options)
        self.assertEqual(self.names(), before)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "ok\n" if status == 0 else "")
        return done.stderr.splitlines()

    def errors(self, lines):
        return [line[len("roost: error: "):] for line in lines if line.startswith("roost: error: ")]

    def test_what_is_right_is_ok(self):
        self.write("shop.py", "print('imported')\n" + textwrap.dedent(HELLO))
        lines = self.check("shop", "--bind", "unix:" + self.path("a.sock"), "--bind", "127.0.0.1:{}".format(free_port()), "--pid", self.path("pid"),
                           "--access-logfile", self.path("access.log"), "--venv", environment(CORE), status=0)
        self.assertEqual(lines, ["imported"])
        self.assertEqual(self.check("builtin:hello", "--bind", "unix:a.sock", status=0), [])
        self.assertEqual(self.check("builtin:hello", "--bind", "unix:one/two/a.sock", "--socket-make-dirs", status=0), [])
        done = self.roost("serve", "--check-config", "builtin:hello", "--bind", "unix:a.sock")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "ok\n", ""))

    def test_every_mistake_in_a_file_has_its_place(self):
        self.write("roost.toml", """\
            backlg = 1
            socket_mode = 660
            quic_bind = "/x"
            [[bind]]
            address = "unix:a.sock"
            proxy_protocl = "v2"
            [[bind]]
            address = "unix:b.sock?x=1"
            """)
        lines = self.errors(self.check("builtin:hello", "--config", "roost.toml", "--workers=-1", variables={"ROOST_BAKLOG": "1"}))
        self.assertEqual([line.split(" ")[0] for line in lines],
                         ["roost.toml:1:1:", "roost.toml:2:1:", "roost.toml:3:1:", "roost.toml:6:1:", "unknown", "--workers"], lines)
        self.assertIn("did you mean proxy_protocol?", lines[3])
        self.write("broken.toml", "bind = ['unix:a'\nbacklog = 1\n")
        lines = self.errors(self.check("builtin:hello", "--config", "broken.toml"))
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], r"^broken\.toml:2:1: not TOML: ")

    def test_everything_else_that_is_wrong_is_found_at_once(self):
        self.write("bad.py", "import nothing_of_that_name\n")
        port = free_port()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port))
            taken.listen()
            lines = self.check(
                "bad", "--bind", "unix:{}".format(self.path("none/a.sock")), "--bind", "127.0.0.1:{}".format(port), "--bind", "systemd:web",
                "--bind", "unix:{}".format(self.path("bad.py")), "--access-logfile", "/nonexistent/log", "--pid", self.path("none/pid"),
                "--socket-group", "no-such-group", "--allow-peer-user", "no-such-user", "--app-dir", self.directory)
        text, errors = "\n".join(lines), self.errors(lines)
        for number, expected in enumerate((
                "allow_peer_user = no-such-user: there is no user", 'access_logfile "/nonexistent/log": No such file', 'pid "', "there is no group",
                "the directory {} does not exist".format(self.path("none")), "process {} \\(.*\\) is listening on it".format(os.getpid()),
                "there is a regular file at this path", "importing bad failed: there is no module nothing_of_that_name")):
            self.assertRegex(errors[number], expected)
        self.assertEqual(len(errors), 8, text)
        self.assertIn("Traceback (most recent call last):", lines)
        self.assertIn("roost: note: systemd:web was not tried: systemd passes sockets to the service alone, not to this check", lines)

    def test_apps_that_cannot_be_loaded(self):
        self.write("apps.py", "import os, sys, time\n" + textwrap.dedent("""
            what = os.environ.get("WHAT")
            if what == "exit": sys.exit(0)
            if what == "leave": os._exit(0)
            if what == "sleep": time.sleep(600)
            if what == "crash": os.abort()
            number = 5
            def create(): raise ValueError("no database")
            """))
        for app, what, expected in (
                ("apps:ap", "", "module apps .* has no attribute ap"), ("apps:number", "", "int objects cannot be called"), ("aps", "", "did you mean apps"),
                ("apps:create", "", "ValueError: no database"), ("apps", "exit", r"it called sys\.exit\(0\)"),
                ("apps", "leave", "the interpreter that was to load the app exited with status 0"), ("apps", "crash", "killed by SIGABRT"),
                ("apps", "sleep", r"the app was not loaded within 500ms \(startup_timeout\)"), ("builtin:helo", "", "did you mean builtin:hello")):
            with self.subTest(app + " " + what):
                flags = ["--factory"] if app == "apps:create" else []
                limit = ["--startup-timeout", "500ms"] if what == "sleep" else []
                errors = self.errors(self.check(app, "--bind", "unix:a.sock", *flags, *limit, variables={"WHAT": what}))
                self.assertEqual(len(errors), 1)
                self.assertRegex(errors[0], expected)
        self.assertRegex(self.errors(self.check("apps", "--bind", "unix:a.sock", "--venv", "/nonexistent"))[0], "no Python to run the app with: ")
        self.assertRegex(self.errors(self.check("--bind", "unix:a.sock"))[0], "no app to serve: ")
        lines = self.check("apps", "--bind", "unix:a.sock", "-k", "trio", "--python", "/usr/bin/python3")
        self.assertRegex(self.errors(lines)[0], "worker_class is trio, which .* cannot import")

    def test_sockets_of_systemd_s_are_tried_where_there_are_some(self):
        with socket.socket(socket.AF_UNIX) as passed:
            passed.bind(self.path("a.sock"))
            passed.listen()
            script = 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web exec "$0" "$@" 3<&{}'.format(passed.fileno())
            options = dict(program=["sh", "-c", script, binary("ROOST_BIN"), "check", "builtin:hello"], pass_fds=(passed.fileno(),))
            for binds in (["--bind", "systemd:web"], ["--bind", "systemd:"], []):
                done = self.roost(*binds, **options)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "ok\n", ""))
            done = self.roost("--bind", "systemd:wbe", **options)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, "systemd passed no socket of this name, only web")
            done = self.roost("--bind", "unix:b.sock", **options)
            self.assertRegex(done.stderr, "systemd passed .*, which no bind names")
        self.assertEqual(self.names(), ["a.sock"])

    def test_a_service_that_would_stay_stopped_is_a_mistake(self):
        errors = self.errors(self.check("builtin:hello", "--bind", "unix:a.sock", "--exit-idle-time", "10m"))
        self.assertEqual(len(errors), 1)
        self.assertRegex(errors[0], '^--exit-idle-time "10m": nobody would start the service again')
        self.check("builtin:hello", "--bind", "systemd:", "--exit-idle-time", "10m", status=0)

    def test_a_service_that_runs_is_in_the_way_unless_that_is_expected(self):
        flags = ("builtin:hello", "--bind", "unix:" + self.path("a.sock"), "--pid", self.path("pid"))
        program = Program(self, binary("ROOST_BIN"), "serve", *flags).wait_until_ready()
        errors = self.errors(self.check(*flags))
        self.assertEqual(len(errors), 2)
        self.assertRegex(errors[0], "process {}, which it names, is running".format(program.pid))
        self.assertRegex(errors[1], r"process {} \(roost\) is listening on it".format(program.pid))
        lines = self.check("--running", *flags, status=0)
        self.assertEqual([line for line in lines if not line.startswith("roost: note: ")], [])
        self.assertEqual(len(lines), 2)
        self.assertEqual(ask(unix(self.path("a.sock"))).status, 200)
        self.assertEqual(program.terminate().wait(), 0)

    def test_it_is_the_service_s_user_whose_rights_count(self):
        require_root()
        self.write("shop.py", "import os\nprint('loaded by', os.getuid(), open('/proc/self/status').read().count('NoNewPrivs:\\t1'))\n" + textwrap.dedent(HELLO))
        os.mkdir(self.path("own"))
        os.chown(self.path("own"), 65534, 65534)
        lines = self.check("shop", "--user", "nobody", "--group", "65534", "--bind", "unix:" + self.path("own/a.sock"), "--pid", self.path("own/pid"),
                           "--python", "/usr/bin/python3", status=0)
        self.assertEqual(lines, ["loaded by 65534 1"])
        errors = self.errors(self.check("shop", "--user", "nobody", "--bind", "unix:" + self.path("a.sock"), "--python", "/usr/bin/python3"))
        self.assertRegex(errors[0], "making a socket in .*: Permission denied")
        lines = self.check("shop", "--bind", "unix:a.sock", variables={"ROOST_ALLOW_ROOT": "false"})
        self.assertRegex(self.errors(lines)[0], "this process is root")
        self.assertIn("roost: note: the app was not loaded: its code should not run with root's rights", lines)
        errors = self.errors(self.check("shop", "--bind", "unix:a.sock", "--user", "no-such-user", "--group", "no-such-group"))
        self.assertEqual([error.split(":")[0] for error in errors], ['--user "no-such-user"', '--group "no-such-group"'])

    def test_a_program_that_is_its_own_app_checks_itself(self):
        program = [binary("INTEGRATION_APP_BIN")]
        done = self.roost("--check-config", "--bind", "unix:a.sock", program=program)
        self.assertEqual((done.returncode, done.stdout), (0, "ok\n"), done.stderr)
        done = self.roost("--check-config", "--bind", "unix:none/a.sock", "--pid", "/nonexistent/pid", program=program)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(": error: ")), (2, "", 2), done.stderr)
        self.assertEqual(self.names(), [])

    def test_python_s_own_module_checks_too(self):
        self.write("shop.py", HELLO)
        python = os.path.join(environment(CORE), "bin", "python")
        tree = os.path.join(os.path.dirname(os.path.realpath(binary("ROOST_BIN"))), "..", "..", "python")
        done = self.roost("-m", "roost", "check", "shop", "--bind", "unix:a.sock", program=[python], variables={"PYTHONPATH": os.path.realpath(tree)})
        self.assertEqual((done.returncode, done.stdout), (0, "ok\n"), done.stderr)
        done = self.roost("-m", "roost", "check", "shp", "--bind", "unix:a.sock", program=[python], variables={"PYTHONPATH": os.path.realpath(tree)})
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertRegex(done.stderr, "there is no module shp; did you mean shop")


if __name__ == "__main__":
    unittest.main()
