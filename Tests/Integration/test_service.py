"""The life of the service under systemd: start, failure, status, stop, journal."""

import time
import unittest

from clients import Later
from installation import InstalledTestCase

OWN_APP = "/usr/bin/integration-app"
SOCKETS = 'bind = ["systemd:"]\n'


def configuration(app, *lines):
    return 'app = "{}"\n'.format(app) + SOCKETS + "".join(line + "\n" for line in lines)


class StartTests(InstalledTestCase):
    def test_start_waits_until_the_app_is_ready(self):
        app = self.app("slow", SOCKETS, {"APP_STARTUP_DELAY": "2"}, binary=OWN_APP)
        start = time.monotonic()
        starting = Later(app.start)
        app.wait_for("StatusText", lambda text: text == "starting", timeout=10)
        self.assertEqual(app.show("ActiveState"), "activating")
        starting.result()
        self.assertGreaterEqual(time.monotonic() - start, 2)
        self.assertEqual(app.show("ActiveState"), "active")
        self.assertEqual(app.ask().status, 200)

    def test_start_takes_longer_than_the_units_timeout_as_long_as_the_settings_allow(self):
        app = self.app("slower", SOCKETS + 'startup_timeout = "30s"\n', {"APP_STARTUP_DELAY": "5"}, "[Service]\nTimeoutStartSec=2\n",
                       binary=OWN_APP)
        app.start()
        self.assertEqual(app.ask().status, 200)

    def test_start_fails_when_the_apps_startup_fails(self):
        app = self.app("failing", SOCKETS, {"APP_STARTUP_FAIL": "no database"}, "[Service]\nRestart=no\n", binary=OWN_APP)
        self.assertNotEqual(app.start(check=False).returncode, 0)
        shown = app.show("ActiveState", "Result", "ExecMainStatus", "StatusText")
        self.assertEqual((shown["ActiveState"], shown["Result"], shown["ExecMainStatus"]), ("failed", "exit-code", "3"))
        self.assertRegex(shown["StatusText"], "^startup failed: .*no database")
        self.assertRegex("\n".join(app.messages()), "no database")

    def test_start_fails_with_the_shipped_restart_policy_too(self):
        app = self.app("failing", SOCKETS, {"APP_STARTUP_FAIL": "no database"}, binary=OWN_APP)
        start = time.monotonic()
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(app.show("SubState"), "auto-restart")

    def test_start_fails_when_the_startup_takes_too_long(self):
        app = self.app("late", SOCKETS + 'startup_timeout = "1s"\n', {"APP_STARTUP_DELAY": "60"}, "[Service]\nRestart=no\n",
                       binary=OWN_APP)
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertEqual(app.show("ExecMainStatus"), "3")

    def test_an_app_that_cannot_be_loaded_fails_once_and_for_good(self):
        app = self.app("unloadable", SOCKETS, {"APP_LOAD_FAIL": "no such model"}, binary=OWN_APP)
        self.assertNotEqual(app.start(check=False).returncode, 0)
        shown = app.show("ActiveState", "ExecMainStatus", "NRestarts", "StatusText")
        self.assertEqual((shown["ActiveState"], shown["ExecMainStatus"], shown["NRestarts"]), ("failed", "4", "0"))
        self.assertIn("no such model", shown["StatusText"])

    def test_a_mistake_in_the_configuration_fails_once_and_for_good(self):
        app = self.app("mistaken", configuration("builtin:hello", "gracefull_timeout = \"3s\""))
        self.assertNotEqual(app.start(check=False).returncode, 0)
        shown = app.show("ActiveState", "ExecMainStatus", "NRestarts")
        self.assertEqual((shown["ActiveState"], shown["ExecMainStatus"], shown["NRestarts"]), ("failed", "2", "0"))
        self.assertRegex("\n".join(app.messages()), r"mistaken\.toml.*gracefull_timeout|gracefull_timeout.*mistaken\.toml")

    def test_a_missing_configuration_is_named(self):
        app = self.app("absent")
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertEqual(app.show("ExecMainStatus"), "2")
        self.assertIn("/etc/roost/absent.toml", "\n".join(app.messages()))

    def test_an_address_that_cannot_be_bound_is_named(self):
        app = self.app("unbound", 'app = "builtin:hello"\nbind = ["systemd:", "/nowhere/at/all.sock"]\n', None, "[Service]\nRestart=no\n")
        self.assertNotEqual(app.start(check=False).returncode, 0)
        shown = app.show("ExecMainStatus", "StatusText", "StatusErrno")
        self.assertEqual((shown["ExecMainStatus"], shown["StatusErrno"]), ("5", "2"))
        self.assertIn("/nowhere/at/all.sock", shown["StatusText"])


class StatusTests(InstalledTestCase):
    def test_status_says_what_is_served(self):
        app = self.app("hello")
        app.start()
        self.assertRegex(app.show("StatusText"), "^serving 1 bind")
        self.assertIn('Status: "serving 1 bind', self.machine.systemctl("status", app.service).stdout)

    def test_status_follows_the_connections(self):
        app = self.app("hello")
        app.start()
        with app.connection() as connection:
            self.assertEqual(connection.ask().status, 200)
            app.wait_for("StatusText", lambda text: text == "serving 1 bind, 1 connection", timeout=20)
        app.wait_for("StatusText", lambda text: text == "serving 1 bind", timeout=20)

    def test_the_journal_has_the_lines_under_the_unit(self):
        app = self.app("hello")
        app.start()
        app.stop()
        entries = [entry for entry in self.machine.journal(app.service) if entry.get("_SYSTEMD_UNIT") == app.service]
        self.assertNotEqual(entries, [])
        for entry in entries:
            self.assertEqual((entry["_COMM"], entry["SYSLOG_IDENTIFIER"]), ("roost", "roost"))
            self.assertNotRegex(entry["MESSAGE"], "^<[0-7]>", "the priority is the journal's field, not text")
        text = "\n".join(entry["MESSAGE"] for entry in entries)
        self.assertIn(app.path, text)


class StopTests(InstalledTestCase):
    def stop_with_a_request_in_flight(self, *settings):
        app = self.app("busy", configuration("builtin:echo", *settings))
        app.start()
        token = "busy-{}".format(time.monotonic_ns())
        with app.connection() as connection:
            asking = Later(connection.ask, "/{}/sleep/3000".format(token), method="POST", body=b"x" * 20000)
            self.wait_until_seen(app, token)
            stopping = Later(app.stop)
            app.wait_for("ActiveState", lambda state: state == "deactivating")
            yield app
            try:
                self.answer = asking.result()
            except Exception as error:
                self.answer = error
            stopping.result()
        self.shown = app.show("ActiveState", "Result", "ExecMainCode", "ExecMainStatus")
        yield app

    def wait_until_seen(self, app, token):
        deadline = time.monotonic() + 10
        while token.encode() not in app.ask("/__seen/" + token).body.replace(b"/__seen/" + token.encode(), b""):
            self.assertLess(time.monotonic(), deadline, "the request did not arrive")
            time.sleep(0.02)

    def test_stop_finishes_a_request_in_flight(self):
        steps = self.stop_with_a_request_in_flight()
        app = next(steps)
        app.wait_for("StatusText", lambda text: text == "draining 1 request", timeout=10)
        next(steps)
        self.assertEqual(self.answer.status, 200)
        self.assertIn(b'"body_len":20000', self.answer.body.replace(b" ", b""))
        self.assertEqual(self.shown, {"ActiveState": "inactive", "Result": "success", "ExecMainCode": "1", "ExecMainStatus": "0"})

    def test_stop_cuts_a_request_when_the_grace_is_over(self):
        start = time.monotonic()
        steps = self.stop_with_a_request_in_flight('graceful_timeout = "500ms"')
        list(steps)
        self.assertIsInstance(self.answer, Exception)
        self.assertLess(time.monotonic() - start, 3)
        self.assertEqual((self.shown["Result"], self.shown["ExecMainStatus"]), ("success", "0"))

    def test_stop_does_not_wait_for_idle_connections(self):
        app = self.app("hello")
        app.start()
        with app.connection() as connection:
            self.assertEqual(connection.ask().status, 200)
            start = time.monotonic()
            app.stop()
            self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(app.show("Result"), "success")

    def test_stop_runs_the_apps_shutdown(self):
        app = self.app("leaving", SOCKETS, {"APP_SHUTDOWN_DELAY": "1"}, binary=OWN_APP)
        app.start()
        app.stop()
        shown = app.show("Result", "ExecMainStatus")
        self.assertEqual((shown["Result"], shown["ExecMainStatus"]), ("success", "0"))
        self.assertIn("shutdown complete", "\n".join(app.messages()))


if __name__ == "__main__":
    unittest.main()
