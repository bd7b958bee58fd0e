"""What a service manager hears, without one: the messages in order, and the exit status."""

import os
import socket
import tempfile
import time
import unittest

from clients import Connection, Later, ask, unix
from processes import Program, wait_until_connectable
from requirements import binary, require_programs


class NotifyTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-app-")
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "app.sock")
        self.connector = unix(self.path)

    def roost(self, *arguments, **options):
        return Program(self, binary("ROOST_BIN"), "serve", *arguments, **options)

    def own_app(self, *arguments, **environment):
        return Program(self, binary("INTEGRATION_APP_BIN"), "--bind", self.path, *arguments, environment=environment)

    def test_ready_comes_when_requests_are_answered_and_stopping_when_it_ends(self):
        roost = self.roost("builtin:hello", "--bind", self.path).wait_until_ready()
        self.assertEqual(ask(self.connector).body, b"Hello World")
        self.assertEqual(roost.terminate().wait(), 0)
        states = [state for state in roost.manager.states() if not state.startswith("EXTEND_TIMEOUT_USEC=")]
        self.assertEqual(states.count("READY=1"), 1)
        self.assertLess(states.index("READY=1"), states.index("STOPPING=1"))
        self.assertEqual(roost.manager.statuses()[0], "starting")
        self.assertIn("serving 1 bind", roost.manager.statuses())
        self.assertFalse(os.path.exists(self.path))

    def test_without_addresses_what_was_passed_is_served(self):
        require_programs("systemd-socket-activate")
        Program(self, binary("ROOST_BIN"), "serve", "builtin:echo",
                wrapper=["systemd-socket-activate", "--setenv=ROOST_ALLOW_ROOT", "--listen", self.path, "--fdname", "web"])
        wait_until_connectable(self.connector)
        self.assertIn(self.path.encode(), ask(self.connector).body)

    def test_ready_waits_for_the_apps_startup(self):
        start = time.monotonic()
        self.own_app(APP_STARTUP_DELAY="1").wait_until_ready()
        self.assertGreaterEqual(time.monotonic() - start, 1)
        self.assertEqual(ask(self.connector).status, 200)

    def test_a_failing_startup_is_told_and_ends_with_3(self):
        app = self.own_app(APP_STARTUP_FAIL="no database")
        self.assertEqual(app.wait(), 3)
        states = app.manager.states()
        self.assertNotIn("READY=1", states)
        self.assertIn("EXIT_STATUS=3", states)
        self.assertRegex(app.manager.statuses()[-1], "^startup failed: .*no database")
        self.assertFalse(os.path.exists(self.path))

    def test_a_failing_bind_is_told_with_its_error_number_and_ends_with_5(self):
        roost = self.roost("builtin:hello", "--bind", "/nowhere/at/all.sock")
        self.assertEqual(roost.wait(), 5)
        states = roost.manager.states()
        self.assertIn("EXIT_STATUS=5", states)
        self.assertIn("ERRNO=2", states)
        self.assertIn("/nowhere/at/all.sock", roost.output())

    def test_draining_is_told_while_it_goes_on(self):
        roost = self.roost("builtin:echo", "--bind", self.path).wait_until_ready()
        with Connection(self.connector) as connection:
            asking = Later(connection.ask, "/sleep/1500")
            time.sleep(0.5)
            roost.terminate()
            self.assertEqual(asking.result().status, 200)
        self.assertEqual(roost.wait(), 0)
        self.assertIn("draining 1 request", roost.manager.statuses())

    def test_without_a_manager_nothing_is_told_and_nothing_breaks(self):
        roost = self.roost("builtin:hello", "--bind", self.path, wrapper=("env", "-u", "NOTIFY_SOCKET"))
        wait_until_connectable(self.connector)
        self.assertEqual(ask(self.connector).status, 200)
        self.assertEqual(roost.terminate().wait(), 0)
        self.assertEqual(roost.manager.states(), [])

    def test_a_manager_that_is_gone_does_not_stop_the_service_and_is_named_once(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                roost = self.roost(
                    "builtin:hello", "--bind", self.path, f"--workers={workers}", wrapper=("env", "NOTIFY_SOCKET=/nowhere/notify"))
                wait_until_connectable(self.connector)
                self.assertEqual(ask(self.connector).status, 200)
                self.assertEqual(roost.terminate().wait(), 0)
                self.assertEqual(roost.output().count("NOTIFY_SOCKET: No such file or directory"), 1, roost.output())


class ListenVariablesTests(unittest.TestCase):
    def serve(self, wrapper, *binds):
        flags = ["--bind=" + bind for bind in binds or ("systemd:",)]
        return Program(self, binary("ROOST_BIN"), "serve", "builtin:hello", *flags, wrapper=wrapper)

    def test_junk_is_refused_by_the_variables_name(self):
        for count, pid in (("abc", "$$"), ("-1", "$$"), ("99999999999", "$$"), ("500", "$$"), ("1", "x")):
            with self.subTest(LISTEN_FDS=count, LISTEN_PID=pid):
                roost = self.serve(("sh", "-c", 'LISTEN_FDS={} LISTEN_PID={} exec "$0" "$@"'.format(count, pid)))
                self.assertEqual(roost.wait(), 5)
                self.assertIn("LISTEN_FDS" if pid == "$$" else "LISTEN_PID", roost.output())
                self.assertNotIn("READY=1", roost.manager.states())

    def test_another_process_sockets_are_not_taken(self):
        roost = self.serve(("env", "LISTEN_FDS=1", "LISTEN_PID=1"))
        self.assertEqual(roost.wait(), 5)

    def activate(self, *binds):
        """Serves these binds with two sockets passed, called one and two; gives the program and the sockets' paths."""
        require_programs("systemd-socket-activate")
        directory = tempfile.TemporaryDirectory(prefix="roost-app-")
        self.addCleanup(directory.cleanup)
        paths = [os.path.join(directory.name, name) for name in ("one", "two")]
        activate = ["systemd-socket-activate", "--fdname=one:two", "--setenv=NOTIFY_SOCKET", "--setenv=ROOST_ALLOW_ROOT"]
        activate += ["--listen=" + path for path in paths]
        roost = self.serve(tuple(activate), *binds)
        # The first connection starts it.
        wait_until_connectable(unix(paths[1]))
        return roost, paths

    def test_sockets_are_taken_by_name(self):
        _, paths = self.activate("systemd:two", "systemd:one")
        for path in paths:
            self.assertEqual(ask(unix(path)).body, b"Hello World")

    def test_a_socket_that_no_bind_names_is_refused_by_its_name(self):
        roost, paths = self.activate("systemd:two")
        self.assertEqual(roost.wait(), 5)
        self.assertIn(paths[0], roost.output())
        self.assertIn("systemd:one", roost.output())

    def test_a_datagram_socket_is_refused_by_name(self):
        require_programs("systemd-socket-activate")
        directory = tempfile.TemporaryDirectory(prefix="roost-app-")
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "datagrams")
        roost = self.serve(("systemd-socket-activate", "--setenv=ROOST_ALLOW_ROOT", "--datagram", "--listen=" + path, "--fdname=log"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            wait_until_connectable(lambda: (client.connect(path), open(os.devnull))[1])
            client.send(b"x")
        self.assertEqual(roost.wait(), 5)
        self.assertRegex(roost.output(), r"log.*datagram socket")


if __name__ == "__main__":
    unittest.main()
