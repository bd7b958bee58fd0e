"""Sockets that systemd opens: the first request, names, own addresses beside them, and what is left after a stop."""

import json
import os
import unittest

from clients import Later
from installation import InstalledTestCase


class ActivationTests(InstalledTestCase):
    def test_the_first_request_starts_the_service_and_is_answered(self):
        app = self.app("hello")
        self.machine.systemctl("start", app.socket)
        self.assertEqual(app.show("ActiveState"), "inactive")
        answer = app.ask()
        self.assertEqual((answer.status, answer.body), (200, b"Hello World"))
        self.assertEqual(app.show("ActiveState"), "active")

    def test_requests_that_arrive_during_a_slow_start_are_answered(self):
        app = self.app("slow", 'bind = ["systemd:"]\n', {"APP_STARTUP_DELAY": "1"}, binary="/usr/bin/integration-app")
        self.machine.systemctl("start", app.socket)
        early = [Later(app.ask) for _ in range(20)]
        self.assertEqual({answer.result().status for answer in early}, {200})

    def test_the_socket_outlives_the_service_and_starts_it_again(self):
        app = self.app("hello")
        self.machine.systemctl("start", app.socket)
        self.assertEqual(app.ask().status, 200)
        first, inode = app.show("MainPID"), os.stat(self.machine.path(app.path)).st_ino
        app.stop()
        self.assertEqual(app.show("ActiveState"), "inactive")
        self.assertEqual(os.stat(self.machine.path(app.path)).st_ino, inode)
        self.assertEqual(app.ask().status, 200)
        self.assertNotEqual(app.show("MainPID"), first)

    def test_a_restart_under_the_socket_loses_no_request(self):
        app = self.app("hello")
        app.start()
        restarting = Later(self.machine.systemctl, "restart", app.service)
        statuses = {app.ask().status for _ in range(50)}
        restarting.result()
        self.assertEqual(statuses, {200})

    def test_own_addresses_are_served_beside_the_sockets_that_were_passed(self):
        own = "/run/roost/both/own.sock"
        app = self.app("both", 'app = "builtin:echo"\nbind = ["systemd:", "{}"]\n'.format(own))
        app.start()
        self.assertRegex(app.show("StatusText"), "^serving 2 binds")
        for path in (app.path, own):
            answer = app.ask("/where", path=path)
            self.assertEqual(answer.status, 200)
            self.assertEqual(json.loads(answer.body)["server"], [path, None])
        app.stop()
        self.assertFalse(os.path.exists(self.machine.path(own)))
        self.assertTrue(os.path.exists(self.machine.path(app.path)))

    def second_socket(self, name):
        """A second socket for the app of this name, called `admin`."""
        path = "/run/roost/{}-admin.sock".format(name)
        unit = "roost-test-admin.socket"
        self.machine.write("/run/systemd/system/" + unit, (
            "[Socket]\nListenStream={}\nFileDescriptorName=admin\nService=roost@{}.service\nRemoveOnStop=yes\n").format(path, name))

        def remove():
            self.machine.systemctl("stop", unit, check=False)
            self.machine.remove("/run/systemd/system/" + unit)
            self.machine.systemctl("daemon-reload")

        self.addCleanup(remove)
        self.machine.systemctl("daemon-reload")
        self.machine.systemctl("start", unit)
        return path

    def test_sockets_are_chosen_by_name(self):
        app = self.app("named", 'app = "builtin:hello"\nbind = ["systemd:http", "systemd:admin"]\n')
        admin = self.second_socket("named")
        self.machine.systemctl("start", app.socket)
        self.assertEqual(app.ask(path=admin).body, b"Hello World")
        self.assertEqual(app.ask().body, b"Hello World")
        self.assertRegex(app.show("StatusText"), "^serving 2 binds")

    def test_all_sockets_are_served_without_a_name(self):
        app = self.app("all", 'app = "builtin:hello"\nbind = ["systemd:"]\n')
        admin = self.second_socket("all")
        app.start()
        for path in (app.path, admin):
            self.assertEqual(app.ask(path=path).body, b"Hello World")

    def test_a_name_that_was_not_passed_is_an_error_that_lists_those_that_were(self):
        app = self.app("misnamed", 'app = "builtin:hello"\nbind = ["systemd:web"]\n', None, "[Service]\nRestart=no\n")
        self.assertNotEqual(app.start(check=False).returncode, 0)
        self.assertEqual(app.show("ExecMainStatus"), "5")
        self.assertRegex("\n".join(app.messages()), r"systemd:web.*\bhttp\b")


if __name__ == "__main__":
    unittest.main()
