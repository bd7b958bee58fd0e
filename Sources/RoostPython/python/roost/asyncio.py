"""Serves an app inside a running asyncio loop, uvloop's included."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Callable, Optional

from ._flag import Flag
from ._report import StatusReporter
from ._runtime import Hastening
from ._serving import Serving
from ._shutdown import Shutdown
from .config import Config
from .typing import Framework, Mode, TaskStatus, Trigger

__all__ = ["TASK_STATUS_IGNORED", "serve"]


class _IgnoredStatus:
    """A status that nobody waits for."""

    def started(self, value: object = None, /) -> None:
        """Tells nobody."""

    def __repr__(self) -> str:
        return "TASK_STATUS_IGNORED"


TASK_STATUS_IGNORED: TaskStatus[list[str]] = _IgnoredStatus()
"""The `task_status` of a caller that does not want to know when serving has begun."""

async def serve(
    app: Framework,
    config: Config,
    *,
    shutdown_trigger: Optional[Trigger] = None,
    task_status: TaskStatus[list[str]] = TASK_STATUS_IGNORED,
    mode: Optional[Mode] = None,
) -> None:
    """Serves `app` until it is told to stop; requests in flight are finished first, within `config.graceful_timeout`.

    :param shutdown_trigger: Called at once; when what it returns has been awaited, the shutdown begins. Without one SIGINT and
        SIGTERM begin it, if this is the main thread, and a second one cuts it short.
    :param task_status: Its `started` is called once, with the URLs of all addresses, when the app is up and connections are
        taken.
    :param mode: ``"asgi"`` or ``"wsgi"``, where looking at the app does not tell.
    :raises LifespanError: if the app's startup or shutdown failed.
    :raises BindError: if an address cannot be listened on; an OSError.
    :raises ValueError: if the configuration does not fit.
    """
    runtime = AsyncioRuntime(asyncio.get_running_loop())
    shutdown = Shutdown()
    serving = Serving.of(app, config, mode, runtime, shutdown, StatusReporter(task_status))
    if shutdown_trigger is None:
        with _signals(runtime.loop, shutdown):
            await serving.run()
        return
    job = runtime.start(partial(shutdown.obey, shutdown_trigger))
    try:
        await serving.run()
    finally:
        job.cancel()


@contextmanager
def _signals(loop: asyncio.AbstractEventLoop, shutdown: Shutdown) -> Iterator[None]:
    """Lets SIGINT and SIGTERM shut down, and puts back what they did before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: object) -> None:
        # A handler may run in the middle of anything; the loop is woken to do it in its turn.
        loop.call_soon_threadsafe(shutdown.signalled)

    previous = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        # None: not set from Python, so that it could not be put back. It belongs to the program around the interpreter.
        if signal.getsignal(number) is not None:
            previous[number] = signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in previous.items():
            if signal.getsignal(number) is on_signal:
                signal.signal(number, handler)


class AsyncioRuntime:
    """An asyncio loop, as the server and the story of serving use it."""

    interruptions = (asyncio.CancelledError,)
    only_serves = False

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.future = loop.create_future

    @property
    def spawn(self) -> Callable[..., asyncio.Task[Any]]:
        """Starts a request's task."""
        return asyncio.Task if self._makes_tasks else self.loop.create_task

    @property
    def spawn_keywords(self) -> Optional[dict[str, Any]]:
        if not self._makes_tasks:
            return None
        # A request is run up to its first real wait at once.
        return {"loop": self.loop, "eager_start": True} if sys.version_info >= (3, 12) else {"loop": self.loop}

    @property
    def hastening(self) -> Optional[Hastening]:
        if not self._makes_tasks or sys.version_info >= (3, 12) or self.loop.get_debug():
            return None
        try:
            import _asyncio
        except ImportError:
            return None
        running = vars(_asyncio).get("_current_tasks")
        if running is None or asyncio.Task is not _asyncio.Task or "call_soon" in vars(self.loop):
            return None
        return self.loop, running

    @property
    def _makes_tasks(self) -> bool:
        """Whether tasks need not come from the loop itself."""
        # A task factory must see every task.
        if self.loop.get_task_factory() is not None:
            return False
        loop = type(self.loop)
        # Without one, these ways end in the same call, after others; a task that is to begin at once goes by none of them.
        return sys.version_info >= (3, 12) or loop.create_task is asyncio.BaseEventLoop.create_task or loop.__module__ == "uvloop"

    async def wait(self, seconds: Optional[float], *flags: Flag) -> None:
        if any(flag.is_set for flag in flags):
            return
        waiter = self.loop.create_future()

        def wake() -> None:
            if not waiter.done():
                waiter.set_result(None)

        for flag in flags:
            flag.when_set(wake)
        timer = self.loop.call_later(seconds, wake) if seconds is not None else None
        try:
            await waiter
        finally:
            if timer is not None:
                timer.cancel()
            for flag in flags:
                flag.forget(wake)

    def watch(self, descriptor: int, callback: Callable[[], object]) -> _AsyncioWatch:
        self.loop.add_reader(descriptor, callback)
        return _AsyncioWatch(self.loop, descriptor)

    def shield(self) -> AbstractContextManager[None]:
        # A cancellation is raised once here, not at every wait that follows.
        return nullcontext()

    def start(self, call: Callable[[], Coroutine[Any, Any, object]]) -> _AsyncioJob:
        return _AsyncioJob(self.loop.create_task(call()))


class _AsyncioWatch:
    def __init__(self, loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
        self._loop = loop
        self._descriptor = descriptor

    async def stop(self) -> None:
        self._loop.remove_reader(self._descriptor)


class _AsyncioJob:
    def __init__(self, task: asyncio.Task[object]) -> None:
        self._task = task
        self.ended = Flag()
        task.add_done_callback(lambda task: self.ended.set())

    def cancel(self) -> None:
        self._task.cancel()
