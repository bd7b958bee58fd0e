"""What happens to a service that does not start, stop or live as it should, on the real systemd."""

import http.client
import itertools
import os
import re
import signal
import tempfile
import time
import unittest

from clients import Later, ask, unix
from machine import child_of
from operated_services import FLAVOURS, NO_DATABASE, PATIENCE, REPEATS, WORKERS, OperationsTestCase, Service
from processes import Program
from requirements import binary, missing, require_programs, require_root
from traffic import HELLO

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
