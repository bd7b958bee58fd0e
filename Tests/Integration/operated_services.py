"""Services of the installed Roost that tests operate on as an operator would: an app in Swift and one in Python, in one process and with workers."""

import collections
import json
import os
import re
import time
import unittest

from clients import Later
from installation import APPS, App, installed_for_python
from python_apps import APPS as PYTHON_APPS

# How often each operation is done in one test.
REPEATS = 5
WORKERS = 2
PATIENCE = 120

ROOST, OWN_APP = "/usr/bin/roost", "/usr/bin/integration-app"
CODE = "/srv/operations"
DROPIN = "/etc/systemd/system/{}.d/test.conf"
NO_DATABASE = "there is no database"

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
