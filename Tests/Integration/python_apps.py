"""Python apps under Roost: virtual environments for them, made once and kept, and the server that runs them."""

import fcntl
import functools
import glob
import hashlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from clients import Connection, ask, unix
from processes import Program
from requirements import binary, missing

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Python")
APPS = os.path.join(FOLDER, "apps")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "roost-tests")

# What each file with requirements asks of the interpreter.
ALL, CORE, TOOLS, GRPC = "requirements.txt", "requirements-core.txt", "requirements-tools.txt", "requirements-grpc.txt"
OLDEST = {ALL: (3, 11), CORE: (3, 9), TOOLS: (3, 9), GRPC: (3, 9)}

MIB = 1 << 20

_PROBE = """
import os, sys, sysconfig, venv, ensurepip
print(*sys.version_info[:3], 1 if sysconfig.get_config_var("Py_GIL_DISABLED") else 0, os.path.realpath(sys.executable))
"""


class Interpreter:
    """A CPython that can make virtual environments."""

    def __init__(self, path, version):
        self.path, self.version = path, version

    def __str__(self):
        return "Python {}.{}.{}".format(*self.version)

    @classmethod
    def at(cls, path):
        """The interpreter at this path; None if it is none, or cannot make virtual environments, or has no stable ABI."""
        try:
            said = subprocess.run([path, "-I", "-c", _PROBE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  universal_newlines=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if said.returncode != 0:
            return None
        major, minor, patch, has_no_gil, real = said.stdout.strip().split(" ", 4)
        return None if has_no_gil == "1" else cls(real, (int(major), int(minor), int(patch)))


@functools.lru_cache(maxsize=None)
def interpreters(oldest):
    """Every interpreter that is found here, of each version one; Debian's own first."""
    places = ["/usr/bin/python3", shutil.which("python3")] + [shutil.which("python3.{}".format(minor)) for minor in range(9, 20)]
    places += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python3")))
    found = {}
    for place in filter(None, places):
        interpreter = Interpreter.at(place)
        if interpreter and interpreter.version >= oldest:
            found.setdefault(interpreter.version[:2], interpreter)
    return list(found.values())


def environment(requirements=ALL, interpreter=None):
    """The virtual environment with these packages, of the first interpreter that fits or of this one. It is made once and kept in the
    user's cache, under a name that says what is in it."""
    if interpreter is None:
        fitting = interpreters(OLDEST[requirements])
        if not fitting:
            missing("a python3 from {}.{} on with venv (Debian's packages python3 and python3-venv)".format(*OLDEST[requirements]))
        interpreter = fitting[0]
    with open(os.path.join(FOLDER, requirements), "rb") as file:
        content = file.read()
    key = hashlib.sha256(content + str([interpreter.path, interpreter.version]).encode()).hexdigest()[:16]
    venv = os.path.join(CACHE, "python-{}.{}-{}".format(*interpreter.version[:2], key))
    complete = os.path.join(venv, "complete")
    os.makedirs(CACHE, exist_ok=True)
    # Of several runs at once the first makes it.
    with open(venv + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(complete):
            shutil.rmtree(venv, ignore_errors=True)
            for command in ([interpreter.path, "-m", "venv", venv],
                            [os.path.join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                             "--requirement", os.path.join(FOLDER, requirements)]):
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      universal_newlines=True)
                if done.returncode != 0:
                    missing("the packages of {} for {}:\n{}".format(requirements, interpreter, done.stdout[-2000:]))
            open(complete, "w").close()
    return venv


@functools.lru_cache(maxsize=None)
def tool(module):
    """A module of the packages that the tests themselves use."""
    for place in glob.glob(os.path.join(environment(TOOLS), "lib", "python3.*", "site-packages")):
        if place not in sys.path:
            sys.path.append(place)
    return importlib.import_module(module)


class Memory:
    """What a process occupies, in bytes."""

    def __init__(self, pid):
        self._pid = pid

    def _line(self, name):
        with open("/proc/{}/status".format(self._pid)) as file:
            return int(re.search("^{}:\\s+(\\d+) kB".format(name), file.read(), re.MULTILINE).group(1)) << 10

    @property
    def now(self):
        return self._line("VmRSS")

    @property
    def peak(self):
        """The most since the beginning, or since `forget_peak`."""
        return self._line("VmHWM")

    def forget_peak(self):
        with open("/proc/{}/clear_refs".format(self._pid), "w") as file:
            file.write("5")


def descriptors(pid, path):
    """How often a process has a file open, be it still there or not."""
    count, directory = 0, "/proc/{}/fd".format(pid)
    for name in os.listdir(directory):
        try:
            count += os.readlink(os.path.join(directory, name)) in (path, path + " (deleted)")
        except OSError:
            # Closed meanwhile.
            pass
    return count


class PythonApp:
    """`roost serve` with an app of the folder `apps` on a Unix socket in a directory of its own."""

    def __init__(self, test, app, *flags, venv=None, app_dir=APPS, binds=None, environment=None, wrapper=()):
        directory = tempfile.TemporaryDirectory(prefix="roost-python-")
        test.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.socket, self._events = self.path("app.sock"), self.path("events")
        self.connector = unix(self.socket)
        binds = ["--bind=" + bind for bind in binds or ["unix:" + self.socket]]
        place = ["--app-dir", app_dir] if app_dir else []
        place += ["--venv", venv] if venv else []
        variables = dict(APP_EVENTS=self._events, PYTHONDONTWRITEBYTECODE="1", DJANGO_DATABASE=self.path("database"))
        variables.update(environment or {})
        self.program = Program(test, binary("ROOST_BIN"), "serve", app, *place, *binds, *flags, environment=variables, wrapper=wrapper)
        self.memory = Memory(self.program.pid)

    def path(self, name):
        return os.path.join(self.directory, name)

    def wait_until_ready(self, timeout=60):
        self.program.wait_until_ready(timeout)
        return self

    def output(self):
        return self.program.output()

    def ask(self, path="/", **options):
        return ask(self.connector, path, **options)

    def ask_json(self, path="/", **options):
        answer = self.ask(path, **options)
        if answer.status != 200:
            raise AssertionError("{} for {}: {!r}\n{}".format(answer.status, path, answer.body, self.output()))
        return json.loads(answer.body)

    def connection(self):
        return Connection(self.connector)

    def descriptors(self, path):
        return descriptors(self.program.pid, path)

    def sign(self, name="go-on"):
        """Gives the app a sign that it waits for."""
        open(self.path(name), "w").close()

    def unsign(self, name="go-on"):
        if os.path.exists(self.path(name)):
            os.remove(self.path(name))

    def events(self):
        """The lines that the app has noted."""
        if not os.path.exists(self._events):
            return []
        with open(self._events) as file:
            return file.read().splitlines()

    def forget_events(self):
        if os.path.exists(self._events):
            os.remove(self._events)

    def wait_for(self, look, otherwise, timeout=15):
        deadline = time.monotonic() + timeout
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError("\n".join([otherwise, "events:", *self.events(), "output:", self.output()]))
            time.sleep(0.02)

    def wait_for_event(self, pattern, timeout=15):
        """The first event that matches as a whole."""
        look = lambda: next((event for event in self.events() if re.fullmatch(pattern, event)), None)
        return self.wait_for(look, "no event " + pattern, timeout)

    def wait_for_output(self, pattern, timeout=15):
        """The first place of the output that matches; `^` and `$` are those of its lines."""
        return self.wait_for(lambda: re.search(pattern, self.output(), re.MULTILINE), "no output " + pattern, timeout)

    def interrupt(self, number):
        os.kill(self.program.pid, number)
        return self.program

    def terminate(self):
        return self.program.terminate()


class ServedTestCase(unittest.TestCase):
    """Tests that share one server. Subclasses name the app, and flags."""

    app = None
    flags = ()
    requirements = ALL

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.app is None:
            raise unittest.SkipTest("only its subclasses are tests")
        cls.server = PythonApp(_Cleanups(cls), cls.app, *cls.flags, venv=environment(cls.requirements)).wait_until_ready()

    def setUp(self):
        self.server.forget_events()
        self.server.unsign()

    def ask(self, path="/", **options):
        return self.server.ask(path, **options)

    def ask_json(self, path="/", **options):
        return self.server.ask_json(path, **options)


class _Cleanups:
    """A class of tests in the place of a test: what is added is done when all of its tests have run."""

    def __init__(self, cls):
        self.addCleanup = cls.addClassCleanup


class PythonTestCase(unittest.TestCase):
    """Tests that start servers of their own."""

    requirements = ALL

    def start(self, app, *flags, **options):
        """Starts a server without waiting for it."""
        options.setdefault("venv", environment(self.requirements))
        return PythonApp(self, app, *flags, **options)

    def serve(self, app, *flags, **options):
        return self.start(app, *flags, **options).wait_until_ready()
