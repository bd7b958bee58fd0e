"""The package under test: a built tree named by TREE_UNDER_TEST, or the sources with `fake_roost` for an extension."""

import importlib
import importlib.util
import logging
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = os.environ.get("TREE_UNDER_TEST")
SOURCES = HERE.parents[3] / "Sources/RoostPython/python"

HAS_TRIO = importlib.util.find_spec("trio") is not None
HAS_UVLOOP = importlib.util.find_spec("uvloop") is not None


def use():
    """Makes `import roost` find it."""
    tree = BUILT or str(SOURCES)
    if tree not in sys.path:
        sys.path.insert(0, tree)
    if not BUILT and "roost._roost" not in sys.modules:
        import fake_roost

        sys.modules["roost._roost"] = fake_roost
        importlib.import_module("roost")._roost = fake_roost


use()
# What is logged is part of what is tried only where a test says so, with assertLogs.
logging.getLogger("roost").addHandler(logging.NullHandler())
logging.getLogger("roost").propagate = False
