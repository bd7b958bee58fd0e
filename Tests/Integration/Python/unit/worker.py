"""Starts a worker as `roost serve` does, with the package under test."""

import tree
from roost.__main__ import main

assert tree
main()
