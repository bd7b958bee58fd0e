"""Serves an app inside a running trio loop."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Callable, Optional

import trio

from ._flag import Flag
from ._report import StatusReporter
from ._request_nurseries import RequestNurseries
from ._serving import Serving
from ._shutdown import Shutdown
from .config import Config
from .typing import Framework, Mode, TaskStatus, Trigger

__all__ = ["serve"]


async def serve(
    app: Framework,
    config: Config,
    *,
    shutdown_trigger: Optional[Trigger] = None,
    task_status: TaskStatus[list[str]] = trio.TASK_STATUS_IGNORED,
    mode: Optional[Mode] = None,
) -> None:
    """Serves `app` until it is told to stop; requests in flight are finished first, within `config.graceful_timeout`.

    ``binds = await nursery.start(serve, app, config)`` waits until connections are taken. A cancellation is a shutdown too:
    it drains, then goes on.

    :param shutdown_trigger: Called at once; when what it returns has been awaited, the shutdown begins. Without one SIGINT and
        SIGTERM begin it, if this is the main thread, and a second one cuts it short.
    :param task_status: Its `started` is called once, with the URLs of all addresses, when the app is up and connections are
        taken.
    :param mode: ``"asgi"`` or ``"wsgi"``, where looking at the app does not tell.
    :raises LifespanError: if the app's startup or shutdown failed.
    :raises BindError: if an address cannot be listened on; an OSError.
    :raises ValueError: if the configuration does not fit.
    """
    shutdown = Shutdown()

    async def serving(runtime: TrioRuntime) -> None:
        serving = Serving.of(app, config, mode, runtime, shutdown, StatusReporter(task_status))
        job = None
        if shutdown_trigger is not None:
            job = runtime.start(partial(shutdown.obey, shutdown_trigger))
        elif signals is not None:
            job = runtime.start(partial(_listen, signals, shutdown))
        try:
            await serving.run()
        finally:
            if job is not None:
                job.cancel()

    with nullcontext() if shutdown_trigger is not None else _signals() as signals:
        await with_runtime(serving)


async def with_runtime(body: Callable[[TrioRuntime], Awaitable[None]]) -> None:
    """Gives `body` a nursery to start tasks in, and waits for them."""
    failure: Optional[BaseException] = None
    async with trio.open_nursery() as nursery:
        runtime = TrioRuntime(nursery)
        try:
            await body(runtime)
        except (Exception, KeyboardInterrupt) as error:
            # Raised outside of the nursery it is what it is, and not a group of one.
            failure = error
        finally:
            runtime.close()
    if failure is not None:
        raise failure


def _signals() -> AbstractContextManager[Optional[AsyncIterator[int]]]:
    if threading.current_thread() is not threading.main_thread():
        return nullcontext()
    # None: not set from Python, so that it could not be put back. It belongs to the program around the interpreter.
    numbers = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not None]
    return trio.open_signal_receiver(*numbers) if numbers else nullcontext()


async def _listen(signals: AsyncIterator[int], shutdown: Shutdown) -> None:
    async for _ in signals:
        shutdown.signalled()


class TrioRuntime:
    """A trio loop, as the server and the story of serving use it.

    Whatever it starts is shielded from the caller's cancellation, and ends by its own cancel scope: the shutdown decides
    when.
    """

    interruptions = (trio.Cancelled, KeyboardInterrupt)
    only_serves = False
    spawn_keywords = None
    hastening = None

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._nurseries = RequestNurseries(nursery)
        # Starts a request's task.
        self.spawn = self._nurseries.start

    @property
    def is_busy(self) -> bool:
        """Whether a task goes on that was started here."""
        return len(self._nursery.child_tasks) > self._nurseries.count or self._nurseries.are_busy

    def close(self) -> None:
        """Nothing is started any more."""
        self._nurseries.close()

    def future(self) -> TrioFuture:
        return TrioFuture()

    async def wait(self, seconds: Optional[float], *flags: Flag) -> None:
        if any(flag.is_set for flag in flags):
            return
        event = trio.Event()
        for flag in flags:
            flag.when_set(event.set)
        try:
            with trio.move_on_after(math.inf if seconds is None else seconds):
                await event.wait()
        finally:
            for flag in flags:
                flag.forget(event.set)

    def watch(self, descriptor: int, callback: Callable[[], object]) -> _TrioWatch:
        return _TrioWatch(self, self.start(partial(_watch, descriptor, callback)))

    def shield(self) -> AbstractContextManager[object]:
        return trio.CancelScope(shield=True)

    def start(self, call: Callable[[], Coroutine[Any, Any, object]]) -> _TrioJob:
        job = _TrioJob()
        self._nursery.start_soon(job.run, call)
        return job


# A Ctrl-C that hit this task would leave nobody to finish the requests.
@trio.lowlevel.enable_ki_protection
async def _watch(descriptor: int, callback: Callable[[], object]) -> None:
    while True:
        await trio.lowlevel.wait_readable(descriptor)
        callback()


class _TrioJob:
    def __init__(self) -> None:
        self._scope = trio.CancelScope(shield=True)
        self.ended = Flag()

    async def run(self, call: Callable[[], Coroutine[Any, Any, object]]) -> None:
        try:
            with self._scope:
                await call()
        finally:
            self.ended.set()

    def cancel(self) -> None:
        self._scope.cancel()


class _TrioWatch:
    def __init__(self, runtime: TrioRuntime, job: _TrioJob) -> None:
        self._runtime = runtime
        self._job = job

    async def stop(self) -> None:
        # The loop must have let go of the descriptor before it is closed.
        self._job.cancel()
        with self._runtime.shield():
            await self._runtime.wait(None, self._job.ended)


class TrioFuture:
    """What one task waits for, once; asyncio's future, as far as the server uses it."""

    __slots__ = ("_is_done", "_result", "_task")

    def __init__(self) -> None:
        self._is_done = False
        self._result: Any = None
        self._task: Optional[trio.lowlevel.Task] = None

    def done(self) -> bool:
        """Whether it has its result, or the task that waited for it was cancelled."""
        return self._is_done

    def set_result(self, result: Any) -> None:
        self._is_done = True
        self._result = result
        task, self._task = self._task, None
        if task is not None:
            trio.lowlevel.reschedule(task)

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._wait().__await__()

    async def _wait(self) -> Any:
        if not self._is_done:
            if self._task is not None:
                raise RuntimeError("another task waits for this already")
            self._task = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._abandon)
        return self._result

    def _abandon(self, raise_cancel: Callable[[], Any]) -> trio.lowlevel.Abort:
        self._is_done = True
        self._task = None
        return trio.lowlevel.Abort.SUCCEEDED
