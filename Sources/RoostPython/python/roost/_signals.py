"""SIGINT and SIGTERM of a worker, whatever the app does with signals itself."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Callable, Optional

from . import _roost
from ._shutdown import Shutdown

__all__ = ["Signals", "Stopped", "ignore_signals"]


# What a signal is written as: a number of eight bytes, as for an eventfd.
_ONE = (1).to_bytes(8, "little")


class Stopped(BaseException):
    """A signal came before there was anything to shut down."""


class Signals:
    """Until serving begins a signal ends the worker where it stands; then it begins the shutdown, by a pipe that the loop watches."""

    def __init__(self, shutdown: Shutdown, *, is_supervised: bool = False) -> None:
        self._shutdown = shutdown
        self._is_supervised = is_supervised
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._handle(_stop)

    def install(self) -> None:
        """Makes signals begin the shutdown; takes them back from an app that has taken them."""
        # Until the next line has its effect they come to Python's handler, where the app may be under way already.
        self._handle(self._pass_on)
        _roost.install_signals(self._writer, (signal.SIGTERM,) if self._is_supervised else (signal.SIGINT, signal.SIGTERM))

    def _handle(self, handler: Callable[[int, Optional[FrameType]], None]) -> None:
        # With a handler of Python's in place neither asyncio nor trio puts one of its own there later.
        # At a terminal Ctrl-C reaches the supervisor too, which tells its workers by SIGTERM.
        signal.signal(signal.SIGINT, _ignore if self._is_supervised else handler)
        signal.signal(signal.SIGTERM, handler)
        # Whoever has started this interpreter may have had it wait until here.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))

    def _pass_on(self, number: int, frame: Optional[FrameType]) -> None:
        if os.getpid() != _owner:
            return _end_by(number)
        with suppress(BlockingIOError):
            os.write(self._writer, _ONE)

    def fileno(self) -> int:
        """Readable when a signal came."""
        return self._reader

    def came(self) -> None:
        """Acts on the signals that came."""
        try:
            count = len(os.read(self._reader, 64)) // len(_ONE)
        except BlockingIOError:
            return
        self._shutdown.signalled(count)


def ignore_signals() -> None:
    """For a process that is ending anyway."""
    # Not SIG_IGN: children that are started meanwhile would inherit that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)


# A child that is forked inherits the handlers, but not their meaning.
_owner = os.getpid()


def _ignore(number: int, frame: object) -> None:
    if os.getpid() != _owner:
        _end_by(number)


def _stop(number: int, frame: object) -> None:
    if os.getpid() != _owner:
        _end_by(number)
        return
    raise Stopped


def _end_by(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
