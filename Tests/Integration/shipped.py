"""A proxy that runs with a shipped configuration, which is moved to places of the test's own and is otherwise as it is."""

import os
import re
import subprocess
import tempfile

from clients import tcp
from processes import wait_until_connectable


def replace(pattern, replacement, text, times=1):
    """The text with what matches replaced. What does not stand there as often as expected was changed since, and the test with it."""
    text, count = re.subn(pattern, lambda _: replacement, text, flags=re.MULTILINE)
    if count != times:
        raise AssertionError("{!r} stands {} times in the shipped file, expected {}".format(pattern, count, times))
    return text


class Proxy:
    """A proxy in a directory of its own. Its output is kept in a file; it is ended when the test ends."""

    def __init__(self, test):
        directory = tempfile.TemporaryDirectory(prefix="roost-proxy-")
        test.addCleanup(directory.cleanup)
        self.directory = directory.name
        self._test, self._process = test, None

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def start(self, command, *ports):
        """Runs it, and waits until it listens on these ports of 127.0.0.1."""
        with open(self.path("output"), "wb") as output:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self._test.addCleanup(self._end)
        try:
            for port in ports:
                wait_until_connectable(tcp("127.0.0.1", port))
        except OSError:
            raise AssertionError("{} does not listen:\n{}".format(command[0], self.output()))

    def output(self):
        with open(self.path("output"), errors="replace") as file:
            return file.read()

    def _end(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
