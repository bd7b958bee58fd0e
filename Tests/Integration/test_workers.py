"""Services of several processes, and of one that is replaced: start, reload, upgrade, loss, limits, stop. Without a service manager but with
its notification socket."""

import functools
import os
import re
import signal
import socket
import sys
import unittest

import services
from clients import Connection, Later, ask, tcp
from processes import Program, free_port
from python_apps import Memory, _Cleanups as Cleanups
from requirements import binary, require_programs
from services import ASYNCIO, KINDS, LANGUAGES, SWIFT, TRIO, UVLOOP, WSGI, Load, Service, copied, replaced, wait_for


def alive(pid):
    return os.path.exists("/proc/{}".format(pid))


def arguments(pid):
    """What a process was started with."""
    try:
        with open("/proc/{}/cmdline".format(pid)) as file:
            return file.read().split("\0")
    except OSError:
        return []


def descriptors(pid):
    """How many a process has open."""
    return len(os.listdir("/proc/{}/fd".format(pid)))


def of(*kinds):
    """Makes a test for each kind of app of one that takes the kind."""
    def repeated(test):
        @functools.wraps(test)
        def run(self):
            for kind in kinds:
                with self.subTest(kind=kind):
                    test(self, kind)
        return run
    return repeated


class ServiceTestCase(unittest.TestCase):
    """Tests that start services of their own."""

    def start(self, kind, *flags, **options):
        return Service(self, kind, *flags, **options)

    def copy(self, kind):
        """The command of a kind, with a program that can be replaced; and where that is."""
        name = "INTEGRATION_APP_BIN" if kind == SWIFT else "ROOST_BIN"
        path = copied(self, name)
        return [path] + ([] if kind == SWIFT else ["serve"]), path

    def serve(self, kind, *flags, **options):
        return self.start(kind, *flags, **options).wait_until_ready()



# MARK: two workers, one service for all tests of a kind

class Workers:
    """What two workers and their supervisor do; every test leaves two workers behind."""

    kind = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.port = free_port()
        cls.log = os.path.join(cls.enterClassContext(services.tempfile.TemporaryDirectory()), "access.log")
        cls.service = Service(
            Cleanups(cls), cls.kind, "--workers=2", "--access-logfile=" + cls.log, "--graceful-timeout=20s", "--log-level=debug")
        cls.service.wait_until_ready()

    def setUp(self):
        self.service.wait(lambda: len(self.service.workers()) == 2, "there are not two workers")

    def new_workers(self, old):
        """Waits until two workers serve that are none of the old ones, and these are gone."""
        self.service.wait(lambda: len(self.service.workers()) == 2 and not self.service.workers() & old, "the workers were not replaced")
        self.assertEqual(self.service.who_serves(2), self.service.workers())
        return self.service.workers()

    def reload(self, version):
        self.service.behave(version)
        old, heard = self.service.workers(), len(self.service.manager.states())
        self.service.signal(signal.SIGHUP)
        self.service.wait_for_state("RELOADING=1", heard)
        self.service.wait_for_state("READY=1", heard)
        return old

    def test_both_serve(self):
        self.assertEqual(self.service.who_serves(2), self.service.workers())

    def test_a_reload_replaces_them_and_finishes_what_is_in_flight(self):
        asking = self.service.later("/sleep/1500")
        with Load(self.service.connector) as load:
            heard = len(self.service.manager.messages)
            old = self.reload("reloaded")
            self.service.wait_for_version("reloaded")
            load.wait_for_more()
            self.new_workers(old)
        self.assertIn(asking.result()[0], old)
        states = [message for message in self.service.manager.messages[heard:] if {"RELOADING=1", "READY=1"} & set(message)]
        self.assertEqual(len(states), 2, states)
        self.assertIn("RELOADING=1", states[0])
        self.assertTrue(any(re.fullmatch(r"MONOTONIC_USEC=\d+", state) for state in states[0]), states)
        self.assertIn("READY=1", states[1])

    def test_a_failing_reload_leaves_the_old_ones(self):
        old = self.service.workers()
        for how, said in (("APP_LOAD_FAIL", "no such module"), ("APP_STARTUP_FAIL", "no such database")):
            with self.subTest(how=how):
                heard = len(self.service.manager.statuses())
                with Load(self.service.connector):
                    self.service.behave("broken", **{how: said})
                    self.service.signal(signal.SIGHUP)
                    self.service.wait_for_status("reload failed: ", heard)
                    self.service.wait(lambda: self.service.workers() == old, "the old workers do not go on")
                self.assertIn(said, [status for status in self.service.manager.statuses() if "reload failed" in status][-1])
        self.reload("repaired")
        self.service.wait_for_version("repaired")
        self.assertNotIn("reload failed", self.service.manager.statuses()[-1])
        self.new_workers(old)

    def test_one_that_is_killed_is_named_and_replaced(self):
        old = self.service.workers()
        victim = self.service.ask_process()[0]
        self.service.signal(signal.SIGKILL, victim)
        self.service.wait_for_output(r"\(pid {}\) killed by SIGKILL, perhaps out of memory".format(victim))
        self.service.wait(lambda: len(self.service.workers() - {victim}) == 2, "it was not replaced")
        self.assertEqual(self.service.who_serves(2), self.service.workers())
        self.assertTrue(old - {victim} <= self.service.workers())

    def test_one_that_exits_is_replaced_whatever_its_status(self):
        victim = self.service.ask_process()[0]
        with Connection(self.service.connector) as connection:
            # It may be another one that is asked.
            with self.assertRaises(Exception):
                connection.ask("/exit")
        self.service.wait_for_output("exited with status 0")
        self.service.wait(lambda: len(self.service.workers()) == 2, "it was not replaced")
        self.assertEqual(self.service.who_serves(2), self.service.workers())

    def test_their_number_changes(self):
        for number, wanted in ((signal.SIGTTIN, 3), (signal.SIGTTOU, 2), (signal.SIGTTOU, 1)):
            self.service.signal(number)
            self.service.wait_for_status(", {} worker".format(wanted))
            self.service.wait(lambda: len(self.service.workers()) == wanted, "there are not {} workers".format(wanted))
        self.service.signal(signal.SIGTTOU)
        self.service.wait_for_output("there is 1 worker, the least there can be")
        self.service.signal(signal.SIGTTIN)
        self.service.wait(lambda: len(self.service.workers()) == 2, "there are not 2 workers")

    def test_the_access_log_is_opened_again_by_all(self):
        moved = self.log + ".1"
        os.rename(self.log, moved)
        self.service.signal(signal.SIGUSR1)
        self.service.wait(lambda: os.path.exists(self.log), "there is no new file")
        size = os.path.getsize(moved)

        def writes():
            self.service.who_serves(2)
            nonlocal size
            before, size = size, os.path.getsize(moved)
            return before == size

        self.service.wait(writes, "the old file is written to")
        with open(self.log) as file:
            self.assertIn("GET / ", file.read())

    def test_the_variables_of_roost_are_not_theirs(self):
        names = self.service.ask("/environment").body.decode().split("\n")
        self.assertIn("APP_FAMILY", names)
        self.assertEqual([name for name in names if re.match("_ROOST|NOTIFY_|WATCHDOG_|LISTEN_", name)], [])

    def test_reloads_leave_no_descriptor_behind(self):
        supervisor = descriptors(self.service.program.pid)
        most = max(descriptors(pid) for pid in self.service.who_serves(2))
        for number in range(2):
            self.new_workers(self.reload("descriptors {}".format(number)))
        # One more for a moment, such as that to the service manager, may have been there before.
        self.service.wait(lambda: descriptors(self.service.program.pid) <= supervisor, "the supervisor has more than {}".format(supervisor))
        for pid in self.service.workers():
            self.service.wait(lambda: descriptors(pid) <= most, "a worker has more than {}".format(most))

    def test_junk_on_the_channel_ends_that_worker_alone(self):
        if self.kind == SWIFT:
            self.skipTest("the app in Swift does not do that")
        before = self.service.workers()
        junk = Later(self.service.ask_process, "/junk")
        self.service.wait_for_output("sent over its control socket what it should not")
        victim = junk.result()[0]
        self.service.wait(lambda: not alive(victim) and len(self.service.workers()) == 2, "it was not replaced")
        self.assertTrue(before - {victim} <= self.service.workers())


def of_each_kind(base, kinds=KINDS):
    for kind in kinds:
        name = base.__name__ + kind.capitalize() + "Tests"
        globals()[name] = type(name, (base, unittest.TestCase), {"kind": kind, "__module__": __name__, "__qualname__": name})


of_each_kind(Workers, LANGUAGES)

# MARK: several processes, each test with a service of its own

class StartTests(ServiceTestCase):
    @of(*LANGUAGES)
    def test_ready_is_told_once_when_all_serve_at_all_addresses(self, kind):
        port = free_port()
        service = self.start(kind, "--workers=2", binds=["unix:{}", "127.0.0.1:{}".format(port)])
        service.wait_until_ready()
        self.assertEqual(len(re.findall(r"worker \d \(pid \d+\) serves", service.output())), 2)
        self.assertEqual(service.who_serves(2), service.workers())
        self.assertIn(int(ask(tcp("127.0.0.1", port)).headers["x-process"]), service.workers())
        service.stop()
        states = service.manager.states()
        self.assertEqual(states.count("READY=1"), 1)
        self.assertLess(states.index("STATUS=starting 2 workers"), states.index("READY=1"))
        self.assertLess(states.index("READY=1"), states.index("STATUS=serving 2 binds, 2 workers"))
        self.assertLess(states.index("STATUS=serving 2 binds, 2 workers"), states.index("STOPPING=1"))
        self.assertEqual(service.manager.statuses()[-1], "stopped")
        self.assertFalse(os.path.exists(service.socket))

    def test_one_that_fails_ends_all_with_its_status_and_reason(self):
        cases = [(kind, "APP_STARTUP_FAIL", "no such database", 3) for kind in (SWIFT, ASYNCIO, TRIO)]
        cases += [(kind, "APP_LOAD_FAIL", "no such module", 4) for kind in LANGUAGES]
        for kind, how, why, status in cases:
            with self.subTest(kind=kind, how=how):
                service = self.start(kind, "--workers=2", environment={how: why})
                self.assertEqual(service.ended(), status, service.output())
                self.assertEqual(service.family(), set())
                self.assertNotIn("READY=1", service.manager.states())
                self.assertIn("EXIT_STATUS={}".format(status), service.manager.states())
                self.assertRegex(service.manager.statuses()[-1], "^startup failed: .*" + why)
                said = [line for line in service.output().splitlines() if re.search("error.*" + why, line)]
                self.assertEqual(len(said), 1, service.output())
                self.assertFalse(os.path.exists(service.socket))

    @of(SWIFT, ASYNCIO)
    def test_an_address_in_use_ends_it_with_5(self, kind):
        with socket.create_server(("127.0.0.1", 0)) as other:
            service = self.start(kind, "--workers=2", binds=["unix:{}", "127.0.0.1:{}".format(other.getsockname()[1])])
            self.assertEqual(service.ended(), 5)
        self.assertEqual(service.family(), set())
        self.assertIn("ERRNO=98", service.manager.states())
        self.assertIn("EXIT_STATUS=5", service.manager.states())
        self.assertEqual(service.output().count("cannot listen on"), 1, service.output())
        self.assertFalse(os.path.exists(service.socket))

    def test_their_number_comes_from_several_places(self):
        processors = len(os.sched_getaffinity(0))
        some = str(min(os.sched_getaffinity(0)))
        for flags, options, wanted in (
                ([], dict(environment={"WEB_CONCURRENCY": "3"}), 3),
                (["--workers=2"], dict(environment={"WEB_CONCURRENCY": "3"}), 2),
                (["--workers=auto"], {}, processors if processors > 1 else 0),
                (["--workers=auto"], dict(wrapper=("taskset", "-c", some)), 0),
                (["--workers=1"], {}, 0)):
            with self.subTest(flags=flags, **options):
                service = self.serve(SWIFT, *flags, **options)
                self.assertEqual(len(service.workers()), wanted)
                if not wanted:
                    self.assertEqual(service.ask_process()[0], service.program.pid)


class StopTests(ServiceTestCase):
    @of(*KINDS)
    def test_ctrl_c_is_one_graceful_stop(self, kind):
        """At a terminal the signal reaches every process."""
        service = self.serve(kind, "--workers=2", wrapper=("setsid",))
        asking = service.later("/sleep/1000")
        os.killpg(service.program.pid, signal.SIGINT)
        self.assertIn(asking.result()[0], service.family() | {asking.result()[0]})
        self.assertEqual(service.ended(), 0)
        service.wait_until_gone()
        for word in ("KeyboardInterrupt", "Traceback", "asked to stop again", "killed"):
            self.assertNotIn(word, service.output())

    @of(*LANGUAGES)
    def test_workers_end_when_their_supervisor_is_killed(self, kind):
        service = self.serve(kind, "--workers=2")
        asking = service.later("/sleep/1000")
        service.signal(signal.SIGKILL)
        asking.result()
        service.wait_until_gone()

    @of(*LANGUAGES)
    def test_workers_that_have_not_started_end_as_well(self, kind):
        service = self.start(kind, "--workers=2", environment={"APP_STARTUP_DELAY": "600"})
        service.wait(lambda: len(service.workers()) == 2, "there are no workers")
        service.signal(signal.SIGKILL)
        service.wait_until_gone()

    @of(*LANGUAGES)
    def test_a_stop_before_they_have_started_is_one(self, kind):
        service = self.start(kind, "--workers=2", environment={"APP_STARTUP_DELAY": "600"}, wrapper=("setsid",))
        service.wait(lambda: len(service.workers()) == 2, "there are no workers")
        os.killpg(service.program.pid, signal.SIGINT)
        self.assertEqual(service.ended(), 0, service.output())
        service.wait_until_gone()
        self.assertNotIn("Traceback", service.output())

    @of(ASYNCIO, WSGI)
    def test_ctrl_c_while_the_interpreter_starts_is_a_stop(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                service = self.start(kind, "--workers=" + workers, wrapper=("setsid",))
                service.wait(lambda: any(arguments(pid)[1:2] == ["-c"] for pid in service.family()), "there is no interpreter")
                os.killpg(service.program.pid, signal.SIGINT)
                self.assertEqual(service.ended(), 0, service.output())
                service.wait_until_gone()
                self.assertNotIn("Traceback", service.output())

    @of(*LANGUAGES)
    def test_the_second_signal_cuts(self, kind):
        service = self.serve(kind, "--workers=2")
        asking = service.later("/sleep/600000")
        service.signal(signal.SIGTERM).wait_for_state("STOPPING=1")
        service.signal(signal.SIGTERM).wait_for_output("asked to stop again")
        with self.assertRaises(Exception):
            asking.result()
        self.assertEqual(service.ended(), 0)
        service.wait_until_gone()

    @of(SWIFT, ASYNCIO)
    def test_the_third_signal_kills(self, kind):
        service = self.serve(kind, "--workers=2")
        service.later("/block/600000")
        service.signal(signal.SIGTERM).wait_for_state("STOPPING=1")
        service.signal(signal.SIGTERM).wait_for_output("asked to stop again")
        service.signal(signal.SIGTERM).wait_for_output(r"asked to stop once more: \d workers? killed")
        self.assertEqual(service.ended(), 0)
        service.wait_until_gone()

    @of(SWIFT, ASYNCIO)
    def test_one_that_takes_no_notice_is_killed(self, kind):
        service = self.serve(kind, "--workers=2", "--graceful-timeout=500ms", "--shutdown-timeout=500ms")
        service.later("/block/600000")
        service.signal(signal.SIGTERM)
        self.assertEqual(service.ended(), 0)
        self.assertRegex(service.output(), r"worker \d \(pid \d+\) has not ended in time and is killed")
        service.wait_until_gone()

    @of(*LANGUAGES)
    def test_connections_are_taken_during_the_drain_delay(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                service = self.serve(kind, "--workers=" + workers, "--drain-delay=10m")
                service.signal(signal.SIGTERM).wait_for_status("draining")
                service.ask()
                # The second one cuts it short.
                service.signal(signal.SIGTERM)
                self.assertEqual(service.ended(), 0)
                service.wait_until_gone()


class LossTests(ServiceTestCase):
    @of(*LANGUAGES)
    def test_an_app_that_dies_again_and_again_ends_it_with_a_reason(self, kind):
        service = self.serve(kind, "--workers=2")
        service.behave("deadly", APP_DEADLY="yes")
        for pid in service.workers():
            service.signal(signal.SIGKILL, pid)
        self.assertNotIn(service.ended(), (0, 2, 5))
        self.assertEqual(len(re.findall("error: no worker stays up; the last one, worker .*7", service.output())), 1, service.output())
        self.assertRegex(service.manager.statuses()[-1], "^failed: no worker stays up")
        service.wait_until_gone()

    def test_one_that_does_not_answer_is_named_and_replaced(self):
        for kind, flags in ((SWIFT, []), (ASYNCIO, []), (UVLOOP, []), (TRIO, []), (WSGI, ["--threads=1"])):
            with self.subTest(kind=kind):
                service = self.serve(kind, "--workers=2", "--timeout=3s", *flags)
                before = service.workers()
                asking = service.later("/block/600000")
                with Load(service.connector):
                    service.wait(lambda: re.search(r"is killed: .*event loop.* has not answered for", service.output()), "it was not killed")
                    service.wait(lambda: len(service.workers()) == 2 and service.workers() != before, "it was not replaced")
                with self.assertRaises(Exception):
                    asking.result()
                self.assertEqual(len(service.workers() & before), 1)


    def test_the_watchdog_is_fed_while_all_answer(self):
        # A supervisor hears from its workers once a second; for twice the half of the time nothing is fed.
        for kind, workers, seconds in ((SWIFT, 1, 1), (ASYNCIO, 1, 1), (TRIO, 1, 1), (SWIFT, 2, 4), (ASYNCIO, 2, 4)):
            with self.subTest(kind=kind, workers=workers):
                service = self.serve(kind, "--workers={}".format(workers), environment={"WATCHDOG_USEC": str(seconds * 1000000)})
                service.wait_for_state("WATCHDOG=1")
                service.later("/block/600000")
                service.wait_for_status("has not answered for")
                fed = service.manager.states().count("WATCHDOG=1")
                service.wait_for_status("has not answered for {}".format(seconds + 1))
                self.assertEqual(service.manager.states().count("WATCHDOG=1"), fed)


class UpgradeTests(ServiceTestCase):
    @of(*LANGUAGES)
    def test_a_new_supervisor_takes_over(self, kind):
        command, path = self.copy(kind)
        service = self.serve(kind, "--workers=2", command=command)
        inode = os.stat(service.socket).st_ino
        old = service.family()
        asking = service.later("/sleep/1500")
        service.behave("2")
        with Load(service.connector) as load:
            service.signal(signal.SIGUSR2)
            supervisor = service.successor()
            self.assertIn(asking.result()[0], old)
            self.assertEqual(service.ended(), 0)
            service.wait_for_version("2")
            load.wait_for_more()
            service.wait(lambda: not service.family() & old, "the old ones are still there")
        self.assertIn(supervisor, service.family())
        self.assertEqual(len(service.family()), 3)
        self.assertEqual(os.stat(service.socket).st_ino, inode)
        self.assertNotIn("stopped", service.manager.statuses())

        # A program that does not work changes nothing.
        now = service.family()
        replaced(path, "#!/bin/sh\nexit 1\n")
        with Load(service.connector):
            service.signal(signal.SIGUSR2, supervisor).wait_for_status("upgrade failed: ")
            service.wait(lambda: service.family() == now, "others serve")
        service.signal(signal.SIGTERM, supervisor).wait_until_gone()
        self.assertFalse(os.path.exists(service.socket))
        self.assertEqual(service.manager.statuses()[-1], "stopped")

    @of(*LANGUAGES)
    def test_a_stop_meanwhile_leaves_nothing(self, kind):
        service = self.serve(kind, "--workers=2")
        service.behave(APP_STARTUP_DELAY="600")
        service.signal(signal.SIGUSR2)
        service.wait(lambda: len(service.family()) > 3, "there is no successor")
        service.stop()


# MARK: one process

class SoleProcessTests(ServiceTestCase):
    @of(*KINDS)
    def test_it_is_replaced_by_its_successor(self, kind):
        service = self.serve(kind)
        inode = os.stat(service.socket).st_ino
        pid = service.program.pid
        self.assertEqual(service.family(), {pid})
        self.assertEqual(service.ask_process(), (pid, "1"))
        asking = service.later("/sleep/1500")
        service.behave("2")
        with Load(service.connector) as load:
            service.signal(signal.SIGHUP)
            successor = service.successor()
            self.assertEqual(asking.result()[0], pid)
            self.assertEqual(service.ended(), 0)
            load.wait_for_more()
            self.assertEqual(service.ask_process(), (successor, "2"))
        told = [message for message in service.manager.messages if {"RELOADING=1", "READY=1"} & set(message)]
        self.assertIn("READY=1", told[0])
        self.assertIn("RELOADING=1", told[1])
        self.assertTrue(any(re.fullmatch(r"MONOTONIC_USEC=\d+", state) for state in told[1]), told)
        self.assertIn("MAINPID={}".format(successor), told[2])
        self.assertIn("READY=1", told[2])

        # Broken code: the same process goes on.
        for how in ("APP_LOAD_FAIL", "APP_STARTUP_FAIL"):
            heard = len(service.manager.statuses())
            service.behave("broken", **{how: "no such thing"})
            with Load(service.connector):
                service.signal(signal.SIGHUP, successor).wait_for_status("reload failed: ", heard)
                service.wait(lambda: service.family() == {successor}, "others are there")
            self.assertIn("no such thing", service.output())

        service.behave("3")
        with Load(service.connector):
            service.signal(signal.SIGUSR2, successor)
            last = service.successor(2)
            service.wait(lambda: service.family() == {last}, "others are there")
        self.assertEqual(service.ask_process(), (last, "3"))
        self.assertEqual(os.stat(service.socket).st_ino, inode)
        self.assertNotIn("stopped", service.manager.statuses())
        service.signal(signal.SIGTERM, last).wait_until_gone()
        self.assertFalse(os.path.exists(service.socket))
        self.assertEqual(service.manager.statuses()[-1], "stopped")

    @of(*LANGUAGES)
    def test_a_successor_that_does_not_start_is_given_up(self, kind):
        service = self.serve(kind, "--startup-timeout=3s")
        service.behave("never", APP_STARTUP_DELAY="600")
        service.signal(signal.SIGHUP).wait_for_status("reload failed: ")
        service.wait(lambda: service.family() == {service.program.pid}, "the successor is still there")
        self.assertEqual(service.ask_process(), (service.program.pid, "1"))
        service.stop()

    @of(*LANGUAGES)
    def test_its_end_while_the_successor_starts_leaves_nothing(self, kind):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=number):
                service = self.serve(kind)
                service.behave("never", APP_STARTUP_DELAY="600")
                service.signal(signal.SIGHUP)
                service.wait(lambda: len(service.family()) == 2, "there is no successor")
                service.signal(number)
                self.assertEqual(service.ended(), 0 if number == signal.SIGTERM else -number)
                service.wait_until_gone()
                self.assertEqual(service.manager.states().count("READY=1"), 1)
                self.assertNotIn("failed", "".join(service.manager.statuses()))

    @of(*LANGUAGES)
    def test_a_stop_is_not_lost_on_a_successor(self, kind):
        """It comes while requests are in flight for so long that the successor could start."""
        service = self.serve(kind)
        asking = service.later("/sleep/2500")
        service.behave("2", APP_STARTUP_DELAY="1")
        service.signal(signal.SIGHUP)
        service.wait(lambda: len(service.family()) == 2, "there is no successor")
        service.signal(signal.SIGTERM)
        self.assertEqual(asking.result()[0], service.program.pid)
        self.assertEqual(service.ended(), 0)
        service.wait_until_gone()
        self.assertEqual(service.main_pids(), [])
        self.assertEqual(service.manager.states().count("READY=1"), 1)
        self.assertNotIn("reload failed", service.output())

    @of(*LANGUAGES)
    def test_many_reloads_at_once_come_to_one_process(self, kind):
        service = self.serve(kind)
        with Load(service.connector):
            for _ in range(5):
                service.signal(signal.SIGHUP)
            first = service.successor()
            for _ in range(5):
                service.signal(signal.SIGHUP, first)
            service.wait(lambda: service.family() == set(service.main_pids()[-1:]), "there is more than one process")
        service.signal(signal.SIGTERM, service.main_pids()[-1]).wait_until_gone()
        self.assertFalse(os.path.exists(service.socket))

    @of(*LANGUAGES)
    def test_its_access_log_is_opened_again(self, kind):
        log = self.enterContext(services.tempfile.TemporaryDirectory()) + "/access.log"
        service = self.serve(kind, "--access-logfile=" + log)
        os.rename(log, log + ".1")
        service.signal(signal.SIGUSR1).wait(lambda: os.path.exists(log), "there is no new file")
        service.wait(lambda: service.ask() and os.path.getsize(log) > 0, "nothing is written to it")

    def test_its_number_does_not_change(self):
        service = self.serve(SWIFT)
        service.signal(signal.SIGTTIN).wait_for_output("whose number cannot change")
        self.assertEqual(service.family(), {service.program.pid})


# MARK: limits

class LimitTests(ServiceTestCase):
    def check(self, kind, flags, said):
        """Under load it comes to other processes, and no request fails."""
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                service = self.serve(kind, "--workers=" + workers, *flags)
                before = service.family() if workers == "1" else service.workers()
                with Load(service.connector) as load:
                    service.wait(lambda: not service.family() & before, "they were not replaced")
                    load.wait_for_more()
                self.assertRegex(service.output(), said)

    @of(SWIFT, ASYNCIO)
    def test_after_so_many_requests_another_one_serves(self, kind):
        self.check(kind, ["--max-requests=30", "--max-requests-jitter=10"], r"has served \d+ requests")

    @of(SWIFT, ASYNCIO)
    def test_at_an_age_another_one_serves(self, kind):
        self.check(kind, ["--worker-lifetime=2s"], r"is \d+s old|has served for \d+ s")

    @of(SWIFT, ASYNCIO)
    def test_with_too_much_memory_another_one_serves(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                service = self.serve(kind, "--workers=" + workers, "--workers-max-rss=300MiB")
                grown = service.ask_process("/grow/64")[0]
                with Load(service.connector):
                    service.wait(lambda: service.ask("/grow/64") and re.search(r"(holds|has) \d+ MiB of memory", service.output()),
                                 "it was not noticed")
                self.assertGreater(grown, 0)


class IdleTests(ServiceTestCase):
    # Passes a socket as systemd does.
    ACTIVATION = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
"""

    @of(SWIFT, ASYNCIO)
    def test_it_ends_when_nobody_has_come_for_a_while(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                directory = self.enterContext(services.tempfile.TemporaryDirectory())
                path = os.path.join(directory, "passed.sock")
                service = self.serve(
                    kind, "--workers=" + workers, "--exit-idle-time=1s", binds=["systemd:"], environment={"APP_STARTUP_DELAY": "2"},
                    wrapper=(sys.executable, "-c", self.ACTIVATION, path))
                with Connection(services.unix(path)) as connection:
                    self.assertEqual(connection.ask("/").status, 200)
                    # Of its going on there is no other sign than that time passes.
                    self.assertRaises(AssertionError, wait_for, lambda: service.manager.states() is None, "", timeout=2)
                    self.assertTrue(service.program.is_running())
                    self.assertEqual(connection.ask("/").status, 200)
                self.assertEqual(service.ended(), 0)
                service.wait_until_gone()
                self.assertTrue(os.path.exists(path))

    @of(SWIFT, ASYNCIO)
    def test_without_a_passed_socket_it_is_refused(self, kind):
        for workers in ("1", "2"):
            service = self.start(kind, "--workers=" + workers, "--exit-idle-time=1s")
            self.assertEqual(service.ended(), 2)
            self.assertRegex(service.output(), "error: .*(exit_idle_time|exit-idle-time)")
            self.assertEqual(len(service.output().splitlines()), 1, service.output())


class DevelopmentTests(ServiceTestCase):
    @of(ASYNCIO, WSGI)
    def test_a_change_starts_the_app_anew(self, kind):
        service = self.serve(kind, "--reload")
        service.behave("2")
        service.wait_for_version("2")
        service.wait_for_output("behaviour.py has changed")

        with open(service.path("behaviour.py"), "a") as file:
            file.write("this is no Python\n")
        service.wait_for_output("SyntaxError")
        service.wait_for_status("reload failed")
        self.assertEqual(service.ask_process()[1], "2")

        service.behave("3")
        service.wait_for_version("3")

        # Of what does not count nothing is said, which shows when something that does has been noticed.
        for name in (".hidden.py", "notes.txt", "__pycache__/cached.py", "venv/pyvenv.cfg", "venv/installed.py"):
            os.makedirs(os.path.dirname(service.path(name)), exist_ok=True)
            open(service.path(name), "w").close()
        os.mkdir(service.path("package"))
        open(service.path("package/module.py"), "w").close()
        service.wait_for_output("module.py has changed")
        for name in ("hidden", "notes", "cached", "installed"):
            self.assertNotIn(name, service.output())
        service.stop()

    def test_a_new_executable_starts_it_anew(self):
        command, path = self.copy(SWIFT)
        service = self.serve(SWIFT, "--reload", command=command)
        before = service.workers()
        copied_again = path + ".new"
        services.shutil.copy2(binary("INTEGRATION_APP_BIN"), copied_again)
        os.rename(copied_again, path)
        service.wait(lambda: len(service.workers()) == 1 and not service.workers() & before, "it was not started anew")
        before = service.workers()
        replaced(path, "#!/bin/sh\necho broken >&2\nexit 1\n")
        service.wait_for_status("reload failed")
        service.wait(lambda: service.workers() == before, "the old one does not serve")
        service.ask()
        service.stop()


if __name__ == "__main__":
    unittest.main()
