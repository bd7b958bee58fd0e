"""What the story of serving needs of a loop; asyncio, trio and plain polling each have their way of it."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import AbstractContextManager
from typing import Any, Callable, Optional, Protocol

from ._flag import Flag

__all__ = ["Cancellable", "Future", "Hastening", "Job", "Runtime", "TaskRuntime", "Watch"]


# A loop of asyncio, and asyncio's own dictionary of which task each loop is in.
Hastening = tuple[Any, dict[Any, Any]]


class Cancellable(Protocol):
    """A task that has been started."""

    def cancel(self) -> object: ...


class Future(Protocol):
    """What a task awaits, and the server gives."""

    def done(self) -> bool:
        """Whether it has its result, or is no longer waited for."""

    def set_result(self, result: Any, /) -> None: ...


class Watch(Protocol):
    """A descriptor that is being watched."""

    async def stop(self) -> None:
        """Watches no longer; the descriptor may be closed after it."""


class Job(Protocol):
    """A task that the server itself started."""

    ended: Flag

    def cancel(self) -> None: ...


class Runtime(Protocol):
    """A loop that can wait and watch."""

    @property
    def interruptions(self) -> tuple[type[BaseException], ...]:
        """What a wait raises when the caller of `serve` is cancelled."""

    @property
    def only_serves(self) -> bool:
        """Whether nothing else waits for the loop, so that the server may wait for its clients on the loop's thread."""

    async def wait(self, seconds: Optional[float], *flags: Flag) -> None:
        """Returns when one of `flags` is set, or after so many seconds; None waits for ever."""

    def watch(self, descriptor: int, callback: Callable[[], object]) -> Watch:
        """Calls `callback` whenever `descriptor` is readable."""

    def shield(self) -> AbstractContextManager[Any]:
        """Inside it, a cancellation that came before does not end waits."""


class TaskRuntime(Runtime, Protocol):
    """A loop that runs tasks, too: the server's own by `start`, those of requests by what the extension asks for."""

    @property
    def spawn(self) -> Callable[..., Cancellable]:
        """Starts a request's task; called with its coroutine."""

    @property
    def spawn_keywords(self) -> Optional[dict[str, Any]]:
        """What `spawn` is called with by name, besides the task's `name`; None if it takes nothing by name."""

    @property
    def hastening(self) -> Optional[Hastening]:
        """With what a task can be made to begin at once that `spawn` starts for later; None if it need not or must not."""

    @property
    def future(self) -> Callable[[], Future]:
        """Makes what one task of a request waits for."""

    def start(self, call: Callable[[], Coroutine[Any, Any, object]]) -> Job:
        """Runs `call` in a task that lives until it returns or is cancelled by its job."""
