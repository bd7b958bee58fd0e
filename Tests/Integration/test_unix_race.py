"""Several processes that fight for one Unix socket: one gets it, the others leave it alone and say who has it."""

import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from clients import Connection, unix
from requirements import binary

ROUNDS = 30
CONTENDERS = 3
BIND_FAILED = 5
PATIENCE = 20

# Waits until the test closes its end of the pipe, so that all contenders start at the same moment.
AT_THE_SIGNAL = ("sh", "-c", 'read -r _; exec "$0" "$@"')


class UnixRaceTests(unittest.TestCase):
    def setUp(self):
        self.roost = binary("ROOST_BIN")
        directory = tempfile.TemporaryDirectory(prefix="roost-race-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.path = os.path.join(directory.name, "app.sock")

    def contend(self):
        """Starts the contenders together; gives the one that goes on, and the others with what they said."""
        starts, gate = os.pipe()
        contenders = []
        for _ in range(CONTENDERS):
            contender = subprocess.Popen(
                AT_THE_SIGNAL + (self.roost, "serve", "builtin:hello", "--bind", "unix:" + self.path),
                stdin=starts, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.addCleanup(contender.stderr.close)
            self.addCleanup(contender.wait)
            self.addCleanup(contender.kill)
            contenders.append(contender)
        os.close(starts)
        os.close(gate)
        deadline = time.monotonic() + PATIENCE
        while sum(contender.poll() is None for contender in contenders) > 1:
            self.assertLess(time.monotonic(), deadline, "more than one contender goes on")
            time.sleep(0.002)
        # The one that is left may be about to give up as well.
        time.sleep(0.05)
        winners = [contender for contender in contenders if contender.poll() is None]
        losers = [(contender, contender.communicate()[1]) for contender in contenders if contender not in winners]
        self.assertEqual(len(winners), 1, [said for _, said in losers])
        return winners[0], losers

    def listener(self):
        """The process that listens on the path."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.path)
            return struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]

    def test_exactly_one_wins_and_the_others_name_it(self):
        for number in range(ROUNDS):
            with self.subTest(round=number):
                winner, losers = self.contend()
                with Connection(unix(self.path)) as connection:
                    answer = connection.ask()
                self.assertEqual((answer.status, answer.body.strip()), (200, b"Hello World"))
                self.assertEqual(self.listener(), winner.pid)
                self.assertEqual(os.listdir(self.directory), ["app.sock"])
                for loser, said in losers:
                    self.assertEqual(loser.returncode, BIND_FAILED, said)
                    self.assertIn(self.path, said)
                    self.assertIn(str(winner.pid), said)
                # Every other round the winner is killed, so that the next ones meet what it left behind.
                is_killed = number % 2 == 0
                winner.send_signal(signal.SIGKILL if is_killed else signal.SIGTERM)
                winner.wait(PATIENCE)
                self.assertEqual(os.listdir(self.directory), ["app.sock"] if is_killed else [])

    def test_a_running_server_keeps_its_path(self):
        first, _ = self.contend()
        second = subprocess.run(
            [self.roost, "serve", "builtin:hello", "--bind", self.path], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=PATIENCE)
        self.assertEqual(second.returncode, BIND_FAILED)
        said = second.stderr.strip().splitlines()[-1]
        self.assertIn("cannot listen on unix:" + self.path, said)
        self.assertIn("process {} ".format(first.pid), said)
        self.assertEqual(self.listener(), first.pid)


if __name__ == "__main__":
    unittest.main()
