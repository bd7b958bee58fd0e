"""Services of one or several processes, whatever becomes of these, and clients that ask them all the time."""

import http.client
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import uuid

from clients import Connection, Later, ask, unix
from processes import Program
from python_apps import APPS, environment
from requirements import binary

SWIFT, ASYNCIO, UVLOOP, TRIO, WSGI = "swift", "asyncio", "uvloop", "trio", "wsgi"
KINDS = (SWIFT, ASYNCIO, UVLOOP, TRIO, WSGI)
# Where the loop that the app chooses makes no difference.
LANGUAGES = (SWIFT, ASYNCIO, WSGI)

PATIENCE = 60


def wait_for(look, otherwise, timeout=PATIENCE, pause=0.02):
    """What `look` gives as soon as it is true; it is asked again after each pause."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(otherwise() if callable(otherwise) else otherwise)
        time.sleep(pause)


class Service:
    """The test app of one kind on a Unix socket, with the processes that come of it, known by a variable that all of them inherit."""

    def __init__(self, test, kind, *flags, binds=None, environment=None, wrapper=(), command=None, app=None):
        directory = tempfile.TemporaryDirectory(prefix="roost-service-")
        test.addCleanup(directory.cleanup)
        self.directory, self.kind = directory.name, kind
        self.socket = self.path("app.sock")
        self.connector = unix(self.socket)
        os.symlink(os.path.join(APPS, "processes.py"), self.path("processes.py"))
        self.behave()
        self._mark = "APP_FAMILY=" + uuid.uuid4().hex
        binds = ["--bind=" + bind.format(self.socket) for bind in binds or ["unix:{}"]]
        variables = dict(APP_BEHAVIOUR=self.path("behaviour.py"), PYTHONDONTWRITEBYTECODE="1", PYTHONPATH="")
        variables.update([self._mark.split("=")], **(environment or {}))
        self.program = Program(test, *(command or self._command()), *self._app(app), *binds, *flags, environment=variables, wrapper=wrapper)
        self.manager, self.output = self.program.manager, self.program.output
        test.addCleanup(self._end)

    def _command(self):
        return [binary("INTEGRATION_APP_BIN")] if self.kind == SWIFT else [binary("ROOST_BIN"), "serve"]

    def _app(self, app):
        if self.kind == SWIFT:
            return []
        flags = ["--app-dir", self.directory, "--venv", environment()]
        if self.kind == WSGI:
            return [app or "wsgi:processes:create_wsgi", "--factory", "--threads=4", *flags]
        return [app or "processes:app", "--worker-class", self.kind, *flags]

    def path(self, name):
        return os.path.join(self.directory, name)

    def behave(self, version="1", **settings):
        """Changes the app's code."""
        lines = ['{} = "{}"\n'.format(name, value) for name, value in dict(settings, APP_VERSION=version).items()]
        with open(self.path("behaviour.new"), "w") as file:
            file.writelines(lines)
        os.replace(self.path("behaviour.new"), self.path("behaviour.py"))

    # What is asked of it

    def wait_until_ready(self):
        self.program.wait_until_ready(PATIENCE)
        return self

    def ask(self, path="/"):
        answer = ask(self.connector, path)
        if answer.status != 200:
            raise AssertionError("{} for {}: {!r}\n{}".format(answer.status, path, answer.body, self.output()))
        return answer

    def ask_process(self, path="/"):
        """Which process answers, and its version."""
        answer = self.ask(path)
        return int(answer.headers["x-process"]), answer.headers["x-version"]

    def later(self, path):
        """A request that takes a while, given when it is in flight."""
        if os.path.exists(self.path("asked")):
            os.remove(self.path("asked"))
        asking = Later(self.ask_process, path)
        self.wait(lambda: os.path.exists(self.path("asked")), "the request does not reach the app")
        return asking

    def who_serves(self, number):
        """The processes that answer, when all of so many have. It takes several clients at once: one after the other may meet the same process."""
        found = set()

        def look():
            found.update(asking.result()[0] for asking in [Later(self.ask_process) for _ in range(8)])
            return len(found) >= number

        wait_for(look, lambda: "{} of {} processes answer:\n{}".format(len(found), number, self.output()))
        return found

    def wait_for_version(self, version):
        """Until nobody else answers."""
        self.wait(lambda: all(self.ask_process()[1] == version for _ in range(10)), "version {} does not serve".format(version))

    # What is seen of it

    def family(self):
        """Its living processes, whoever their parent is."""
        found = set()
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/{}/environ".format(name)) as file:
                    if self._mark in file.read().split("\0") and _is_alive(name):
                        found.add(int(name))
            except OSError:
                continue
        return found

    def workers(self):
        return self.family() - {self.program.pid}

    def wait(self, look, otherwise, **options):
        return wait_for(look, lambda: "{}\nprocesses: {}\n{}".format(otherwise, sorted(self.family()), self.output()), **options)

    def wait_for_output(self, pattern):
        self.wait(lambda: re.search(pattern, self.output()), "not said: " + pattern)

    def wait_for_state(self, state, after=0):
        """Until the service manager hears this, not counting its first assignments."""
        self.wait(lambda: state in self.manager.states()[after:], "the manager has not heard {}".format(state))

    def wait_for_status(self, part, after=0):
        self.wait(lambda: any(part in status for status in self.manager.statuses()[after:]), "no such status: " + part)

    def wait_until_gone(self):
        self.wait(lambda: not self.family(), "processes are left")

    def main_pids(self):
        return [int(state.split("=")[1]) for state in self.manager.states() if state.startswith("MAINPID=")]

    def successor(self, number=1):
        """The process that the manager was told of, the so manyth."""
        return self.wait(lambda: self.main_pids()[number - 1:], "there is no successor")[0]

    def ended(self):
        """The exit status of the process that was started, while the service manager goes on listening."""
        self.wait(lambda: self.manager.states() is not None and not self.program.is_running(), "it goes on")
        return self.program.wait()

    # What is done to it

    def signal(self, number, pid=None):
        os.kill(pid or self.program.pid, number)
        return self

    def stop(self):
        """Ends it, which it must do with 0, and leave nothing."""
        self.program.terminate()
        status = self.ended()
        if status != 0:
            raise AssertionError("ended with {}\n{}".format(status, self.output()))
        self.wait_until_gone()

    def _end(self):
        for _ in range(3):
            for pid in self.family():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue


def _is_alive(pid):
    with open("/proc/{}/stat".format(pid)) as file:
        return file.read().rpartition(")")[2].split()[0] not in "ZX"


def copied(test, name):
    """A copy of a program that was built, to be replaced; for `roost` with its Python package beside it."""
    directory = tempfile.TemporaryDirectory(prefix="roost-copy-")
    test.addCleanup(directory.cleanup)
    path = os.path.join(directory.name, "bin", "program")
    os.makedirs(os.path.dirname(path))
    shutil.copy2(binary(name), path)
    os.makedirs(os.path.join(directory.name, "lib", "roost"))
    tree = os.path.join(os.path.dirname(os.path.realpath(binary(name))), "..", "..", "python")
    os.symlink(os.path.realpath(tree), os.path.join(directory.name, "lib", "roost", "python"))
    return path


def replaced(path, text):
    """Puts a script in a program's place."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.chmod(path + ".new", 0o755)
    os.rename(path + ".new", path)


class Load:
    """Clients that ask without a pause, half of them on connections that they keep, until the `with` is over; then none may have failed.

    A kept connection that is closed before a byte of the answer came is taken for idle, and the request is sent again on a new one,
    as proxies do.
    """

    def __init__(self, connector, clients=4, path="/"):
        self._connector, self._path = connector, path
        self._is_over = threading.Event()
        self.answers, self.failures = 0, []
        self._clients = [Later(self._keep if number % 2 else self._renew) for number in range(clients)]

    def _renew(self):
        while not self._is_over.is_set():
            self._count(lambda: ask(self._connector, self._path))

    def _keep(self):
        connection = Connection(self._connector)
        while not self._is_over.is_set():
            self._count(lambda: self._ask_again(connection))
        connection.close()

    def _ask_again(self, connection):
        is_kept = connection.sock is not None
        try:
            return connection.ask(self._path)
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            if not is_kept:
                raise
            return connection.ask(self._path)

    def _count(self, call):
        try:
            status = call().status
            if status != 200:
                self.failures.append(status)
        except Exception as error:
            self.failures.append(repr(error))
        self.answers += 1

    def wait_for_more(self, number=20):
        """Until so many more requests were answered."""
        before = self.answers
        wait_for(lambda: self.answers >= before + number, "the service does not answer")

    def __enter__(self):
        self.wait_for_more()
        return self

    def __exit__(self, kind, *_):
        self._is_over.set()
        for client in self._clients:
            client.result()
        if kind is None and self.failures:
            raise AssertionError("{} of {} requests failed: {}".format(len(self.failures), self.answers, self.failures[:5]))
