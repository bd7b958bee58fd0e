"""How a worker ends."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NamedTuple, NoReturn, Optional

from . import _roost
from ._signals import Stopped, ignore_signals
from ._traceback import app_traceback, one_line
from .errors import LifespanError, LoadingError

__all__ = ["Ending", "UsageError"]


class UsageError(RuntimeError):
    """A setting asks for what this interpreter does not have."""


class Ending(NamedTuple):
    """An exit status, and why it is not 0, in one line."""

    code: int
    reason: Optional[str] = None
    traceback: str = ""
    errno: Optional[int] = None
    """The error number behind it, for the service manager."""

    @classmethod
    def of(cls, error: Optional[BaseException]) -> Ending:
        """How a worker ends after this error; after none, or a signal, as it was asked to."""
        members: tuple[BaseException, ...] = getattr(error, "exceptions", ())
        if len(members) == 1:
            # A nursery raises groups.
            return cls.of(members[0])
        if error is None or isinstance(error, Stopped):
            return cls(0)
        if isinstance(error, UsageError):
            return cls(2, str(error))
        if isinstance(error, LoadingError):
            return cls(4, str(error), error.traceback)
        if isinstance(error, LifespanError):
            cause = error.__cause__
            return cls(3 if error.stage == "startup" else 1, str(error), app_traceback(cause) if cause is not None else "")
        if isinstance(error, _roost.BindError):
            return cls(5, str(error), errno=error.errno)
        if isinstance(error, SystemExit):
            return cls(1, f"the app called sys.exit({error.code!r})", app_traceback(error))
        return cls(1, one_line(error), app_traceback(error))

    def leave(self, host: _roost.Host) -> NoReturn:
        """Ends the process; nothing of what is still running can keep it."""
        if self.traceback:
            host.log("error", self.traceback, {"app": host.app or ""})
        ignore_signals()
        _roost.remove_signals()
        host.finished(self.code, self.reason, self.errno)
        try:
            # Not a full finalisation: threads that go on could not be stopped, only made to hang in it.
            atexit._run_exitfuncs()
        finally:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (AttributeError, OSError, ValueError):
                    # It is closed, or nobody reads it any more.
                    continue
            os._exit(self.code)
