"""A loop that only waits and watches: for WSGI apps, which need no other."""

from __future__ import annotations

import select
import time
import types
from collections.abc import Coroutine, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Callable, NamedTuple, Optional

from ._flag import Flag

__all__ = ["PollingRuntime"]


class _Wait(NamedTuple):
    woken: Flag
    deadline: Optional[float]


class PollingRuntime:
    """Runs one coroutine that waits by `wait` alone."""

    interruptions: tuple[type[BaseException], ...] = ()
    only_serves = True

    def __init__(self) -> None:
        self._poll = select.poll()
        self._callbacks: dict[int, Callable[[], object]] = {}

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Runs `main` to its end; raises what it raises."""
        while True:
            try:
                wait: _Wait = main.send(None)
            except StopIteration:
                return
            self._wait(wait)

    def _wait(self, wait: _Wait) -> None:
        while not wait.woken.is_set:
            milliseconds = None
            if wait.deadline is not None:
                remaining = wait.deadline - time.monotonic()
                if remaining <= 0:
                    return
                # Rounded up: a millisecond early is one more round.
                milliseconds = int(remaining * 1000) + 1
            for descriptor, _ in self._poll.poll(milliseconds):
                self._callbacks[descriptor]()

    async def wait(self, seconds: Optional[float], *flags: Flag) -> None:
        woken = Flag()
        for flag in flags:
            flag.when_set(woken.set)
        try:
            await _pause(_Wait(woken, None if seconds is None else time.monotonic() + seconds))
        finally:
            for flag in flags:
                flag.forget(woken.set)

    def watch(self, descriptor: int, callback: Callable[[], object]) -> _PollingWatch:
        self._callbacks[descriptor] = callback
        self._poll.register(descriptor, select.POLLIN)
        return _PollingWatch(self._poll, descriptor)

    def shield(self) -> AbstractContextManager[None]:
        return nullcontext()


@types.coroutine
def _pause(wait: _Wait) -> Generator[_Wait, None, None]:
    yield wait


class _PollingWatch:
    def __init__(self, poll: select.poll, descriptor: int) -> None:
        self._poll = poll
        self._descriptor = descriptor

    async def stop(self) -> None:
        self._poll.unregister(self._descriptor)
