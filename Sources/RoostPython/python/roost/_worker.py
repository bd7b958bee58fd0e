"""The worker: loads the app that the command line names, and serves it on the loop that it asks for."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Optional

from . import _roost
from ._detect import Detected, detect
from ._dump import Dump
from ._ending import Ending, UsageError
from ._lifespan import Lifespan
from ._loading import AppName, load
from ._logging import HostHandler
from ._polling import PollingRuntime
from ._runtime import Runtime, TaskRuntime
from ._serving import Serving
from ._shutdown import Shutdown
from ._signals import Signals
from ._traceback import app_traceback
from .errors import LoadingError

if TYPE_CHECKING:
    import asyncio

    from .trio import TrioRuntime

__all__ = ["Worker", "load_app", "prepare_loop"]

# For what the app left running to notice that it is cancelled.
_MOMENT = 1.0


class Worker:
    """One process that serves an app in Python."""

    def __init__(self, host: _roost.Host) -> None:
        self._host = host
        self._shutdown = Shutdown()
        self._signals = Signals(self._shutdown, is_supervised=host.is_supervised)
        self._dump = Dump(host)

    def run(self) -> None:
        """Serves until it is told to stop; raises what it fails with."""
        self._host.phase("starting")
        if hasattr(sys.stdout, "reconfigure"):
            # What the app prints is read line by line, at a terminal or not.
            sys.stdout.reconfigure(line_buffering=True)
        worker_class = self._host.get("worker_class")
        uvloop = prepare_loop(worker_class)
        logging.lastResort = HostHandler(self._host)
        app = self._load()
        self._signals.install()
        if app.mode == "wsgi":
            self._serve_polling(app)
        elif worker_class == "trio":
            self._serve_on_trio(app)
        else:
            self._serve_on_asyncio(app, uvloop or _loop_of_the_app())

    def _load(self) -> Detected:
        text = self._host.app
        if text is None:
            raise UsageError("no app to serve: name one, such as roost serve shop.main:app")
        app, name = load_app(text, self._host.get("app_dir"), self._host.get("factory"))
        self._host.log("info", f"serving {name.module}:{name.attribute}", {"mode": app.mode, "because": app.reason})
        return app

    # On each loop

    def _serve_polling(self, app: Detected) -> None:
        runtime = PollingRuntime()
        serving = self._serving(app, runtime, None)
        runtime.watch(self._signals.fileno(), self._signals.came)
        runtime.run(serving.run())

    def _serve_on_asyncio(self, app: Detected, loop: asyncio.AbstractEventLoop) -> None:
        from .asyncio import AsyncioRuntime

        loop.set_exception_handler(self._loop_error)
        if self._host.get("debug"):
            loop.set_debug(True)
        runtime = AsyncioRuntime(loop)
        serving = self._serving(app, runtime, runtime)
        watch = runtime.watch(self._signals.fileno(), self._signals.came)
        dump = runtime.watch(self._dump.fileno(), lambda: self._dump.asyncio_tasks(loop))
        task = loop.create_task(serving.run())
        left: Optional[SystemExit] = None
        try:
            while not task.done():
                try:
                    loop.run_until_complete(task)
                except SystemExit as error:
                    # It breaks the loop, which goes on for the others' sake.
                    left = left or error
                    self._shutdown.signalled()
        finally:
            loop.run_until_complete(watch.stop())
            loop.run_until_complete(dump.stop())
            _wind_up(loop)
        if left is not None:
            raise left

    def _serve_on_trio(self, app: Detected) -> None:
        import trio

        from .trio import with_runtime

        async def serve(runtime: TrioRuntime) -> None:
            serving = self._serving(app, runtime, runtime)
            watch = runtime.watch(self._signals.fileno(), self._signals.came)
            dump = runtime.watch(self._dump.fileno(), self._dump.trio_tasks)
            failure = None
            try:
                await serving.run()
            except Exception as error:
                failure = error
            finally:
                await watch.stop()
                await dump.stop()
            if runtime.is_busy:
                # A thread that takes no notice of its cancellation; trio would wait for it for ever.
                Ending.of(failure).leave(self._host)
            if failure is not None:
                raise failure

        trio.run(with_runtime, serve)

    def _serving(self, app: Detected, runtime: Runtime, tasks: Optional[TaskRuntime]) -> Serving:
        try:
            server = _roost.Server(self._host, app.mode, app.app, tasks)
        except ValueError as error:
            raise UsageError(str(error)) from error
        lifespan = Lifespan.of(app.app, server, tasks, self) if tasks is not None else None
        return Serving(server, runtime, self._shutdown, self, lifespan)

    # What is reported

    def phase(self, name: str) -> None:
        self._host.phase(name)

    def started(self, server: _roost.Server, binds: list[str]) -> None:
        # The app's startup may have taken the signals.
        self._signals.install()
        self._host.ready(server)

    def log(self, level: str, message: str, fields: Optional[dict[str, str]] = None) -> None:
        self._host.log(level, message, fields)

    def _loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """An error that nobody waits for, such as that of a task whose result nobody asked for."""
        if logging.getLogger("asyncio").hasHandlers():
            # The app has its own idea of where this belongs.
            loop.default_exception_handler(context)
            return
        message = str(context.get("message", "an error in the event loop"))
        error = context.get("exception")
        self._host.log("error", f"{message}\n{app_traceback(error)}" if isinstance(error, BaseException) else message)


def load_app(text: str, directory: Optional[str], is_factory: bool) -> tuple[Detected, AppName]:
    """Imports the app of this name, and finds out what it is written to."""
    found, name = load(text, directory=directory, is_factory=is_factory)
    try:
        return detect(found, name.mode), name
    except TypeError as error:
        raise LoadingError(f"{name.module}:{name.attribute}: {error}") from error


def prepare_loop(worker_class: str) -> Optional[asyncio.AbstractEventLoop]:
    """Sees to it that the loop is there that the app is to run on; uvloop's, before the app is imported."""
    if worker_class == "trio":
        _require_trio()
    return _uvloop() if worker_class == "uvloop" else None


def _uvloop() -> asyncio.AbstractEventLoop:
    """A loop that is the current one already while the app is imported."""
    try:
        import uvloop
    except ImportError as error:
        raise UsageError(_not_installed("uvloop", error)) from error
    import asyncio

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def _require_trio() -> None:
    try:
        import trio
    except ImportError as error:
        raise UsageError(_not_installed("trio", error)) from error
    else:
        del trio


def _not_installed(name: str, error: ImportError) -> str:
    return f"worker_class is {name}, which {sys.executable} cannot import ({error}); install it there, or use --worker-class asyncio"


def _loop_of_the_app() -> asyncio.AbstractEventLoop:
    """The loop that the app's import has made the current one, if it has; else a new one."""
    import asyncio
    import warnings

    with warnings.catch_warnings():
        # Deprecated for those who mean the running loop; this asks for the one that will run.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            loop = asyncio.get_event_loop()
        except RuntimeError:
            loop = asyncio.new_event_loop()
    if loop.is_closed():
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Ends what the app has left on the loop, each within a moment."""
    import asyncio

    async def wind_up() -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_MOMENT)
        for closing in (loop.shutdown_asyncgens(), loop.shutdown_default_executor()):
            # Not wait_for: it would cancel, and a cancelled executor shutdown joins its threads.
            await asyncio.wait([loop.create_task(closing)], timeout=_MOMENT)

    loop.run_until_complete(wind_up())
