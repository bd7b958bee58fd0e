"""Runs every test of this folder. With `--counts FILE` it writes there how many tests ran, failed and were skipped."""

import argparse
import os
import sys
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", metavar="FILE", help="write three numbers to this file: tests, failures, skipped")
    parser.add_argument("tests", nargs="*", metavar="TEST", help="run only these, such as test_nginx or test_service.StopTests")
    arguments = parser.parse_args()
    sys.path.insert(0, FOLDER)
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(arguments.tests) if arguments.tests else loader.discover(FOLDER)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failures = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    if arguments.counts:
        with open(arguments.counts, "w") as file:
            # A class that can't be set up counts as one test, although none of its tests ran.
            file.write("{} {} {}\n".format(max(result.testsRun, failures), failures, len(result.skipped)))
    return 1 if failures or result.testsRun + len(result.skipped) == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
