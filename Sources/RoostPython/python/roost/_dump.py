"""What the worker is doing, for the log, when SIGQUIT asks."""

from __future__ import annotations

import faulthandler
import fcntl
import os
import signal
import traceback
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, Optional

from . import _roost

if TYPE_CHECKING:
    import asyncio

__all__ = ["Dump"]


class Dump:
    """The stacks of all threads, which need no thread to be free, and then those of the event loop's tasks, once the loop is."""

    def __init__(self, host: _roost.Host) -> None:
        self._host = host
        self._reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        stacks = os.memfd_create("roost-stacks")
        # Whoever empties it while something is written must not leave a hole.
        fcntl.fcntl(stacks, fcntl.F_SETFL, fcntl.fcntl(stacks, fcntl.F_GETFL) | os.O_APPEND)
        host.dump(stacks, writer)
        # The handler that was there before is the host's, which reads what was written.
        faulthandler.register(signal.SIGQUIT, file=stacks, all_threads=True, chain=True)

    def fileno(self) -> int:
        """Readable when the tasks are asked for."""
        return self._reader

    def asyncio_tasks(self, loop: asyncio.AbstractEventLoop) -> None:
        """Logs the tasks of `loop`."""
        import asyncio

        if self._is_asked():
            self._log([(task.get_name(), _request_id(task), task.get_coro()) for task in asyncio.all_tasks(loop)])

    def trio_tasks(self) -> None:
        """Logs the tasks of the trio loop that runs."""
        import trio

        if self._is_asked():
            root = trio.lowlevel.current_root_task()
            tasks = list(_descendants(root)) if root is not None else []
            self._log([(task.name, task.context.get(_roost.request_id), task.coro) for task in tasks])

    def _is_asked(self) -> bool:
        try:
            return len(os.read(self._reader, 64)) > 0
        except BlockingIOError:
            return False

    def _log(self, tasks: list[tuple[str, Optional[str], Any]]) -> None:
        texts = []
        for name, request, coroutine in tasks:
            of = f" of request {request}" if request else ""
            stack = "".join(traceback.StackSummary.extract(_frames(coroutine)).format())
            texts.append(f"{name}{of}\n" + (stack or "  it has not begun\n"))
        self._host.log("notice", f"dump: {len(tasks)} tasks of the event loop\n" + "".join(texts).rstrip("\n"))


def _request_id(task: asyncio.Task[Any]) -> Optional[str]:
    own: Optional[str] = getattr(task.get_coro(), "request_id", None)
    # Of a task that the app has made for a request only Python 3.12 and later know it.
    get_context = getattr(task, "get_context", None)
    return own if own is not None or get_context is None else get_context().get(_roost.request_id)


def _descendants(task: Any) -> Iterator[Any]:
    yield task
    for nursery in task.child_nurseries:
        for child in nursery.child_tasks:
            yield from _descendants(child)


def _frames(coroutine: Any) -> Iterator[tuple[FrameType, int]]:
    """From the task's own function inwards to where it waits."""
    while coroutine is not None:
        for prefix in ("cr", "gi", "ag"):
            frame = getattr(coroutine, prefix + "_frame", None)
            if frame is not None:
                yield frame, frame.f_lineno
                break
        else:
            return
        coroutine = getattr(coroutine, prefix + ("_yieldfrom" if prefix == "gi" else "_await"), None)
