"""Whose rights Roost serves with: root is refused, root's rights are given up for good, and the file that names the process."""

import json
import os
import signal
import tempfile
import time
import unittest

from certificates import Authority
from clients import Connection, ask
from installation import InstalledTestCase, installed_for_python
from processes import Program, free_port
from python_apps import APPS, CORE, PythonApp, environment
from requirements import binary, require_root

USAGE, BIND_FAILED = 2, 5


def wait_until(true, timeout=20):
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("not so after {} s".format(timeout))
        time.sleep(0.02)


class RootTests(unittest.TestCase):
    """Started as root, without anything that says what to do about it."""

    def setUp(self):
        require_root()

    def start(self, *command, **variables):
        return Program(self, *command, environment=dict({"ROOST_ALLOW_ROOT": "false"}, **variables))

    def check_refused(self, program):
        self.assertEqual(program.wait(), USAGE)
        lines = program.output().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], "error: .*root")
        for way_out in ("--user", "User=", "DynamicUser=", "--allow-root"):
            self.assertIn(way_out, lines[0])
        self.assertNotIn("READY=1", program.manager.states())

    def test_it_is_refused_in_one_line_that_names_the_ways_out(self):
        self.check_refused(self.start(binary("ROOST_BIN"), "serve", "builtin:hello", "--bind=127.0.0.1:0"))

    def test_it_is_refused_to_an_executable_that_is_its_own_app(self):
        self.check_refused(self.start(binary("INTEGRATION_APP_BIN"), "--bind=127.0.0.1:0"))

    def test_it_is_refused_before_an_app_in_python_is_loaded(self):
        with tempfile.TemporaryDirectory(prefix="roost-app-") as directory:
            with open(os.path.join(directory, "leaving.py"), "w") as file:
                file.write("open({!r}, 'w')\n".format(os.path.join(directory, "loaded")))
            self.check_refused(self.start(binary("ROOST_BIN"), "serve", "leaving:app", "--app-dir", directory))
            self.assertEqual(os.listdir(directory), ["leaving.py"])

    def test_root_of_a_user_namespace_is_refused(self):
        command = ("unshare", "--user", "--map-root-user", binary("ROOST_BIN"), "serve", "builtin:hello", "--bind=127.0.0.1:0")
        self.check_refused(self.start(*command))

    def test_root_by_name_or_number_is_refused(self):
        for user in ("root", "0"):
            program = self.start(binary("ROOST_BIN"), "serve", "builtin:hello", "--user", user)
            self.assertEqual(program.wait(), USAGE)
            self.assertRegex(program.output(), r'\A.*error: --user "{}": .*--allow-root\n\Z'.format(user))

    def test_it_serves_when_it_is_allowed(self):
        for flags in (["--allow-root"], ["--allow-root", "--user=root"]):
            program = self.start(binary("ROOST_BIN"), "serve", "builtin:hello", "--bind=127.0.0.1:0", *flags).wait_until_ready()
            self.assertEqual(program.terminate().wait(), 0)

    def test_help_and_settings_are_shown(self):
        for arguments in (["--help"], ["--version"], ["config"], ["config", "m:app"], ["serve", "--help"]):
            program = self.start(binary("ROOST_BIN"), *arguments)
            self.assertEqual(program.wait(), 0, program.output())

    def test_a_program_of_ones_own_is_not_asked(self):
        tree = os.path.join(os.path.dirname(os.path.realpath(binary("ROOST_BIN"))), "..", "..", "python")
        code = ("import asyncio\nfrom roost.asyncio import serve\nfrom roost.config import Config\n"
                "async def app(scope, receive, send): pass\nasync def at_once(): pass\n"
                "config = Config()\nconfig.bind = ['127.0.0.1:0']\nasyncio.run(serve(app, config, shutdown_trigger=at_once))\n")
        python = os.path.join(environment(CORE), "bin", "python")
        program = self.start(python, "-c", code, PYTHONPATH=tree)
        self.assertEqual(program.wait(), 0, program.output())


class UserTests(InstalledTestCase):
    """Started as root with a user, as a service manager other than systemd would, which here is systemd."""

    UNIT = "rights.service"
    PORT = 8000

    @classmethod
    def setUpClass(cls):
        cls.machine = machine = installed_for_python()
        machine.run("usermod", "--append", "--groups", "adm", "www-data")
        cls.user, cls.group = (int(machine.run("id", flag, "www-data").stdout) for flag in ("-u", "-g"))
        cls.adm = int(machine.run("getent", "group", "adm").stdout.split(":")[2])
        machine.install(os.path.join(APPS, "rights.py"), "/srv/rights/rights.py")
        machine.write("/srv/rights/sitecustomize.py", "import os, sys\nsys.rights_at_start = os.getresuid() + os.getresgid()\n")
        machine.run("cp", "/usr/bin/id", "/usr/local/bin/id-of-root")
        machine.run("chmod", "4755", "/usr/local/bin/id-of-root")

    def serve(self, arguments, check=True, socket=None, program="/usr/bin/roost serve", binds=True, wait=True):
        bind = "" if socket or not binds else " --bind 127.0.0.1:{}".format(self.PORT)
        self.machine.write("/etc/systemd/system/" + self.UNIT, "[Service]\nType=notify\nEnvironment=PYTHONPATH=/srv/rights\n"
                           "ExecStart={} {}{}\n".format(program, arguments, bind))
        if socket:
            self.machine.write("/etc/systemd/system/rights.socket", "[Socket]\nListenStream={}\n".format(socket))
            self.addCleanup(self.machine.remove, "/etc/systemd/system/rights.socket")
        self.addCleanup(self.stop)
        self.machine.systemctl("daemon-reload")
        self.machine.systemctl("start", *([] if wait else ["--no-block"]), *(["rights.socket"] if socket else []), self.UNIT, check=check)
        return int(self.machine.show(self.UNIT, "MainPID"))

    def stop(self):
        self.machine.systemctl("stop", "rights.socket", self.UNIT, check=False)
        self.machine.systemctl("reset-failed", "rights.socket", self.UNIT, check=False)

    def ask(self, port=PORT):
        return ask(lambda: self.machine.connect(("127.0.0.1", port)))

    def status_of_threads(self, pid):
        """Of each thread what /proc/PID/status says."""
        text = self.machine.run("sh", "-c", "cat /proc/{}/task/*/status".format(pid)).stdout
        return [dict(line.split(":\t", 1) for line in part.splitlines() if ":\t" in line) for part in text.split("Name:")[1:]]

    def check_rights(self, pid, group=None, groups=None):
        """For every thread: all ids are the user's, there is no capability, and none can come."""
        group = self.group if group is None else group
        threads = self.status_of_threads(pid)
        self.assertGreaterEqual(len(threads), 1)
        for status in threads:
            self.assertEqual(status["Uid"].split(), [str(self.user)] * 4)
            self.assertEqual(status["Gid"].split(), [str(group)] * 4)
            self.assertEqual(sorted(map(int, status["Groups"].split())), sorted(groups or [group, self.adm]))
            self.assertEqual(status["NoNewPrivs"], "1")
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(status[name], 16), 0, name)
        return threads

    def test_a_swift_app_has_the_users_rights_in_every_thread(self):
        threads = self.check_rights(self.serve("builtin:hello --user www-data"))
        self.assertGreater(len(threads), 1)
        self.assertEqual(self.ask().body, b"Hello World")
        self.machine.systemctl("stop", self.UNIT)
        self.assertEqual(self.machine.show(self.UNIT, "Result"), "success")

    def test_an_executable_that_is_its_own_app_too(self):
        self.check_rights(self.serve("--user {}".format(self.user), program="/usr/bin/integration-app"))
        self.assertEqual(self.ask().body, b"Hello from the app")

    def test_it_is_told_apart_by_its_name(self):
        pid = self.serve("builtin:hello --user www-data")
        self.assertEqual(self.machine.run("cat", "/proc/{}/comm".format(pid)).stdout.strip(), "roost")

    def test_the_group_may_be_another(self):
        self.check_rights(self.serve("builtin:hello --user www-data --group adm"), group=self.adm, groups=[self.adm])

    def test_a_python_app_and_its_interpreter_never_had_other_rights_and_get_none(self):
        as_user = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups", "/usr/local/bin/id-of-root", "-u"]
        self.assertEqual(self.machine.run(*as_user).stdout.strip(), "0", "the program that gives root's rights does")
        for app in ("rights:app", "wsgi:rights:wsgi", "wsgi:rights:wsgi --threads 3"):
            with self.subTest(app=app):
                pid = self.serve("{} --app-dir /srv/rights --python /usr/bin/python3 --user www-data".format(app))
                self.check_rights(pid)
                seen = json.loads(self.ask().body)
                ids = [self.user] * 3 + [self.group] * 3
                self.assertEqual((seen["interpreter"], seen["loaded"], seen["now"]), (ids, ids, ids))
                self.assertEqual(seen["groups"], sorted([self.group, self.adm]))
                self.assertEqual(set(seen["attempts"].values()), {"PermissionError"}, seen["attempts"])
                self.assertEqual(seen["by_program"], str(self.user))
                self.assertEqual(seen["variables"], ["/var/www", "www-data", "www-data"])
                self.check_rights(pid)
                self.stop()

    def test_files_of_roots_are_read_and_written(self):
        """Settings that only root may read, a log and a pid file where only root may write."""
        for app in ('"builtin:hello"', '"rights:app"\napp_dir = "/srv/rights"\npython = "/usr/bin/python3"'):
            with self.subTest(app=app):
                self.machine.write("/etc/rights/settings.toml", 'app = {}\nuser = "www-data"\naccess_logfile = "/etc/rights/log"\n'
                                   'error_logfile = "/etc/rights/errors"\npid = "/etc/rights/pid"\n'.format(app), 0o600)
                self.addCleanup(self.machine.remove, "/etc/rights/log")
                self.addCleanup(self.machine.remove, "/etc/rights/errors")
                self.addCleanup(self.machine.remove, "/etc/rights/pid")
                pid = self.serve("--config /etc/rights/settings.toml")
                self.check_rights(pid)
                self.assertEqual(self.ask().status, 200)
                with open(self.machine.path("/etc/rights/pid")) as file:
                    self.assertEqual(file.read(), "{}\n".format(pid))
                self.machine.systemctl("stop", self.UNIT)
                self.assertEqual(self.machine.show(self.UNIT, "Result"), "success")
                for name, said in (("log", '"GET / HTTP/1.1" 200'), ("errors", "running on ")):
                    status = os.stat(self.machine.path("/etc/rights/" + name))
                    self.assertEqual((status.st_uid, status.st_mode & 0o777), (0, 0o640))
                    with open(self.machine.path("/etc/rights/" + name)) as file:
                        self.assertIn(said, file.read())
                self.assertEqual(os.stat(self.machine.path("/etc/rights/pid")).st_size, 0, "nobody is named any more")
                self.machine.remove("/etc/rights/log")
                self.machine.remove("/etc/rights/errors")

    def test_workers_and_those_who_replace_them_have_the_users_rights_and_roots_files(self):
        for app in ('"builtin:hello"', '"rights:app"\napp_dir = "/srv/rights"\npython = "/usr/bin/python3"'):
            for workers in (1, 2):
                with self.subTest(app=app, workers=workers):
                    self.machine.write("/etc/rights/settings.toml", 'app = {}\nuser = "www-data"\naccess_logfile = "/etc/rights/log"\n'
                                       'error_logfile = "/etc/rights/errors"\npid = "/etc/rights/pid"\nworkers = {}\n'.format(app, workers), 0o600)
                    self.addCleanup(self.machine.run, "rm", "-rf", "/etc/rights")
                    main = self.serve("--config /etc/rights/settings.toml")
                    before = self.check_processes(main)
                    self.assertEqual(len(before), 1 if workers == 1 else workers + 1)
                    self.machine.run("kill", "-HUP", str(main))
                    self.machine.wait_for(self.UNIT, "StatusText", lambda _: not (self.processes() & before) - {main})
                    if workers == 1:
                        main = int(self.machine.wait_for(self.UNIT, "MainPID", lambda pid: pid != str(main)))
                    self.check_processes(main)
                    self.assertEqual(self.ask().status, 200)
                    self.machine.run("kill", str(main))
                    self.machine.wait_for(self.UNIT, "ActiveState", lambda state: state == "inactive")
                    with open(self.machine.path("/etc/rights/log")) as file:
                        self.assertIn('"GET / HTTP/1.1" 200', file.read())
                    with open(self.machine.path("/etc/rights/errors")) as file:
                        errors = file.read()
                    self.assertIn("running on ", errors)
                    self.assertNotIn("was not opened again", errors)
                    self.assertEqual(os.stat(self.machine.path("/etc/rights/pid")).st_size, 0)
                    self.machine.remove("/etc/rights/log")
                    self.machine.remove("/etc/rights/errors")

    def test_a_key_that_root_alone_may_read_is_served_with(self):
        authority = Authority()
        self.addCleanup(authority.remove)
        context = authority.client_context()
        self.addCleanup(self.machine.run, "rm", "-rf", "/etc/rights")

        def install(name):
            with open(authority.sign(name, "localhost")) as file:
                self.machine.write("/etc/rights/new.pem", file.read(), 0o600)
            self.machine.run("mv", "/etc/rights/new.pem", "/etc/rights/server.pem")

        def served():
            with Connection(lambda: context.wrap_socket(self.machine.connect(("127.0.0.1", self.PORT)), server_hostname="localhost")) as connection:
                self.assertEqual(connection.ask().status, 200)
                return dict(one for many in connection.sock.getpeercert()["subject"] for one in many)["commonName"]
        for app in ("builtin:hello", "rights:app --app-dir /srv/rights --python /usr/bin/python3"):
            for workers in (1, 2):
                with self.subTest(app=app, workers=workers):
                    install("old")
                    main = self.serve("{} --user www-data --certfile /etc/rights/server.pem --workers {} --pid /etc/rights/pid".format(app, workers))
                    before = self.check_processes(main)
                    self.assertEqual(served(), "old")
                    # Who may not read the new file goes on with the one that is open, and says so.
                    install("new")
                    self.machine.run("kill", "-HUP", str(main))
                    self.machine.wait_for(self.UNIT, "StatusText", lambda _: not (self.processes() & before) - {main})
                    if workers == 1:
                        main = int(self.machine.wait_for(self.UNIT, "MainPID", lambda pid: pid != str(main)))
                    self.check_processes(main)
                    self.assertEqual(served(), "old")
                    self.assertIn("can't read the new one", "\n".join(entry["MESSAGE"] for entry in self.machine.journal(self.UNIT)))
                    # A new start has root's rights again.
                    self.machine.systemctl("restart", self.UNIT)
                    self.assertEqual(served(), "new")
                    self.stop()

    def processes(self):
        group = self.machine.show(self.UNIT, "ControlGroup")
        return set(map(int, self.machine.run("cat", "/sys/fs/cgroup{}/cgroup.procs".format(group)).stdout.split()))

    def check_processes(self, main):
        """Every process of the unit has the user's rights, and the file names the main one; gives all of them."""
        with open(self.machine.path("/etc/rights/pid")) as file:
            self.assertEqual(file.read(), "{}\n".format(main))
        found = self.processes()
        for pid in found:
            self.check_rights(pid)
        return found

    def test_root_writes_to_no_file_that_the_user_chose(self):
        self.machine.run("install", "-d", "-o", "www-data", "/srv/rights/log")
        self.machine.write("/etc/victim", "")
        self.machine.run("ln", "-s", "/etc/victim", "/srv/rights/log/access")
        self.addCleanup(self.machine.run, "rm", "-r", "/srv/rights/log")
        self.serve("builtin:hello --user www-data --access-logfile /srv/rights/log/access", check=False)
        self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), str(USAGE))
        self.assertEqual(os.stat(self.machine.path("/etc/victim")).st_size, 0)

    def test_files_in_a_directory_of_the_users_are_the_users(self):
        self.machine.run("install", "-d", "-o", "www-data", "/run/rights")
        self.addCleanup(self.machine.run, "rm", "-r", "/run/rights")
        pid = self.serve("builtin:hello --user www-data --access-logfile /run/rights/log --pid /run/rights/pid")
        with open(self.machine.path("/run/rights/pid")) as file:
            self.assertEqual(file.read(), "{}\n".format(pid))
        self.assertEqual(os.stat(self.machine.path("/run/rights/log")).st_uid, self.user)
        self.machine.systemctl("stop", self.UNIT)
        self.assertEqual(os.listdir(self.machine.path("/run/rights")), ["log"])

    def test_a_port_of_roots_comes_from_a_socket_unit(self):
        for app in ("builtin:hello", "rights:app --app-dir /srv/rights --python /usr/bin/python3"):
            with self.subTest(app=app):
                self.check_rights(self.serve(app + " --user www-data", socket="127.0.0.1:80"))
                self.assertEqual(self.ask(80).status, 200)
                self.stop()

    SOCKET, ADMIN = "/run/rights.sock", "/run/rights-admin.sock"
    SWIFT, PYTHON = '"builtin:hello"', '"rights:app"\napp_dir = "/srv/rights"\npython = "/usr/bin/python3"'

    def file(self, path):
        """Whose a file is, its mode, and its number; None if there is none."""
        found = self.machine.run("stat", "--format=%U:%G %a %i", path, check=False).stdout.split()
        return found or None

    def configure(self, app, binds, more=""):
        self.machine.write("/etc/rights/settings.toml",
                           'app = {}\nbind = {}\nuser = "www-data"\npid = "/etc/rights/pid"\n{}\n'.format(app, json.dumps(binds), more), 0o600)
        self.addCleanup(self.machine.run, "rm", "-rf", "/etc/rights", self.SOCKET, self.ADMIN)

    def start_configured(self, check=True):
        return self.serve("--config /etc/rights/settings.toml", check=check, binds=False)

    def stop_main(self, main):
        self.machine.run("kill", str(main))
        self.machine.wait_for(self.UNIT, "ActiveState", lambda state: state == "inactive")

    def messages(self):
        return "\n".join(entry["MESSAGE"] for entry in self.machine.journal(self.UNIT))

    def check_addresses(self, number=None):
        """They answer, and the socket is the user's, and this one; gives its number."""
        self.assertEqual(self.ask(80).status, 200)
        self.assertEqual(ask(lambda: self.machine.connect(self.SOCKET)).status, 200)
        self.assertEqual(ask(lambda: self.machine.connect(self.ADMIN), "/healthz").status, 200)
        owner, mode, found = self.file(self.SOCKET)
        self.assertEqual((owner, mode), ("www-data:www-data", "660"))
        self.assertEqual(self.file(self.ADMIN)[:2], ["www-data:www-data", "600"])
        self.assertEqual(number or found, found)
        return found

    def test_addresses_of_roots_are_listened_on(self):
        """A port below 1024 and sockets in a directory of root's, by Swift and by Python, with and without workers; reloaded and replaced."""
        for app in (self.SWIFT, self.PYTHON):
            for workers in (1, 2):
                with self.subTest(app=app, workers=workers):
                    self.configure(app, ["127.0.0.1:80", self.SOCKET], 'admin_socket = "{}"\nworkers = {}'.format(self.ADMIN, workers))
                    main = self.start_configured()
                    self.check_processes(main)
                    number = self.check_addresses()
                    for name in ("HUP", "USR2"):
                        before = self.processes()
                        self.machine.run("kill", "-" + name, str(main))
                        if workers == 1 or name == "USR2":
                            main = int(self.machine.wait_for(self.UNIT, "MainPID", lambda pid: pid != str(main)))
                        self.machine.wait_for(self.UNIT, "StatusText", lambda _: not (self.processes() & before) - {main})
                        self.check_processes(main)
                        self.check_addresses(number)
                    self.stop_main(main)
                    # The user may not remove it; it says so, and nobody listens.
                    self.assertEqual(self.file(self.SOCKET)[2], number)
                    self.assertIn("the socket file {} stays: ".format(self.SOCKET), self.messages())
                    with self.assertRaises(ConnectionRefusedError):
                        self.machine.connect(self.SOCKET)
                    main = self.start_configured()
                    self.check_addresses()
                    self.stop_main(main)
                    self.stop()

    def test_addresses_of_roots_are_listened_on_beside_sockets_of_systemds(self):
        for app in ("builtin:hello", "rights:app --app-dir /srv/rights --python /usr/bin/python3"):
            with self.subTest(app=app):
                self.check_rights(self.serve(app + " --user www-data --bind systemd: --bind 127.0.0.1:81", socket="127.0.0.1:80"))
                self.assertEqual([self.ask(80).status, self.ask(81).status], [200, 200])
                self.stop()

    def test_an_interpreter_that_serves_by_itself_listens_on_them_too(self):
        program = "/usr/bin/env PYTHONPATH=/usr/lib/roost/python:/srv/rights /usr/bin/python3 -m roost serve"
        self.check_rights(self.serve("rights:app --app-dir /srv/rights --user www-data --bind 127.0.0.1:80", binds=False, program=program))
        self.assertEqual(self.ask(80).status, 200)

    def test_a_port_of_roots_may_be_shared(self):
        arguments = "builtin:hello --user www-data --reuse-port --bind 127.0.0.1:80"
        self.machine.run("systemd-run", "--unit=rights-twin", "--property=Type=notify", "/usr/bin/roost", "serve", *arguments.split())
        self.addCleanup(self.machine.systemctl, "stop", "rights-twin.service", check=False)
        self.check_rights(self.serve(arguments, binds=False))
        self.machine.systemctl("stop", "rights-twin.service")
        self.assertEqual(self.ask(80).status, 200)

    def test_who_comes_before_the_app_is_up_waits_for_it(self):
        self.machine.write("/srv/rights/slow.py", """
import asyncio, os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        while not os.path.exists("/srv/rights/go"):
            await asyncio.sleep(0.02)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return await send({"type": "lifespan.shutdown.complete"})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"up"})
""")
        self.addCleanup(self.machine.run, "rm", "-f", "/srv/rights/go")
        self.configure('"slow:app"\napp_dir = "/srv/rights"\npython = "/usr/bin/python3"', ["127.0.0.1:80", "127.0.0.1:8000"])
        self.serve("--config /etc/rights/settings.toml", binds=False, wait=False)
        wait_until(lambda: not self.refuses(80), timeout=60)
        connection = self.machine.connect(("127.0.0.1", 80), timeout=60)
        self.addCleanup(connection.close)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        self.assertTrue(self.refuses(8000), "what the user may listen on is listened on later")
        self.assertEqual(self.machine.show(self.UNIT, "ActiveState"), "activating")
        self.machine.write("/srv/rights/go", "")
        answer = b""
        while True:
            piece = connection.recv(4096)
            if not piece:
                break
            answer += piece
        self.assertRegex(answer, rb"\AHTTP/1\.1 200 [\s\S]*up\Z")

    def test_a_socket_where_only_root_may_look_is_listened_on(self):
        directory = "/run/rights-hidden"
        self.machine.run("install", "-d", "-m", "0700", directory)
        self.addCleanup(self.machine.run, "rm", "-r", directory)
        path = directory + "/app.sock"
        for workers in (1, 2):
            with self.subTest(workers=workers):
                self.configure(self.SWIFT, [path], "workers = {}".format(workers))
                main = self.start_configured()
                before = self.check_processes(main)
                self.assertEqual(ask(lambda: self.machine.connect(path)).status, 200)
                self.machine.run("kill", "-USR2", str(main))
                main = int(self.machine.wait_for(self.UNIT, "MainPID", lambda pid: pid != str(main)))
                self.machine.wait_for(self.UNIT, "StatusText", lambda _: not self.processes() & before)
                self.assertEqual(ask(lambda: self.machine.connect(path)).status, 200)
                self.stop_main(main)
                self.assertIn("the socket file {} stays: ".format(path), self.messages())
                self.assertEqual(self.machine.show(self.UNIT, "Result"), "success")

    def test_a_socket_of_roots_may_be_given_to_anybody(self):
        self.configure(self.SWIFT, [self.SOCKET], 'socket_user = "nobody"\nsocket_group = "games"\nsocket_mode = "0600"\numask = "0777"')
        self.start_configured()
        self.assertEqual(self.file(self.SOCKET)[:2], ["nobody:games", "600"])

    def test_a_directory_is_made_for_the_user(self):
        directory = "/run/rights-made/deep"
        self.addCleanup(self.machine.run, "rm", "-r", "/run/rights-made")
        for _ in range(2):
            self.configure(self.PYTHON, [directory + "/app.sock"], 'socket_make_dirs = true\numask = "0027"')
            main = self.start_configured()
            for made in (directory, "/run/rights-made"):
                self.assertEqual(self.file(made)[:2], ["www-data:www-data", "750"])
            self.assertEqual(self.file(directory + "/app.sock")[:2], ["www-data:www-data", "660"])
            self.stop_main(main)
            self.assertIsNone(self.file(directory + "/app.sock"), "the user may remove it there")

    def test_a_socket_of_roots_is_kept_over_a_restart(self):
        self.machine.write("/etc/systemd/system/rights.service.d/store.conf", "[Service]\nFileDescriptorStoreMax=8\n")
        self.addCleanup(self.machine.run, "rm", "-r", "/etc/systemd/system/rights.service.d")
        self.configure(self.SWIFT, ["127.0.0.1:80", self.SOCKET], 'fd_store = true\nadmin_socket = "{}"'.format(self.ADMIN))
        self.start_configured()
        number = self.check_addresses()
        for _ in range(2):
            self.machine.systemctl("restart", self.UNIT)
            self.check_addresses(number)

    def test_an_address_of_roots_that_cannot_be_had_is_an_error_and_leaves_nothing(self):
        self.machine.run("systemd-run", "--unit=rights-holder", "/usr/bin/roost", "serve", "builtin:hello", "--allow-root", "--bind=127.0.0.1:80")
        self.addCleanup(self.machine.systemctl, "stop", "rights-holder.service")
        wait_until(lambda: not self.refuses(80))
        for app, log in ((self.SWIFT, "-"), (self.PYTHON, "/etc/rights/errors")):
            with self.subTest(app=app):
                self.configure(app, [self.SOCKET, "127.0.0.1:80"], 'error_logfile = "{}"'.format(log))
                self.start_configured(check=False)
                self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), str(BIND_FAILED))
                expected = (r"cannot listen on 127\.0\.0\.1:80: process \d+ \(roost\) is listening on it; stop that process or choose another port "
                            r"\(bind, /etc/rights/settings\.toml:\d:1\)")
                self.assertRegex(self.machine.show(self.UNIT, "StatusText"), "^startup failed: " + expected)
                said = self.messages() if log == "-" else self.machine.run("cat", log).stdout
                self.assertRegex(said, "roost: error: " + expected)
                self.assertIsNone(self.file(self.SOCKET))
                self.assertIsNone(self.file("/etc/rights/pid"))
        self.configure(self.SWIFT, ["/run/none/a.sock"])
        self.start_configured(check=False)
        self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), str(BIND_FAILED))
        self.assertRegex(self.machine.show(self.UNIT, "StatusText"), "the directory /run/none does not exist; .*--socket-make-dirs.*settings.toml")

    def refuses(self, port):
        try:
            self.machine.connect(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return True
        return False

    def test_addresses_of_roots_are_checked_as_root(self):
        self.configure(self.SWIFT, ["127.0.0.1:80", self.SOCKET, "/run/rights-made/app.sock"], "socket_make_dirs = true")
        result = self.machine.run("/usr/bin/roost", "check", "--config", "/etc/rights/settings.toml")
        self.assertEqual(result.stdout, "ok\n")
        self.assertIsNone(self.file(self.SOCKET))
        self.assertIsNone(self.file("/run/rights-made"))
        self.configure(self.SWIFT, ["127.0.0.1:80", "/run/none/app.sock"])
        result = self.machine.run("/usr/bin/roost", "check", "--config", "/etc/rights/settings.toml", check=False)
        self.assertEqual(result.returncode, USAGE)
        self.assertRegex(result.stderr, r"\Aroost: error: cannot listen on unix:/run/none/app.sock: .*settings.toml:2:1\)\n\Z")

    def test_where_the_user_may_listen_the_user_listens(self):
        self.machine.run("install", "-d", "-o", "www-data", "/run/rights-own")
        self.addCleanup(self.machine.run, "rm", "-r", "/run/rights-own")
        self.machine.run("ln", "-s", "/etc", "/run/rights-own/link")
        self.configure(self.SWIFT, ["/run/rights-own/app.sock"])
        main = self.start_configured()
        self.assertEqual(self.file("/run/rights-own/app.sock")[0], "www-data:www-data")
        self.stop_main(main)
        self.assertIsNone(self.file("/run/rights-own/app.sock"))
        # Where that leads is the user's choice, and so with the user's rights.
        self.configure(self.SWIFT, ["/run/rights-own/link/app.sock"])
        self.start_configured(check=False)
        self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), str(BIND_FAILED))
        self.assertIsNone(self.file("/etc/app.sock"))

    def test_who_is_the_user_already_may_say_so(self):
        self.machine.write("/etc/systemd/system/rights.service.d/user.conf", "[Service]\nUser=www-data\n")
        self.addCleanup(self.machine.run, "rm", "-r", "/etc/systemd/system/rights.service.d")
        self.check_rights(self.serve("builtin:hello --user www-data"))
        self.stop()
        self.serve("builtin:hello --user nobody", check=False)
        self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), str(USAGE))
        self.assertIn("only root", "\n".join(entry["MESSAGE"] for entry in self.machine.journal(self.UNIT)))

    def test_an_environment_that_leads_to_an_interpreter_of_roots_is_told(self):
        self.machine.run("mkdir", "-p", "/srv/closed/bin", "/opt/closed")
        self.addCleanup(self.machine.run, "rm", "-r", "/srv/closed", "/opt/closed")
        self.machine.run("chmod", "700", "/opt/closed")
        self.machine.run("ln", "-s", "/usr/bin/python3", "/opt/closed/python3")
        self.machine.run("ln", "-s", "/opt/closed/python3", "/srv/closed/bin/python3")
        self.machine.run("ln", "-s", "python3", "/srv/closed/bin/python")
        self.serve("rights:app --user www-data --venv /srv/closed", check=False)
        self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), "4")
        self.assertIn("/srv/closed/bin/python (--venv): it leads to /opt/closed/python3: user {} may not go there; use an interpreter that this user "
                      "may reach, such as /usr/bin/python3".format(self.user), "\n".join(entry["MESSAGE"] for entry in self.machine.journal(self.UNIT)))

    def test_a_user_that_does_not_exist_is_a_mistake(self):
        self.serve("builtin:hello --user wwwdata", check=False)
        self.assertEqual(self.machine.show(self.UNIT, "ExecMainStatus"), str(USAGE))


class PIDFileTests(unittest.TestCase):
    """The file that names the process, of an app in Swift; `PythonPIDFileTests` has the same of one in Python."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-pid-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.path = os.path.join(self.directory, "app.pid")

    def start(self, *wrapper, flags=()):
        return Program(self, binary("ROOST_BIN"), "serve", "builtin:hello", "--bind=127.0.0.1:0", "--pid", self.path, *flags, wrapper=wrapper)

    def content(self):
        with open(self.path) as file:
            return file.read()

    def write(self, content):
        with open(self.path, "w") as file:
            file.write(content)

    def check_life(self, said=None):
        program = self.start("sh", "-c", 'umask 077; exec "$0" "$@"').wait_until_ready()
        self.assertEqual(self.content(), "{}\n".format(program.pid))
        self.assertEqual(os.stat(self.path).st_mode & 0o7777, 0o644)
        self.assertEqual(os.listdir(self.directory), ["app.pid"])
        if said:
            self.assertRegex(program.output(), said)
        else:
            self.assertNotIn("pid file", program.output())
        self.assertEqual(program.terminate().wait(), 0)
        self.assertEqual(os.listdir(self.directory), [])

    def test_it_is_there_as_long_as_the_app_is_served(self):
        self.check_life()

    def test_one_that_names_a_process_which_is_there_is_refused(self):
        first = self.start().wait_until_ready()
        second = self.start()
        self.assertEqual(second.wait(), USAGE)
        self.assertIn(self.path, second.output())
        self.assertIn("process {}".format(first.pid), second.output())
        self.assertEqual(self.content(), "{}\n".format(first.pid))
        self.assertEqual(first.terminate().wait(), 0)

    def test_what_a_killed_process_left_is_replaced(self):
        program = self.start().wait_until_ready()
        os.kill(program.pid, signal.SIGKILL)
        self.assertEqual(program.wait(), -signal.SIGKILL)
        self.assertEqual(self.content(), "{}\n".format(program.pid))
        self.check_life("info .*{}.*{}".format(self.path, program.pid))

    def test_junk_is_replaced(self):
        self.write("junk\n")
        self.check_life("info .*no process id")

    def test_one_that_names_somebody_else_by_then_stays(self):
        program = self.start().wait_until_ready()
        self.write("{}\n".format(os.getpid()))
        self.assertEqual(program.terminate().wait(), 0)
        self.assertEqual(self.content(), "{}\n".format(os.getpid()))

    def test_a_successor_takes_it_over(self):
        program = self.start().wait_until_ready()
        os.kill(program.pid, signal.SIGHUP)
        self.assertEqual(program.wait(), 0)
        successor = int(self.content())
        self.assertNotEqual(successor, program.pid)
        os.kill(successor, signal.SIGTERM)
        wait_until(lambda: os.listdir(self.directory) == [])

    def test_of_several_processes_it_names_the_supervisor(self):
        program = self.start(flags=["--workers=2"]).wait_until_ready()
        self.assertEqual(self.content(), "{}\n".format(program.pid))
        self.assertEqual(program.terminate().wait(), 0)
        self.assertEqual(os.listdir(self.directory), [])

    def test_it_is_not_there_when_the_start_has_failed(self):
        bind = "127.0.0.1:{}".format(free_port())
        Program(self, binary("ROOST_BIN"), "serve", "builtin:hello", "--bind", bind).wait_until_ready()
        program = Program(self, binary("ROOST_BIN"), "serve", "builtin:hello", "--bind", bind, "--pid", self.path)
        self.assertEqual(program.wait(), BIND_FAILED)
        self.assertEqual(os.listdir(self.directory), [])


class PythonPIDFileTests(PIDFileTests):
    def start(self, *wrapper, flags=()):
        app = PythonApp(self, "plain:app", "--pid", self.path, *flags, venv=environment(CORE), wrapper=wrapper)
        return app.program


if __name__ == "__main__":
    unittest.main()
