"""What operators do to a service while it is used, on the real systemd with the real nginx in front: no request is lost.

Four sites are operated on at once, each under a stream of its own: an app in Swift and one in Python, in one process and with workers. Each site
listens on a socket of systemd's, and on a Unix and a TCP socket of its own that systemd keeps over a restart.
"""

import contextlib
import os
import re
import sys
import time
import unittest

from operated_services import CODE, FLAVOURS, NO_DATABASE, OWN_APP, PATIENCE, REPEATS, ROOST, WORKERS, OperationsTestCase, Service
from requirements import deploy, require_programs
from shipped import replace
from traffic import CLIENTS, Traffic

# How often one is reloaded in a row.
RELOADS = 3
SITES = "/etc/nginx/conf.d"
# A service may write there, and who connects may look there.
SOCKETS = "/run/roost-operations"

# Its own sockets are out of the unit's directory, which goes with it, and within the machine's network.
OPENED = """
FileDescriptorStoreMax=8
ReadWritePaths={}
PrivateNetwork=no
RestrictAddressFamilies=AF_UNIX AF_INET
IPAddressAllow=localhost
RestartSec=100ms
""".format(SOCKETS)


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
                    # Until it is gone, it may still be sent requests.
                    service.until(lambda: victim not in service.processes(), "the victim lives")
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


if __name__ == "__main__":
    unittest.main()
