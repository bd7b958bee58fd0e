"""Runs every test of this folder. With `--counts FILE` it writes there how many tests ran, failed and were skipped."""

import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
# What a test of these needs there is once: a systemd of its own.
SINGLE = re.compile(r"^(from|import) (installation|machine)\b", re.MULTILINE)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", metavar="FILE", help="write three numbers to this file: tests, failures, skipped")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="run only these, such as test_nginx or test_service.StopTests")
    arguments = parser.parse_args()
    counts = run(arguments.tests) if arguments.tests else run_lanes()
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


def run_lanes():
    """Runs all: those that need the one systemd in one process, which mostly wait for it, and beside them the rest in another."""
    lanes = ([], [])
    for path in sorted(glob.glob(os.path.join(FOLDER, "test_*.py"))):
        with open(path) as file:
            lanes[0 if SINGLE.search(file.read()) else 1].append(os.path.basename(path)[:-len(".py")])
    with tempfile.TemporaryDirectory(prefix="roost-lanes-") as folder:
        running = [start(names, os.path.join(folder, str(number))) for number, names in enumerate(lanes)]
        results = [finish(process, output, counts) for process, output, counts in running]
    return tuple(sum(numbers) for numbers in zip(*results))


def start(names, counts):
    """The first lane is heard at once, and others when they are done."""
    output = tempfile.TemporaryFile() if counts.endswith("1") else None
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--counts", counts] + names, stdout=output, stderr=output)
    return process, output, counts


def finish(process, output, counts):
    status = process.wait()
    if output is not None:
        output.seek(0)
        sys.stderr.write(output.read().decode("utf-8", "replace"))
        output.close()
    try:
        with open(counts) as file:
            tests, failures, skipped = map(int, file.read().split())
    except (OSError, ValueError):
        # It has not come to its end.
        return 1, 1, 0
    return tests, failures or int(status != 0), skipped


if __name__ == "__main__":
    sys.exit(main())
