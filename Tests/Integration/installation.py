"""Roost installed on the throw-away systemd as a package would install it: every shipped file as it is."""

import os
import re
import subprocess
import unittest

from clients import Connection, ask
from machine import Machine
from requirements import binary, deploy, missing

UNITS = "/usr/lib/systemd/system"
APPS = "/etc/roost"
PYTHON_TREE = "/usr/lib/roost/python/roost"


def installed():
    """The machine that all tests share, with Roost, its units and its configuration on it."""
    roost, app = binary("ROOST_BIN"), binary("INTEGRATION_APP_BIN")
    machine = Machine.shared()
    if not getattr(machine, "has_roost", False):
        install_program(machine, roost, "/usr/bin/roost")
        install_program(machine, app, "/usr/bin/integration-app")
        for name in ("roost@.service", "roost@.socket"):
            machine.install(deploy("systemd", name), UNITS + "/" + name)
        machine.install(deploy("sysusers.d", "roost.conf"), "/usr/lib/sysusers.d/roost.conf")
        machine.install(deploy("tmpfiles.d", "roost.conf"), "/usr/lib/tmpfiles.d/roost.conf")
        machine.run("systemd-sysusers", "roost.conf")
        machine.run("systemd-tmpfiles", "--create", "roost.conf")
        machine.install(deploy("examples", "hello.toml"), APPS + "/hello.toml")
        machine.systemctl("daemon-reload")
        machine.has_roost = True
    return machine


def installed_for_python():
    """The same machine, with what Roost needs for apps in Python as well."""
    machine = installed()
    if not getattr(machine, "has_python", False):
        tree = python_tree()
        for name in sorted(os.listdir(tree)):
            if name.endswith(".so"):
                install_program(machine, os.path.join(tree, name), PYTHON_TREE + "/" + name, 0o644)
            elif name != "__pycache__":
                machine.install(os.path.join(tree, name), PYTHON_TREE + "/" + name)
        machine.has_python = True
    return machine


def python_tree():
    """The Python package that was built with the program, where the program itself looks for it."""
    directory = os.path.dirname(os.path.realpath(binary("ROOST_BIN")))
    tree = os.path.join(os.path.dirname(os.path.dirname(directory)), "python", "roost")
    if not os.path.exists(os.path.join(tree, "_roost.abi3.so")):
        missing(tree + " (Sources/RoostPython/build makes it)")
    return tree


def install_program(machine, source, path, mode=0o755):
    """Installs a program or library, and those of its libraries that the machine or a service without home directories would not see."""
    machine.install(source, path, mode)
    libraries = subprocess.run(["ldd", source], stdout=subprocess.PIPE, universal_newlines=True).stdout
    hidden = [library for library in re.findall(r"=> (/\S+)", libraries)
              if library.split("/")[1] in ("home", "root", "run", "tmp") or not os.path.exists(machine.path(library))]
    for library in hidden:
        machine.install(library, "/usr/local/lib/" + os.path.basename(library))
    if hidden:
        machine.run("ldconfig")


class InstalledTestCase(unittest.TestCase):
    """Tests on the installed Roost. Each app that a test makes is gone when it ends."""

    @classmethod
    def setUpClass(cls):
        cls.machine = installed()

    def app(self, name, configuration=None, environment=None, dropin=None, binary=None):
        """Makes an app of this name and gives it; without a configuration the one that is there stays."""
        app = App(self.machine, name)
        self.addCleanup(app.remove)
        if configuration is not None:
            self.machine.write("{}/{}.toml".format(APPS, name), configuration)
        if environment:
            lines = "".join("{}={}\n".format(key, value) for key, value in environment.items())
            self.machine.write("{}/{}.env".format(APPS, name), lines, 0o600)
        if binary:
            dropin = (dropin or "[Service]\n") + "ExecStart=\nExecStart={} --config /etc/roost/%i.toml\n".format(binary)
        if dropin:
            self.machine.write("/etc/systemd/system/roost@{}.service.d/test.conf".format(name), dropin)
        self.machine.systemctl("daemon-reload")
        return app


class App:
    """One app: an instance of the units."""

    def __init__(self, machine, name):
        self.machine, self.name = machine, name
        self.service, self.socket = "roost@{}.service".format(name), "roost@{}.socket".format(name)
        self.path = "/run/roost/{}.sock".format(name)

    def connector(self, path=None):
        return lambda: self.machine.connect(path or self.path)

    def connection(self, path=None):
        return Connection(self.connector(path))

    def ask(self, target="/", path=None, **options):
        return ask(self.connector(path), target, **options)

    def start(self, check=True):
        return self.machine.systemctl("start", self.service, check=check)

    def stop(self):
        return self.machine.systemctl("stop", self.service)

    def show(self, *properties):
        return self.machine.show(self.service, *properties)

    def wait_for(self, name, accept, **options):
        return self.machine.wait_for(self.service, name, accept, **options)

    def messages(self):
        """What the service itself has written to the journal."""
        return [entry["MESSAGE"] for entry in self.machine.journal(self.service) if entry.get("_SYSTEMD_UNIT") == self.service]

    def remove(self):
        self.machine.systemctl("stop", self.socket, self.service, check=False)
        self.machine.systemctl("reset-failed", self.socket, self.service, check=False)
        self.machine.remove("/etc/systemd/system/{}.d/test.conf".format(self.service))
        self.machine.remove("{}/{}.env".format(APPS, self.name))
        if self.name != "hello":
            self.machine.remove("{}/{}.toml".format(APPS, self.name))
