"""Tracebacks that show the app's frames alone."""

from __future__ import annotations

import os
import traceback
from typing import Optional

__all__ = ["app_traceback", "one_line"]

_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep


def app_traceback(error: BaseException) -> str:
    """The traceback of `error` and of its causes, without the frames of Roost and of the import machinery."""
    told = traceback.TracebackException.from_exception(error)
    _cut(told, set())
    return "".join(told.format()).rstrip("\n")


def one_line(error: BaseException) -> str:
    """``ValueError: what it says``, on one line."""
    text = " ".join(str(error).split())
    name = type(error).__qualname__
    return f"{name}: {text}" if text else name


def _cut(told: Optional[traceback.TracebackException], seen: set[int]) -> None:
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    # None for an exception that was never raised.
    if told.stack is not None:
        told.stack[:] = [frame for frame in told.stack if not _is_machinery(frame.filename)]
    _cut(told.__cause__, seen)
    _cut(told.__context__, seen)
    for member in getattr(told, "exceptions", None) or ():
        _cut(member, seen)


def _is_machinery(filename: str) -> bool:
    return filename.startswith((_OWN, "<frozen importlib", "<frozen runpy")) or filename.endswith(f"{os.sep}importlib{os.sep}__init__.py")
