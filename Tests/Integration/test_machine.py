"""The throw-away systemd itself: that it boots, behaves, and leaves nothing behind."""

import os
import socket
import unittest

from machine import Machine


class MachineTests(unittest.TestCase):
    def test_boots_runs_services_and_leaves_nothing_behind(self):
        machine = Machine()
        try:
            pid, cgroup, space, console = machine.pid, machine.cgroup, machine.space, machine.console
            self.assertIn(machine.systemctl("is-system-running", check=False).stdout.strip(), ("running", "degraded"))
            self.assertEqual(machine.run("systemctl", "--failed", "--plain", "--no-legend").stdout, "")

            # A service that says READY is there when the command returns, and its log is found under its name.
            machine.run("systemd-run", "--unit=ready", "--property=Type=notify", "--property=NotifyAccess=all", "sh", "-c",
                        "sleep 0.5; systemd-notify --ready --status=here; echo spoken; sleep 60")
            self.assertEqual(machine.show("ready", "ActiveState", "StatusText"), {"ActiveState": "active", "StatusText": "here"})
            self.assertIn("spoken", [entry["MESSAGE"] for entry in machine.journal("ready.service")])

            # What is written there is not here, and its network is not ours.
            machine.write("/etc/roost-machine-test", "x")
            self.assertFalse(os.path.exists("/etc/roost-machine-test"))
            there = machine.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.addCleanup(there.close)
            there.bind(("127.0.0.1", 1))
            there.listen()
            machine.connect(("127.0.0.1", 1)).close()
            with socket.socket() as here:
                self.assertNotEqual(here.connect_ex(("127.0.0.1", 1)), 0)
        finally:
            machine.stop()
        for path in ("/proc/{}".format(pid), space, console) + ((cgroup,) if cgroup else ()):
            self.assertFalse(os.path.exists(path), path)


if __name__ == "__main__":
    unittest.main()
