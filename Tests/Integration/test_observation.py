"""The admin socket and `roost status`, for services of one process and of several: who may ask, what is told of a service's life, and that a
service is told of all the time, whatever its app does and whoever takes over."""

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import unittest

from admin import AS_NOBODY, ObservedService, each, roost
from clients import Later
from installation import InstalledTestCase, installed_for_python
from requirements import binary, require_programs, require_root
from services import ASYNCIO, LANGUAGES, SWIFT, WSGI, Load, Service, wait_for

STATUS_KEYS = {
    "app", "binds", "certificates", "connections", "http2_connections", "in_flight", "latency", "phase", "pid", "ready", "requests",
    "requests_in_flight", "responses", "restarts", "uptime", "version", "web_sockets", "workers",
}
WORKER_KEYS = {"age", "connections", "memory", "number", "pid", "requests", "requests_in_flight", "silence", "state"}
REQUEST_KEYS = {"age", "client", "id", "method", "path", "worker"}
INLINE = "wsgi inline"


class ObservationTestCase(unittest.TestCase):
    def start(self, kind, workers=1, *flags, **options):
        if kind == INLINE:
            kind, flags = WSGI, ("--threads=1",) + flags
        return ObservedService(self, kind, "--workers={}".format(workers), *flags, **options)

    def serve(self, kind, workers=1, *flags, **options):
        return self.start(kind, workers, *flags, **options).wait_until_ready()


class LifeTests(ObservationTestCase):
    """What health checks are told from the first moment to the last."""

    @each(*LANGUAGES)
    def test_it_says_where_a_service_stands(self, kind, workers):
        service = self.start(kind, workers, "--drain-delay=2m", environment={"APP_STARTUP_DELAY": "4"})
        admin = service.admin
        service.wait(lambda: os.path.exists(admin.path), "there is no socket while the app starts")
        answer = admin.ask("/readyz")
        self.assertEqual((answer.status, answer.body), (503, b"starting\n"))
        self.assertEqual(admin.ask("/healthz").status, 200)
        self.assertFalse(admin.status()["ready"])
        service.wait_until_ready()
        answer = admin.ask("/readyz")
        self.assertEqual((answer.status, answer.body), (200, b"ready\n"))
        self.check_status(service, workers)
        self.check_that_it_only_tells(service)

        service.signal(signal.SIGTERM)
        service.wait(lambda: admin.ask("/readyz").status == 503, "it does not say that it drains")
        self.assertEqual(admin.ask("/readyz").body, b"draining\n")
        self.assertEqual((admin.ask("/healthz").status, admin.status()["phase"]), (200, "draining"))
        self.assertEqual(service.ask().status, 200, "connections are still accepted")
        service.signal(signal.SIGTERM)
        self.assertEqual(service.ended(), 0)
        service.wait_until_gone()
        self.assertFalse(os.path.exists(admin.path))

    def check_status(self, service, workers):
        for _ in range(3):
            service.ask()
        service.wait(lambda: service.admin.status()["requests"] == 3, "not all requests are counted")
        status = service.admin.status()
        self.assertEqual(set(status), STATUS_KEYS)
        self.assertEqual((status["phase"], status["ready"], status["pid"]), ("serving", True, service.program.pid))
        self.assertEqual(status["binds"], ["http://unix:" + service.socket])
        self.assertEqual([worker["number"] for worker in status["workers"]], list(range(1, workers + 1)))
        self.assertEqual({worker["pid"] for worker in status["workers"]}, service.workers() or {service.program.pid})
        for worker in status["workers"]:
            self.assertEqual(set(worker), WORKER_KEYS)
            self.assertEqual(worker["state"], "serving")
            self.assertGreater(worker["memory"], 1 << 20)

    def check_that_it_only_tells(self, service):
        admin = service.admin
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            answer = admin.ask("/status", method=method, body=b"x" if method == "POST" else None)
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"), method)
        for path in ("/", "/healthz", "/readyz", "/metrics", "/status"):
            answer = admin.ask(path, method="HEAD")
            self.assertEqual((answer.status, answer.body), (200, b""), path)
            self.assertEqual(answer.headers["cache-control"], "no-store")
        for path in ("/other", "/status/", "/../etc/passwd"):
            self.assertEqual(admin.ask(path).status, 404, path)
        with admin.connector() as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 400 "))

    def test_a_loop_that_is_held_up_is_unhealthy_and_told_of(self):
        doing = [Later(self.check_silence, *which) for which in ((ASYNCIO, 1), (INLINE, 1), (SWIFT, 2), (ASYNCIO, 2))]
        for one in doing:
            one.result(timeout=300)

    def check_silence(self, kind, workers):
        service = self.serve(kind, workers)
        admin = service.admin
        asking = Later(service.ask, "/block/15000")
        request = service.wait(lambda: admin.in_flight("/block/15000"), "the request is not shown")
        self.assertEqual(admin.ask("/healthz").status, 200)
        answer = service.wait(lambda: (lambda found: found if found.status != 200 else None)(admin.ask("/healthz")), "it is healthy")
        self.assertEqual(answer.status, 503)
        self.assertRegex(answer.body, rb"^an event loop of worker %d has not answered for 1\d seconds\n$" % request["worker"])
        silent = [worker["number"] for worker in admin.status()["workers"] if worker["silence"] > 10]
        self.assertEqual(silent, [request["worker"]])
        self.assertTrue(admin.is_ready(), "the others serve, and nobody is sent away")
        self.assertEqual(admin.metrics().value("roost_requests_in_flight"), 1)
        asking.result()
        service.wait(lambda: admin.ask("/healthz").status == 200, "it is not healthy again")
        service.stop()


class AccessTests(ObservationTestCase):
    """Whose the socket is, and the file."""

    def test_its_owner_alone_may_ask(self):
        require_root()
        require_programs("setpriv", "curl")
        for workers in (1, 2):
            with self.subTest(workers=workers):
                service = self.serve(SWIFT, workers, "--socket-mode=666")
                os.chmod(service.directory, 0o755)
                found = os.stat(service.admin.path)
                self.assertTrue(stat.S_ISSOCK(found.st_mode))
                self.assertEqual((stat.S_IMODE(found.st_mode), found.st_uid), (0o600, os.geteuid()))
                curl = lambda path: subprocess.run(
                    [*AS_NOBODY, "curl", "-sS", "--max-time", "20", "--unix-socket", path, "http://localhost/status"],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(curl(service.socket).returncode, 0, "the directory can be entered")
                refused = curl(service.admin.path)
                self.assertEqual((refused.returncode, refused.stdout), (7, b""))

    def test_what_a_killed_process_has_left_is_replaced(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                left = self.serve(SWIFT, workers)
                os.kill(left.program.pid, signal.SIGKILL)
                left.wait_until_gone()
                self.assertTrue(os.path.exists(left.admin.path))
                service = Service(self, SWIFT, "--workers={}".format(workers), "--admin-socket=" + left.admin.path).wait_until_ready()
                self.assertEqual(left.admin.status()["pid"], service.program.pid)
                service.stop()
                self.assertFalse(os.path.exists(left.admin.path))

    def test_a_place_that_cannot_be_had_is_an_error(self):
        other = self.serve(SWIFT)
        with open(other.path("file"), "w") as file:
            file.write("precious")
        places = {other.admin.path: "is listening on it", other.path("missing/admin.sock"): "directory", other.path("file"): "a regular file"}
        for path, said in places.items():
            for kind, workers in ((SWIFT, 1), (SWIFT, 2), (ASYNCIO, 1)):
                with self.subTest(path=path, kind=kind, workers=workers):
                    service = Service(self, kind, "--workers={}".format(workers), "--admin-socket=" + path)
                    self.assertEqual(service.ended(), 5)
                    errors = [line for line in service.output().splitlines() if "error" in line]
                    self.assertTrue(any(path in line and said in line for line in errors), service.output())
                    self.assertFalse(os.path.exists(service.socket))
        self.assertEqual(other.admin.status()["pid"], other.program.pid)
        with open(other.path("file")) as file:
            self.assertEqual(file.read(), "precious")


class SuccessionTests(ObservationTestCase):
    """Reloads and upgrades, under clients who ask for its health all the time."""

    TIMES = 3

    @each(SWIFT, ASYNCIO)
    def test_it_is_never_refused(self, kind, workers):
        service = self.serve(kind, workers)
        main = service.program.pid
        with Load(service.admin.connector, clients=2, path="/healthz") as load:
            for number in (signal.SIGHUP, signal.SIGUSR2):
                for _ in range(self.TIMES):
                    before = service.admin.status()
                    workers_before = {worker["pid"] for worker in before["workers"]}
                    self.assertEqual(before["pid"], main)
                    service.signal(number, main)
                    is_replaced = workers == 1 or number == signal.SIGUSR2

                    def has_changed():
                        # A service manager that hears nothing would hold everything up.
                        service.manager.states()
                        status = service.admin.status()
                        now = {worker["pid"] for worker in status["workers"] if worker["state"] == "serving"}
                        return (status["pid"] != main) == is_replaced and len(now) == workers and not now & workers_before and \
                            status["phase"] == "serving" and service.family() == now | {status["pid"]} and status

                    main = service.wait(has_changed, "not replaced, of {}".format(before))["pid"]
                    self.assertTrue(is_replaced or main == service.program.pid)
                    self.assertEqual(stat.S_IMODE(os.stat(service.admin.path).st_mode), 0o600)
            service.behave("broken", APP_STARTUP_FAIL="no such thing")
            for number in (signal.SIGHUP, signal.SIGUSR2):
                heard = len(service.manager.statuses())
                service.signal(number, main).wait_for_status("failed: ", heard)
                service.wait(lambda: service.manager.states() and len(service.family()) == (1 if workers == 1 else 3),
                             "what has failed is still there")
                self.assertEqual(service.admin.status()["pid"], main)
            load.wait_for_more()
        service.signal(signal.SIGTERM, main)
        service.wait(lambda: service.manager.states() and not service.family(), "it goes on")
        self.assertFalse(os.path.exists(service.admin.path))


# MARK: roost status

class StatusTests(ObservationTestCase):
    @each(SWIFT, ASYNCIO)
    def test_it_shows_a_service_and_its_requests(self, kind, workers):
        service = self.serve(kind, workers, "--forwarded-allow-ips=unix:")
        service.ask()
        service.hang("/sleep/600000/orders?token=secret", **{"X-Forwarded-For": "192.0.2.7", "X-Request-ID": "order-1"})
        service.wait(lambda: service.admin.status()["responses"] == {"2xx": 1}, "the first request is not counted")
        done = roost("status", service.admin.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        first = done.stdout.splitlines()[0]
        self.assertRegex(first, r"^\S+   serving, ready   up \d+s   pid {}   roost \d".format(service.program.pid))
        self.assertIn("listens on  http://unix:" + service.socket, done.stdout)
        self.assertRegex(done.stdout, r"\n  requests    2 \(2xx 100 %\); 1 in flight\n")
        self.assertRegex(done.stdout, r"\n  workers     {} serving, 0 replaced or lost\n".format(workers))
        for worker in service.admin.status()["workers"]:
            self.assertRegex(done.stdout, r"\n +{} +{} +serving +\d+s +\d+ +[01] +\d+ +[\d.]+ MiB\n".format(worker["number"], worker["pid"]))
        self.assertRegex(done.stdout, r"\n +[\d.]+ m?s +[12] +192\.0\.2\.7 +GET /sleep/600000/orders +order-1\n$")
        self.assertNotIn("secret", done.stdout)

        done = roost("status", "--json", ROOST_ADMIN_SOCKET=service.admin.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        status = json.loads(done.stdout)
        self.assertEqual(set(status), STATUS_KEYS)
        self.assertEqual(len(status["in_flight"]), 1)
        request = status["in_flight"][0]
        self.assertEqual(set(request) - {"task"}, REQUEST_KEYS)
        self.assertEqual((request["client"], request["method"], request["path"], request["id"]),
                         ("192.0.2.7", "GET", "/sleep/600000/orders", "order-1"))
        self.assertGreater(request["age"], 0)
        self.assertNotIn("secret", done.stdout)

    def test_it_redraws_until_it_is_interrupted(self):
        service = self.serve(SWIFT, 2)
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(binary("ROOST_BIN"), ["roost", "status", service.admin.path, "--watch"])
        self.addCleanup(os.close, terminal)
        shown = b""

        def look():
            nonlocal shown
            while select.select([terminal], [], [], 0.05)[0]:
                shown += os.read(terminal, 65536)
            return shown

        # Each picture begins at the top left, and wipes away what it does not cover.
        wait_for(lambda: look().count(b"\x1b[H") >= 3, lambda: shown)
        pictures = shown.split(b"\x1b[H")
        self.assertEqual(pictures[0], b"")
        for picture in pictures[1:3]:
            self.assertIn(b"serving, ready", picture)
            self.assertTrue(picture.endswith(b"\x1b[J"), picture)
        self.assertNotIn(b"a second", pictures[1])
        self.assertRegex(pictures[2], rb"requests +0, 0 a second; 0 in flight")
        os.write(terminal, b"\x03")
        status = wait_for(lambda: (lambda done: done if done[0] else None)(os.waitpid(pid, os.WNOHANG)), "Ctrl-C does not end it")[1]
        self.assertTrue(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT or os.WIFEXITED(status), status)
        self.assertEqual(service.ask().status, 200)

    def test_it_says_why_it_shows_nothing(self):
        service = self.serve(SWIFT)
        os.chmod(service.directory, 0o755)
        for arguments, wrapper, said in (
            ((service.path("none.sock"),), (), "does the service run"),
            ((service.socket,), (), "is no status|is this the admin socket"),
            (("no-such-service",), (), "/run/roost/no-such-service/admin.sock: .*does the service run"),
            ((service.admin.path,), AS_NOBODY, "be that user, or root"),
            ((service.path("x" * 200),), (), "too long"),
        ):
            with self.subTest(arguments=arguments, wrapper=wrapper):
                if wrapper:
                    require_root()
                done = roost("status", *arguments, wrapper=wrapper)
                self.assertNotIn(done.returncode, (0, -signal.SIGPIPE), done.stdout)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, "^(roost: )?error: .*" + said)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


class UnitTests(InstalledTestCase):
    """The shipped unit, under the real systemd."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = installed_for_python()

    def test_its_admin_socket_is_found_by_name(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                name = "seen-{}".format(workers)
                app = self.app(name, 'bind = ["systemd:"]\nworkers = {}\n'.format(workers), binary="/usr/bin/integration-app")
                app.start()
                self.assertEqual(app.show("DynamicUser"), "yes")
                path = "/run/roost/{}/admin.sock".format(name)
                found = os.stat(self.machine.path(path))
                self.assertEqual((stat.S_ISSOCK(found.st_mode), stat.S_IMODE(found.st_mode)), (True, 0o600))
                user = self.machine.run("stat", "-c", "%U", path).stdout.strip()
                self.assertEqual(user, "roost-" + name)
                self.assertEqual(app.ask().status, 200)
                done = self.machine.run("roost", "status", name)
                self.assertRegex(done.stdout, r"^\S+   serving, ready   up ")
                self.assertIn("listens on  http://unix:" + app.path, done.stdout)
                status = json.loads(self.machine.run("roost", "status", name, "--json").stdout)
                self.assertEqual((status["pid"], len(status["workers"])), (int(app.show("MainPID")), workers))
                # It is the only one with a socket there.
                self.assertEqual(json.loads(self.machine.run("roost", "status", "--json").stdout)["pid"], status["pid"])
                refused = self.machine.run(*AS_NOBODY, "roost", "status", name, check=False)
                self.assertNotEqual(refused.returncode, 0)
                self.assertEqual((refused.stdout, "be that user, or root" in refused.stderr), ("", True), refused.stderr)
                app.stop()
                self.assertFalse(os.path.lexists(self.machine.path(path)))
                self.assertIn("does the service run", self.machine.run("roost", "status", name, check=False).stderr)

    def test_it_dumps_to_the_journal(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                name = "dumping-{}".format(workers)
                app = self.app(name, 'bind = ["systemd:"]\nworkers = {}\n'.format(workers), binary="/usr/bin/integration-app")
                app.start()
                with app.connector()() as connection:
                    connection.sendall(b"GET /sleep/600000 HTTP/1.1\r\nHost: hello.example\r\n\r\n")
                    status = lambda: json.loads(self.machine.run("roost", "status", name, "--json").stdout)
                    request = wait_for(lambda: status()["in_flight"], "the request is not in flight")[0]
                    self.machine.systemctl("kill", "--signal=QUIT", "--kill-whom=main", app.service)

                    def entries():
                        return [entry for entry in self.machine.journal(app.service)
                                if entry.get("ROOST_REQUEST_ID") == request["id"] and entry["MESSAGE"].startswith("in flight")]

                    entry = wait_for(entries, lambda: self.machine.log(app.service))[0]
                    self.assertEqual((entry["_SYSTEMD_UNIT"], entry["PRIORITY"], entry["ROOST_PATH"]), (app.service, "5", "/sleep/600000"))
                    dumps = [message for message in app.messages() if re.match(r"dump: \d+ requests in flight", message)]
                    self.assertEqual(len(dumps), workers, dumps)
                    self.assertEqual(app.ask().status, 200)
                app.stop()


if __name__ == "__main__":
    unittest.main()
