"""The shipped units: what systemd thinks of them, and what they make of the sockets and users."""

import grp
import os
import re
import stat
import unittest

from installation import InstalledTestCase, UNITS

EXPOSURE_LIMIT = 0.8


class UnitTests(InstalledTestCase):
    def test_systemd_finds_nothing_wrong_with_them(self):
        done = self.machine.run("systemd-analyze", "verify", "--man=no", "roost@hello.service", "roost@hello.socket")
        self.assertEqual(done.stdout + done.stderr, "")

    def exposure(self, text):
        found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", text)
        self.assertIsNotNone(found, text)
        return float(found.group(1))

    def test_the_service_is_hardened(self):
        done = self.machine.run("systemd-analyze", "security", "--no-pager", "--offline=yes", UNITS + "/roost@.service")
        self.assertLessEqual(self.exposure(done.stdout), EXPOSURE_LIMIT, done.stdout)

    def test_the_running_service_is_hardened(self):
        app = self.app("hello")
        app.start()
        done = self.machine.run("systemd-analyze", "security", "--no-pager", app.service)
        self.assertLessEqual(self.exposure(done.stdout), EXPOSURE_LIMIT, done.stdout)

    def test_the_app_runs_as_a_user_of_its_own_without_rights_or_network(self):
        app = self.app("hello")
        app.start()
        pid = app.show("MainPID")
        user = self.machine.run("ps", "-o", "user:32=", "-p", pid).stdout.strip()
        self.assertEqual(user, "roost-hello")
        status = dict(line.split(":\t", 1) for line in self.machine.run("cat", "/proc/{}/status".format(pid)).stdout.splitlines()
                      if ":\t" in line)
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        links = self.machine.run("readlink", "/proc/{}/ns/net".format(pid), "/proc/1/ns/net").stdout.split()
        self.assertNotEqual(links[0], links[1])

    def test_only_root_and_the_proxys_group_may_connect(self):
        app = self.app("hello")
        self.machine.systemctl("start", app.socket)
        status = os.stat(self.machine.path(app.path))
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o660, 0, grp.getgrnam("www-data").gr_gid))
        as_user = ("setpriv", "--clear-groups", "curl", "-sS", "--max-time", "20", "--unix-socket", app.path, "http://hello.example/")
        refused = self.machine.run(*as_user[:1], "--reuid=nobody", "--regid=nogroup", *as_user[1:], check=False)
        self.assertEqual(refused.returncode, 7, refused.stdout)
        self.assertEqual(self.machine.run(*as_user[:1], "--reuid=www-data", "--regid=www-data", *as_user[1:]).stdout.strip(), "Hello World")

    def test_root_checks_a_running_service_as_its_user(self):
        app = self.app("hello")
        app.start()
        check = ("/usr/bin/roost", "check", "--running", "--config", "/etc/roost/hello.toml")
        done = self.machine.run(*check, "--user", "roost-hello", check=False)
        self.assertEqual((done.stdout, done.returncode), ("ok\n", 0), done.stderr)
        done = self.machine.run(*check, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("name the user to serve as with --user", done.stderr)

    def test_a_reload_that_checks_first_fails_and_changes_nothing(self):
        settings = 'app = "builtin:hello"\nbind = ["systemd:"]\n'
        app = self.app("checked", settings, dropin="""
            [Service]
            ExecReload=
            ExecReload=/usr/bin/roost check --running --config /etc/roost/%i.toml
            ExecReload=/bin/kill -HUP $MAINPID
        """.replace("            ", ""))
        app.start()
        pid = app.show("MainPID")
        self.machine.write("/etc/roost/checked.toml", settings + "workers = 'many'\n")
        self.assertNotEqual(self.machine.systemctl("reload", app.service, check=False).returncode, 0)
        self.assertEqual((app.show("MainPID"), app.show("ActiveState")), (pid, "active"))
        self.machine.write("/etc/roost/checked.toml", settings)
        self.machine.systemctl("reload", app.service)

    def test_configurations_are_readable_to_roost_alone(self):
        status = os.stat(self.machine.path("/etc/roost"))
        group = self.machine.run("getent", "group", "roost").stdout.split(":")[2]
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid), (0o750, 0, int(group)))


if __name__ == "__main__":
    unittest.main()
