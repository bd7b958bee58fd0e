"""Runs every test of this folder. With `--counts FILE` it writes there how many tests ran, failed and were skipped."""

import argparse
import collections
import glob
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
# What a test of these needs there is once: a systemd of its own.
SINGLE = re.compile(r"^(from|import) (installation|machine|operated_services)\b", re.MULTILINE)
# These have the machine to themselves: in their streams of requests none may fail, and nginx loses a POST to a connection that is being closed if it
# notices that late.
ALONE = ["test_operations_in_use"]
# How many modules run at a time, as most tests wait for something.
LANES = 3
# These take minutes each and begin first, so that all lanes end at about the same time; the longest leads.
LONG = ["test_workers", "test_python_package", "test_python_lifecycle", "test_http2", "test_python_leaks"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", metavar="FILE", help="write three numbers to this file: tests, failures, skipped")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="run only these, such as test_nginx or test_service.StopTests")
    arguments = parser.parse_args()
    counts = run(arguments.tests) if arguments.tests else Lanes().run()
    if arguments.counts:
        with open(arguments.counts, "w") as file:
            file.write("{} {} {}\n".format(*counts))
    tests, failures, skipped = counts
    return 1 if failures or tests + skipped == 0 else 0


def run(names):
    """Runs these here, one after the other."""
    sys.path.insert(0, FOLDER)
    result = unittest.TextTestRunner(verbosity=2).run(unittest.TestLoader().loadTestsFromNames(names))
    failures = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    # A class that can't be set up counts as one test, although none of its tests ran.
    return max(result.testsRun, failures), failures, len(result.skipped)


class Lanes:
    """All modules, in processes of which some run at a time once the first is done. Those that need the one systemd share a process."""

    def __init__(self):
        self.single = []
        others = []
        for path in sorted(glob.glob(os.path.join(FOLDER, "test_*.py"))):
            with open(path) as file:
                text = file.read()
            name = os.path.basename(path)[:-len(".py")]
            if name in ALONE:
                continue
            if SINGLE.search(text):
                self.single.append(name)
            else:
                others.append(name)
        others.sort(key=lambda name: LONG.index(name) if name in LONG else len(LONG))
        self.others = collections.deque(others)
        self.lock = threading.Lock()
        self.results = []

    def run(self):
        with tempfile.TemporaryDirectory(prefix="roost-lanes-") as folder:
            self.results.append(self.process(folder, ALONE, is_heard=True))
            lanes = [threading.Thread(target=self.lane, args=(folder, names)) for names in [self.single] + [[]] * (LANES - 1)]
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()
        return tuple(sum(numbers) for numbers in zip(*self.results))

    def lane(self, folder, names):
        if names:
            self.results.append(self.process(folder, names, is_heard=True))
        while True:
            try:
                name = self.others.popleft()
            except IndexError:
                return
            self.results.append(self.process(folder, [name]))

    def process(self, folder, names, is_heard=False):
        """Runs these in a process of their own, which is heard at once, or else when it is done."""
        counts = os.path.join(folder, names[0])
        with tempfile.TemporaryFile() as output:
            place = None if is_heard else output
            status = subprocess.call([sys.executable, os.path.abspath(__file__), "--counts", counts] + names, stdout=place, stderr=place)
            output.seek(0)
            with self.lock:
                sys.stderr.write(output.read().decode("utf-8", "replace"))
                sys.stderr.flush()
        try:
            with open(counts) as file:
                tests, failures, skipped = map(int, file.read().split())
        except (OSError, ValueError):
            # It has not come to its end.
            return 1, 1, 0
        return tests, failures or int(status != 0), skipped


if __name__ == "__main__":
    sys.exit(main())
