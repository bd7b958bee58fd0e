"""Loads an app as its worker would, and ends: what ``roost check`` runs in the app's interpreter."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from ._ending import Ending
from ._worker import load_app, prepare_loop

__all__ = ["LOADED", "main"]

LOADED = 100
"""Not 0, with which an app may end the process while it is imported."""


def main() -> NoReturn:
    """Ends with `LOADED`, or with 4 and what is wrong on standard error. The arguments are what error lines begin with, the app's name, the
    directory to look in, "factory" or nothing, and the loop."""
    mark, name, directory, factory, worker_class = sys.argv[1:6]
    sys.argv[:] = ["roost"]
    try:
        prepare_loop(worker_class)
        load_app(name, directory or None, factory == "factory")
        ending = Ending.of(None)
    except BaseException as error:
        ending = Ending.of(error)
    if ending.traceback:
        print(ending.traceback.rstrip(), file=sys.stderr)
    if ending.reason is not None:
        print(mark + " ".join(ending.reason.split()), file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that the app has started must not keep it.
    os._exit(LOADED if ending.code == 0 else 4)
