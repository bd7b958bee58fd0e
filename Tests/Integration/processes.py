"""The programs under test, started here without a service manager but with a notification socket of the test's own."""

import os
import signal
import socket
import subprocess
import tempfile
import time


class Manager:
    """Plays the service manager: a datagram socket that programs find in `NOTIFY_SOCKET`."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="roost-notify-")
        self.address = os.path.join(self._directory.name, "socket")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self.messages = []

    def receive(self, timeout):
        """The next message as a list of assignments; None when the time is over."""
        self._socket.settimeout(max(timeout, 0.001))
        try:
            # Descriptors that come along are not taken, which closes them: that is what a barrier waits for.
            message = self._socket.recv(8192).decode().split("\n")
        except socket.timeout:
            return None
        self.messages.append(message)
        return message

    def states(self):
        """Every assignment so far, in order."""
        while self.receive(0) is not None:
            pass
        return [state for message in self.messages for state in message if state]

    def statuses(self):
        return [state[len("STATUS="):] for state in self.states() if state.startswith("STATUS=")]

    def close(self):
        self._socket.close()
        self._directory.cleanup()


class Program:
    """A running program; its output is collected, and it is ended when the test ends."""

    def __init__(self, test, *arguments, environment=None, wrapper=()):
        self.manager = Manager()
        test.addCleanup(self.manager.close)
        # Where it stands is the programs' business too: they only append, and it is read without moving.
        self._output = tempfile.TemporaryFile("a+b")
        test.addCleanup(self._output.close)
        inherited = {name: value for name, value in os.environ.items()
                     if name == "ROOST_ALLOW_ROOT" or not name.startswith(("ROOST_", "LISTEN_"))}
        inherited.update(environment or {}, NOTIFY_SOCKET=self.manager.address)
        self._process = subprocess.Popen(list(wrapper) + list(arguments), stdin=subprocess.DEVNULL, stdout=self._output,
                                         stderr=subprocess.STDOUT, env=inherited)
        test.addCleanup(self._end)
        self.pid = self._process.pid

    def wait_until_ready(self, timeout=20):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = self.manager.receive(0.1)
            if message and "READY=1" in message:
                return self
            if message is None and self._process.poll() is not None:
                break
        raise AssertionError("not ready (exit status {}):\n{}".format(self._process.poll(), self.output()))

    def output(self):
        descriptor = self._output.fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def terminate(self):
        self._process.send_signal(signal.SIGTERM)
        return self

    def is_running(self):
        return self._process.poll() is None

    def wait(self, timeout=30):
        """The exit status; negative for a signal."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError("still running after {} s:\n{}".format(timeout, self.output()))

    def _end(self):
        if self.is_running():
            self._process.kill()
            self._process.wait()


def free_port():
    """A loopback port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_connectable(connect, timeout=10):
    deadline = time.monotonic() + timeout
    while True:
        try:
            connect().close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
