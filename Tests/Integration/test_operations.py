"""What operators do to a service while it is used, on the real systemd with the real nginx in front: no request is lost.

Four sites are operated on at once, each under a stream of its own: an app in Swift and one in Python, in one process and with workers. Each site
listens on a socket of systemd's, and on a Unix and a TCP socket of its own that systemd keeps over a restart.
"""

import collections
import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import sys
import tempfile
import time
import unittest

from clients import Later, ask, unix
from installation import APPS, App, installed_for_python
from machine import child_of
from processes import Program
from python_apps import APPS as PYTHON_APPS
from requirements import binary, deploy, missing, require_programs, require_root
from shipped import replace
from traffic import CLIENTS, HELLO, Traffic

# How often each operation is done under one stream.
REPEATS = 5
RELOADS = 3
WORKERS = 2
PATIENCE = 120

ROOST, OWN_APP = "/usr/bin/roost", "/usr/bin/integration-app"
# A service may write there, and who connects may look there.
SOCKETS = "/run/roost-operations"
CODE = "/srv/operations"
SITES = "/etc/nginx/conf.d"
DROPIN = "/etc/systemd/system/{}.d/test.conf"
NO_DATABASE = "there is no database"

# Its own sockets are out of the unit's directory, which goes with it, and within the machine's network.
OPENED = """
FileDescriptorStoreMax=8
ReadWritePaths={}
PrivateNetwork=no
RestrictAddressFamilies=AF_UNIX AF_INET
IPAddressAllow=localhost
RestartSec=100ms
""".format(SOCKETS)

Flavour = collections.namedtuple("Flavour", "name is_python workers")
FLAVOURS = [Flavour("swift-one", False, 1), Flavour("swift-workers", False, WORKERS),
            Flavour("python-one", True, 1), Flavour("python-workers", True, WORKERS)]


class Service(App):
    """A service of the installed Roost, and its processes."""

    def __init__(self, machine, flavour, name=None):
        super().__init__(machine, name or flavour.name)
        self.flavour, self.has_workers = flavour, flavour.workers > 1
        self._journal, self._cursor = [], None

    def install(self, settings="", dropin="", environment=None, unit="", binds='["systemd:"]'):
        app = 'app = "operations:app"\napp_dir = "{}"\n'.format(CODE) if self.flavour.is_python else ""
        text = "{}bind = {}\nworkers = {}\n{}".format(app, binds, self.flavour.workers, settings)
        self.machine.write("{}/{}.toml".format(APPS, self.name), text)
        if environment:
            self.machine.write("{}/{}.env".format(APPS, self.name), "".join("{}={}\n".format(*pair) for pair in environment.items()), 0o600)
        start = "" if self.flavour.is_python else "ExecStart=\nExecStart={} --config /etc/roost/%i.toml\n".format(OWN_APP)
        self.machine.write(DROPIN.format(self.service), "[Unit]\n{}\n[Service]\n{}{}\n".format(unit, start, dropin))
        self.machine.systemctl("daemon-reload")

    def main(self):
        return int(self.show("MainPID"))

    def processes(self):
        """All that are in its cgroup."""
        group = self.show("ControlGroup")
        text = self.machine.run("cat", "/sys/fs/cgroup{}/cgroup.procs".format(group), check=False).stdout if group else ""
        return {int(line) for line in text.split()}

    def kill(self, name, process=None):
        """Sends the signal of this name to a process, or to the main one."""
        if process is None:
            self.machine.systemctl("kill", "--kill-who=main", "--signal=" + name, self.service)
        else:
            self.machine.run("kill", "-" + name, str(process))

    def entries(self, pattern):
        """What the journal has about it, and from it, in order. What was read once is not read again: it is asked for often."""
        further = ["--after-cursor=" + self._cursor] if self._cursor else []
        text = self.machine.run("journalctl", "--unit", self.service, "--output=json", "--no-pager", "--quiet", *further).stdout
        for line in text.splitlines():
            entry = json.loads(line)
            self._cursor = entry["__CURSOR"]
            self._journal.append(entry)
        return [entry for entry in self._journal if isinstance(entry["MESSAGE"], str) and re.search(pattern, entry["MESSAGE"], re.MULTILINE)]

    def until(self, look, what):
        """What `look` gives, as soon as there is something."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError("{}: {}\n{}".format(self.name, what, self.machine.log(self.service)))
            time.sleep(0.2)

    def until_entry(self, pattern, count=1):
        """The entries of the journal that match, as soon as there are so many."""
        return self.until(lambda: [entries for entries in [self.entries(pattern)] if len(entries) >= count],
                          "no {} entries {!r}".format(count, pattern))[0]

    def until_settled(self):
        """Waits until nobody but the main process and its workers is left."""
        count = 1 + WORKERS if self.has_workers else 1
        self.until(lambda: len(self.processes()) == count, "there are other processes than those of one generation")

    def until_serving(self):
        self.until(lambda: re.match("^serving", self.show("StatusText")), "does not serve")

    # Operations

    # Said once for each new generation.
    REPLACED = "^(reloaded: served by {} new workers|process \\d+ serves from here on; .*)$".format(WORKERS)

    def reload(self):
        """Reloads, and waits until the new processes are the service."""
        before, reloaded = self.main(), len(self.entries(self.REPLACED))
        self.machine.systemctl("reload", self.service)
        self.until_entry(self.REPLACED, reloaded + 1)
        if self.has_workers:
            if self.main() != before:
                raise AssertionError("another main process")
        else:
            self.until(lambda: self.main() != before, "the main process is the same")

    def upgrade(self):
        """Upgrades the program, and waits until the new process is the service."""
        before = self.main()
        self.kill("USR2")
        self.until(lambda: self.main() != before, "the main process is the same")

    def fail_to_replace(self, operate, pattern):
        """Does what is going to fail, and waits until that has been said."""
        failed = len(self.entries(pattern))
        main, before = self.main(), self.processes()
        operate()
        entries = self.until_entry(pattern, failed + 1)
        if entries[-1]["PRIORITY"] != "3":
            raise AssertionError("not an error: {}".format(entries[-1]))
        self.until(lambda: re.search(pattern, self.show("StatusText")), "the status does not say why")
        self.until(lambda: self.show("ActiveState") == "active", "not active")
        self.until(lambda: self.processes() == before, "not the same processes as before")
        if self.main() != main:
            raise AssertionError("another main process")


class OperationsTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = installed_for_python()
        cls.machine.install(os.path.join(PYTHON_APPS, "operations.py"), CODE + "/operations.py")
        cls.addClassCleanup(cls.machine.run, "rm", "-rf", CODE)

    def of_all(self, call, services):
        """Calls it for all services at once; what it gave for each."""
        calls = [Later(call, service) for service in services]
        return [one.result(PATIENCE * 2) for one in calls]


class TrafficTests(OperationsTestCase):
    """Operations on services in use."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_programs("nginx")
        cls.machine.run("mkdir", "-m", "1777", SOCKETS)
        cls.addClassCleanup(cls.machine.run, "rm", "-rf", SOCKETS)
        cls.services = [Service(cls.machine, flavour) for flavour in FLAVOURS]
        for number, service in enumerate(cls.services):
            cls.addClassCleanup(service.remove)
            service.port = 8100 + number
            service.own = "{}/{}.sock".format(SOCKETS, service.name)
            service.hosts = ["{}.{}.example".format(service.name, kind) for kind in ("activated", "unix", "tcp")]
            service.install('fd_store = true\nsocket_mode = "0666"\naccess_logfile = "access.log"\n', OPENED,
                            binds='["systemd:", "{}", "127.0.0.1:{}"]'.format(service.own, service.port))
            upstreams = ("unix:" + service.path, "unix:" + service.own, "127.0.0.1:{}".format(service.port))
            for host, upstream in zip(service.hosts, upstreams):
                path = "{}/{}.conf".format(SITES, host)
                cls.machine.write(path, cls.site(host, upstream))
                cls.addClassCleanup(cls.machine.remove, path)
        cls.addClassCleanup(cls.machine.systemctl, "stop", "nginx.service")
        cls.machine.systemctl("restart", "nginx.service")
        cls.machine.systemctl("start", *[service.socket for service in cls.services])
        cls.machine.systemctl("start", *[service.service for service in cls.services])

    @staticmethod
    def site(host, upstream):
        """The shipped site, for another app."""
        with open(deploy("nginx", "hello.conf")) as file:
            site = file.read()
        site = replace(r"roost_hello\b", "roost_" + host, site, 2)
        site = replace(r"unix:/run/roost/hello\.sock;", upstream + ";", site)
        return replace(r"hello\.example;", host + ";", site)

    @contextlib.contextmanager
    def traffic(self):
        """A stream to each service, by service. It ends with the context; then no request may have failed but those that were accounted for."""
        connector = lambda: self.machine.connect(("127.0.0.1", 80), timeout=PATIENCE)
        before = {service: len(service.entries(self.UNHEARD)) for service in self.services}
        with contextlib.ExitStack() as stack:
            streams = {service: stack.enter_context(Traffic(connector, service.hosts)) for service in self.services}
            # An operation on a service that nobody uses proves nothing.
            for stream in streams.values():
                stream.wait_for_more(1)
            yield streams
            for stream in streams.values():
                stream.end()
        self.report(streams)
        self.machine.run("journalctl", "--sync")
        problems = []
        for service, stream in streams.items():
            failures = [failure for failure in stream.failures() if failure not in self.excused(service)]
            problems += ["{}: {}".format(service.name, failure) for failure in failures]
            problems += ["{}: {}".format(service.name, entry["MESSAGE"]) for entry in service.entries(self.UNHEARD)[before[service]:]]
        if problems:
            logs = [self.machine.log(service.service) for service in self.services]
            self.fail("\n".join(problems + [self.machine.run("tail", "-n", "20", "/var/log/nginx/error.log").stdout] + logs))

    # What systemd says about notifications that it does not take, about a main process that it does not know, and when it kills.
    UNHEARD = "Got notification message from PID|which is not our child|does not exist or is a zombie|with signal SIGKILL|Failed with result"

    def setUp(self):
        self._excused = {}
        for service in self.services:
            service.until_serving()
            service.until_settled()

    def excused(self, service):
        return self._excused.get(service, ())

    def report(self, streams):
        """How many requests there were, for whoever reads the output of the tests."""
        for service, stream in streams.items():
            print("\n  {}: {} requests {}, {} failed".format(service.name, len(stream.requests()), dict(stream.counts()), len(stream.failures())),
                  end=" ", file=sys.stderr, flush=True)

    def give(self, path, source, mode=0o644):
        """Puts the file there in place of the one that is; that one comes back when the test ends."""
        with open(self.machine.path(path), "rb") as file:
            self.addCleanup(self.machine.write, path, file.read(), mode)
        self.machine.write(path, source, mode)

    def again(self, path, mode=0o755):
        """A copy of the file in its place."""
        with open(self.machine.path(path), "rb") as file:
            self.machine.write(path, file.read(), mode)

    def break_apps(self):
        """The apps as they are after a deployment that went wrong."""
        self.give(CODE + "/operations.py", "raise RuntimeError('{}')\n".format(NO_DATABASE))
        real = OWN_APP + "-real"
        self.machine.run("cp", "-p", OWN_APP, real)
        self.addCleanup(self.machine.remove, real)
        self.give(OWN_APP, "#!/bin/sh\nexec env APP_STARTUP_FAIL='{}' {} \"$@\"\n".format(NO_DATABASE, real), 0o755)

    def test_reload(self):
        with self.traffic() as streams:
            def operate(service):
                for _ in range(REPEATS):
                    for _ in range(RELOADS):
                        service.reload()
                    streams[service].wait_for_more(1)
            self.of_all(operate, self.services)
        self.of_all(Service.until_settled, self.services)

    def test_a_reload_during_a_reload_follows(self):
        with self.traffic() as streams:
            def operate(service):
                for _ in range(REPEATS):
                    before, replaced = service.processes(), len(service.entries(service.REPLACED))
                    service.kill("HUP")
                    service.until(lambda: service.processes() - before, "no new process")
                    service.kill("HUP")
                    service.until_entry(service.REPLACED, replaced + 2)
                    streams[service].wait_for_more(1)
            self.of_all(operate, self.services)
            self.of_all(Service.until_serving, self.services)

    def test_what_fails_to_replace_them_leaves_the_old_ones_serving(self):
        with self.traffic() as streams:
            def operate(service, how, pattern):
                for _ in range(REPEATS):
                    service.fail_to_replace(how, pattern)
                streams[service].wait_for_more(1)

            self.break_apps()
            self.of_all(lambda service: operate(service, lambda: self.machine.systemctl("reload", service.service),
                                                "reload failed: .*" + NO_DATABASE), self.services)
            self.doCleanups()
            for program in (ROOST, OWN_APP):
                self.give(program, "#!/bin/sh\nexit 9\n", 0o755)
            self.of_all(lambda service: operate(service, lambda: service.kill("USR2"),
                                                "(upgrade|reload) failed: the successor ended before it served"), self.services)
            self.doCleanups()
            self.of_all(Service.reload, self.services)
            for service in self.services:
                self.assertNotIn("failed", service.show("StatusText"))
                self.assertEqual(service.show("NRestarts"), "0")

    def test_restart(self):
        with self.traffic() as streams:
            def operate(service):
                for number in range(REPEATS):
                    # Twice right after a reload, when the old processes still have requests to finish.
                    if number % 2 == 1:
                        service.reload()
                    before = service.processes()
                    self.machine.systemctl("restart", service.service)
                    self.assertEqual(service.processes() & before, set())
                    streams[service].wait_for_more(1)
            self.of_all(operate, self.services)

    def test_upgrade(self):
        with self.traffic() as streams:
            for _ in range(REPEATS):
                for program in (ROOST, OWN_APP):
                    self.again(program)
                self.of_all(Service.upgrade, self.services)
            for service in self.services:
                streams[service].wait_for_more(1)
                # The program that was renamed over is not the one that runs.
                executable = self.machine.run("readlink", "/proc/{}/exe".format(service.main())).stdout
                self.assertNotIn("deleted", executable)
        self.of_all(Service.until_settled, self.services)

    def test_a_killed_worker_takes_only_its_own_requests_along(self):
        with self.traffic() as streams:
            def operate(service):
                stream, excused = streams[service], []
                for _ in range(REPEATS):
                    service.until_settled()
                    # One that is seen to answer somebody.
                    answering = lambda: next((request.process for request in stream.in_flight() if request.process), None)
                    victim = service.until(answering, "nobody answers")
                    before = stream.in_flight()
                    service.kill("KILL", victim)
                    killed = time.monotonic()
                    service.until_entry(r"^worker \d+ \(pid {}\) killed by SIGKILL, perhaps out of memory; another one is started".format(victim))
                    stream.wait_for_more(1)
                    service.until(lambda: all(request.end for request in before), "the requests do not end")
                    hit = [request for request in stream.failures() if request not in excused]
                    # One for each client at most, because nobody waits any longer for what was under way.
                    self.assertLessEqual(len(hit), CLIENTS)
                    for request in hit:
                        self.assertLessEqual(request.begin, killed, request)
                        self.assertIn(request.process, (None, victim), request)
                    excused += hit
                self.assertNotEqual(excused, [], "nobody was hit")
                self._excused[service] = excused
            services = [service for service in self.services if service.has_workers]
            self.of_all(operate, services)
            for service in services:
                self.assertEqual(service.show("NRestarts"), "0")

    def test_more_and_fewer_workers_and_logs_opened_again(self):
        with self.traffic() as streams:
            def scale(service):
                main = service.main()
                for _ in range(REPEATS):
                    service.kill("TTIN")
                    service.wait_for("StatusText", lambda text: "{} workers".format(WORKERS + 1) in text, timeout=PATIENCE)
                    service.until(lambda: len(service.processes()) == 2 + WORKERS, "no further worker")
                    service.until_entry("^{} workers instead of {}$".format(WORKERS + 1, WORKERS))
                    service.kill("TTOU")
                    service.wait_for("StatusText", lambda text: re.match("serving 3 binds, {} workers".format(WORKERS), text), timeout=PATIENCE)
                    service.until_settled()
                self.assertEqual(service.main(), main)

            def reopen(service):
                log = "/var/lib/private/roost/{}/access.log".format(service.name)
                for _ in range(REPEATS):
                    streams[service].wait_for_more(1)
                    self.machine.run("mv", log, log + ".1")
                    self.assertEqual(self.holders(service), len(service.processes()))
                    service.kill("USR1")
                    service.until(lambda: self.holders(service) == 0, "the old log is still open")
                    service.until(lambda: os.path.getsize(self.machine.path(log)) > 0, "the new log stays empty")
            self.of_all(scale, [service for service in self.services if service.has_workers])
            self.of_all(reopen, self.services)

    def holders(self, service):
        """How many of its processes have the log open that was moved away."""
        places = ["/proc/{}/fd".format(process) for process in service.processes()]
        return len(self.machine.run("find", *places, "-lname", "*/access.log.1").stdout.splitlines())


class ServiceTestCase(OperationsTestCase):
    """Services that are started by the test, each flavour under the name that begins with the test's."""

    def install(self, prefix, settings="", dropin="", environment=None, flavours=FLAVOURS, **options):
        services = [Service(self.machine, flavour, "{}-{}".format(prefix, flavour.name)) for flavour in flavours]
        for service in services:
            self.addCleanup(service.remove)
            service.install(settings, dropin, environment, **options)
        return services

    def ask(self, service, path="/"):
        try:
            answer = service.ask(path)
        except (OSError, http.client.HTTPException) as error:
            self.fail("{}: {!r}\n{}".format(service.name, error, self.machine.log(service.service)))
        self.assertEqual((answer.status, answer.body), (200, HELLO))
        return answer

    def give_up(self, service, path):
        """Sends a request that is not going to be answered, and does not wait for it."""
        connection = service.connection()
        self.addCleanup(connection.close)
        connection.request("GET", path)


class StartTests(ServiceTestCase):
    def fails(self, service, status):
        self.assertNotEqual(service.start(check=False).returncode, 0)
        shown = service.show("ActiveState", "Result", "ExecMainStatus", "NRestarts")
        self.assertEqual(shown, {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": str(status), "NRestarts": "0"},
                         self.machine.log(service.service))
        self.assertEqual(service.processes(), set())
        return service.show("StatusText")

    NO_RESTART = "Restart=no\n"

    def test_start_fails_when_the_startup_fails(self):
        services = self.install("startless", environment={"APP_STARTUP_FAIL": NO_DATABASE}, dropin=self.NO_RESTART)
        for service, status in zip(services, self.of_all(lambda service: self.fails(service, 3), services)):
            self.assertRegex(status, "^startup failed: .*" + NO_DATABASE)
            self.assertNotEqual(service.entries(NO_DATABASE), [])

    def test_start_fails_for_good_when_the_app_cannot_be_loaded(self):
        services = self.install("loadless", environment={"APP_LOAD_FAIL": NO_DATABASE})
        for service, status in zip(services, self.of_all(lambda service: self.fails(service, 4), services)):
            self.assertRegex(status, "^startup failed: .*" + NO_DATABASE)
            self.assertNotEqual(service.entries(NO_DATABASE), [])

    def test_start_fails_when_an_address_cannot_be_bound(self):
        services = self.install("bindless", binds='["systemd:", "/nowhere/at/all.sock"]', dropin=self.NO_RESTART)
        for service, status in zip(services, self.of_all(lambda service: self.fails(service, 5), services)):
            self.assertRegex(status, "^startup failed: .*/nowhere/at/all.sock")
            self.assertEqual(service.show("StatusErrno"), "2")

    def test_start_takes_longer_than_the_units_timeout_and_says_so(self):
        services = self.install("slow", 'startup_timeout = "1m"\n', "TimeoutStartSec=5\n", {"APP_STARTUP_DELAY": "9"})

        def start(service):
            starting = Later(service.start)
            text = "starting {} workers".format(WORKERS) if service.has_workers else "starting"
            service.wait_for("StatusText", lambda status: status == text)
            self.assertEqual(service.show("ActiveState"), "activating")
            starting.result(PATIENCE)
            service.wait_for("StatusText", lambda status: status.startswith("serving 1 bind"))
            self.ask(service)
        self.of_all(start, services)


class StopTests(ServiceTestCase):
    def test_draining_takes_longer_than_the_units_timeout_and_says_so(self):
        services = self.install("drained", dropin="TimeoutStopSec=2\n")

        def drain(service):
            service.start()
            asking = Later(service.ask, "/sleep/8000")
            service.wait_for("StatusText", lambda text: text.endswith(", 1 connection"))
            stopping = Later(service.stop)
            service.wait_for("StatusText", lambda text: text == "draining 1 request")
            self.assertEqual(service.show("ActiveState"), "deactivating")
            answer = asking.result(PATIENCE)
            self.assertEqual((answer.status, answer.body), (200, HELLO))
            stopping.result(PATIENCE)
            self.assertEqual(service.show("ActiveState", "Result", "ExecMainStatus"),
                             {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"})
        self.of_all(drain, services)

    def test_without_connections_it_stops_until_somebody_comes(self):
        starts = REPEATS + 1
        services = self.install("idle", 'exit_idle_time = "1s"\n', unit="StartLimitIntervalSec=0")

        def use(service):
            self.machine.systemctl("start", service.socket)
            # Pauses about as long as it takes: some requests come while it stops.
            pauses = itertools.cycle((1.2, 1.5, 1.8, 2.1, 2.4))
            while len(service.entries("^nobody has connected for a while")) < starts:
                time.sleep(next(pauses))
                for one in [Later(self.ask, service) for _ in range(3)]:
                    one.result()
            service.wait_for("ActiveState", lambda state: state == "inactive", timeout=PATIENCE)
            self.assertEqual(service.show("Result", "ExecMainStatus", "NRestarts"),
                             {"Result": "success", "ExecMainStatus": "0", "NRestarts": "0"}, self.machine.log(service.service))
        self.of_all(use, services)


class HangTests(ServiceTestCase):
    LOOP = "(asyncio|event loop)"

    def test_a_hung_loop_stops_the_watchdog_and_systemd_starts_the_service_again(self):
        services = self.install("hung", dropin="WatchdogSec=8\nWatchdogSignal=SIGKILL\nRestartSec=100ms\n")

        def hang(service):
            service.start()
            main, said = service.main(), "event loop.* has not answered for"
            self.give_up(service, "/hang")
            service.wait_for("StatusText", lambda text: re.search(said, text), timeout=PATIENCE)
            service.wait_for("NRestarts", lambda number: number == "1", timeout=PATIENCE)
            service.until_serving()
            self.assertNotEqual(service.main(), main)
            self.ask(service)
            entries = service.entries(said + ".*the watchdog is not fed")
            self.assertEqual([entry["PRIORITY"] for entry in entries], ["3"], self.machine.log(service.service))
            self.assertNotEqual(service.entries("^{}: Watchdog timeout".format(re.escape(service.service))), [])
        self.of_all(hang, services)

    def test_a_service_that_is_well_is_left_alone_by_the_watchdog(self):
        services = self.install("well", dropin="WatchdogSec=2\nRestart=no\n")

        def live(service):
            service.start()
            # A successor is fed for as well.
            service.reload()
            main, began = service.main(), int(service.show("WatchdogTimestampMonotonic"))
            service.until(lambda: int(service.show("WatchdogTimestampMonotonic")) > began + 5_000_000, "the watchdog is not fed")
            self.assertEqual((service.main(), service.show("ActiveState")), (main, "active"))
        self.of_all(live, services)

    def test_a_hung_worker_is_replaced_without_the_unit_noticing(self):
        services = self.install("stuck", 'timeout = "3s"\n', flavours=[flavour for flavour in FLAVOURS if flavour.workers > 1])

        def hang(service):
            service.start()
            main = service.main()
            self.give_up(service, "/hang")
            service.until_entry(r"^worker \d+ \(pid \d+\) is killed: .*event loop has not answered for \d+s; another one is started at once")
            service.until_settled()
            service.wait_for("StatusText", lambda text: text.startswith("serving 1 bind, {} workers".format(WORKERS)))
            self.ask(service)
            self.assertEqual((service.main(), service.show("NRestarts"), service.show("ActiveState")), (main, "0", "active"))
        self.of_all(hang, services)


class DeathTests(ServiceTestCase):
    def limit_memory(self, service, limit):
        """Lets the processes of this service have so much memory together; gives a look at how often that was too much for the kernel."""
        if "memory" in self.machine.run("cat", "/sys/fs/cgroup/cgroup.controllers").stdout.split():
            self.machine.systemctl("set-property", "--runtime", service.service, "MemoryMax={}".format(limit), "MemorySwapMax=0")
            events = "/sys/fs/cgroup{}/memory.events".format(service.show("ControlGroup"))
            return lambda: self.machine.run("cat", events).stdout
        # On a system that has the memory in a hierarchy of its own, systemd has no say in it, but we have.
        with open("/proc/self/cgroup") as file:
            own = next((line.rstrip("\n").split(":", 2)[2] for line in file if ":memory:" in line), None)
        if own is None:
            missing("the memory controller of cgroups")
        group = "/sys/fs/cgroup/memory{}/{}-{}".format(own.rstrip("/"), os.path.basename(self.machine.space), service.name)
        os.mkdir(group)
        self.addCleanup(os.rmdir, group)
        self.addCleanup(service.stop)
        self.put(group, "memory.limit_in_bytes", limit)
        for process in self.machine.outside(service.processes()):
            self.put(group, "cgroup.procs", process)

        def events():
            with open(group + "/memory.oom_control") as file:
                return file.read()
        return events

    def put(self, group, name, value):
        with open("{}/{}".format(group, name), "w") as file:
            file.write(str(value))

    def test_a_worker_that_is_killed_for_its_memory_is_replaced(self):
        flavours = [flavour for flavour in FLAVOURS if flavour.workers > 1]
        services = self.install("greedy", flavours=flavours)

        def grow(service):
            service.start()
            main, kills = service.main(), self.limit_memory(service, 400 << 20)
            with self.assertRaises((OSError, http.client.HTTPException)):
                service.ask("/grow")
            service.until_entry(r"^worker \d+ \(pid \d+\) killed by SIGKILL, perhaps out of memory; another one is started")
            service.until_settled()
            service.wait_for("StatusText", lambda text: text.startswith("serving 1 bind, {} workers".format(WORKERS)))
            self.ask(service)
            self.assertEqual((service.main(), service.show("NRestarts")), (main, "0"))
            # Where systemd sees such a kill, it is to leave the service alone.
            self.assertEqual(service.show("OOMPolicy"), "continue")
            # It was the kernel, and not somebody else.
            self.assertRegex(kills(), r"(?m)^oom_kill [1-9]")
        self.of_all(grow, services)

    def test_after_the_death_of_the_supervisor_its_workers_go_before_new_ones_come(self):
        flavours = [flavour for flavour in FLAVOURS if flavour.workers > 1]
        # What is left in the cgroup when the service is started: the shell and the command that looks.
        look = 'ExecStartPre=+/bin/sh -c "echo left: $$(wc -l < /sys/fs/cgroup$$(sed -n s/^0:://p /proc/self/cgroup)/cgroup.procs)"\n'
        services = self.install("orphaned", flavours=flavours, dropin=look + "RestartSec=100ms\n", unit="StartLimitIntervalSec=0")

        def kill(service):
            service.start()
            for number in range(1, REPEATS + 1):
                before = service.processes()
                service.kill("KILL")
                service.wait_for("NRestarts", lambda value: value == str(number), timeout=PATIENCE)
                service.until_serving()
                service.until_settled()
                self.assertEqual(service.processes() & before, set())
                self.ask(service)
            left = [entry["MESSAGE"] for entry in service.entries(r"^left: [1-9]\d*$")]
            self.assertEqual(left, left[:1] * (REPEATS + 1), "more than at the first start")
        self.of_all(kill, services)


class ContainerTests(unittest.TestCase):
    """Without systemd: the process with whose end everything ends."""

    def test_process_1_is_not_replaced(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-app-")
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "app.sock")
        require_root()
        require_programs("unshare")
        roost = Program(self, "unshare", "--pid", "--fork", "--kill-child", binary("ROOST_BIN"), "serve", "builtin:hello", "--bind", path)
        os.kill(child_of(roost.wait_until_ready().pid), signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while "reload failed: replacing process 1, with which all others end" not in roost.output():
            self.assertLess(time.monotonic(), deadline, roost.output())
            time.sleep(0.1)
        self.assertEqual(ask(unix(path)).body, b"Hello World")


if __name__ == "__main__":
    unittest.main()
