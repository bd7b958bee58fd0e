"""The story of serving, the same on every loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from . import _roost
from ._detect import detect
from ._flag import Flag
from ._lifespan import Lifespan
from ._report import Reporter
from ._runtime import Runtime, TaskRuntime, Watch
from ._shutdown import Shutdown
from .typing import Framework, Mode

if TYPE_CHECKING:
    from .config import Config

__all__ = ["Serving"]

# What cancelled requests still use may be closed by the app's shutdown: they have a moment to end.
_MOMENT = 1.0
# How many threads run a WSGI app inside a program's own loop: on the loop's thread it would hold up everything else there.
_WSGI_THREADS = 8


class Serving:
    """One call of serve: startup, listening, serving, draining, shutdown, and nothing left behind."""

    def __init__(
        self, server: _roost.Server, runtime: Runtime, shutdown: Shutdown, reporter: Reporter, lifespan: Optional[Lifespan] = None
    ) -> None:
        self._server = server
        self._runtime = runtime
        self._shutdown = shutdown
        self._reporter = reporter
        self._lifespan = lifespan
        self._watch: Optional[Watch] = None
        # The first cancellation that came while the shutdown was waited for.
        self._interruption: Optional[BaseException] = None

    @classmethod
    def of(
        cls, app: Framework, config: Config, mode: Optional[Mode], runtime: TaskRuntime, shutdown: Shutdown, reporter: Reporter
    ) -> Serving:
        """What a program's call of `serve` runs, on whichever loop."""
        detected = detect(app, mode)
        reporter.log("debug", detected.reason)
        values = config.values()
        if detected.mode == "wsgi":
            if values.get("threads") is None:
                values["threads"] = _WSGI_THREADS
            return cls(_roost.Server(_roost.config(values), "wsgi", detected.app, None), runtime, shutdown, reporter)
        server = _roost.Server(_roost.config(values), "asgi", detected.app, runtime)
        return cls(server, runtime, shutdown, reporter, Lifespan.of(detected.app, server, runtime, reporter))

    async def run(self) -> None:
        """Serves until the shutdown begins, or until the caller is cancelled; raises that again when all is done."""
        expected: tuple[type[BaseException], ...] = (Exception, *self._runtime.interruptions)
        try:
            if not await self._start_app():
                return
            failure: Optional[BaseException] = None
            try:
                if not self._shutdown.begun.is_set:
                    await self._serve()
                failure = self._shutdown.error
            except expected as error:
                failure = error
                self._shutdown.begin()
            with self._runtime.shield():
                if self._watch is not None:
                    await self._drain()
                await self._stop_app(failure)
            failure = failure or self._interruption
            if failure is not None:
                raise failure
        finally:
            self._server.close()

    async def _start_app(self) -> bool:
        if self._lifespan is None:
            return True
        if not await self._lifespan.start_up(self._server.setting("startup_timeout"), self._shutdown.begun):
            return False
        if self._lifespan.is_supported:
            self._server.set_state(self._lifespan.state)
        return True

    async def _serve(self) -> None:
        binds = self._server.listen()
        drain = self._server.drain_patiently if self._runtime.only_serves else self._server.drain
        self._watch = self._runtime.watch(self._server.fileno(), drain)
        self._reporter.started(self._server, binds)
        await self._runtime.wait(None, self._shutdown.begun)

    async def _drain(self) -> None:
        """Waits until nothing is in flight, at most for the graceful timeout; then cuts what is left."""
        self._reporter.phase("draining")
        delay = self._server.setting("drain_delay")
        if delay:
            await self._wait(delay, self._shutdown.forced)
        self._server.stop_listening()
        drained = Flag()
        self._server.drain_connections(drained.set)
        await self._wait(self._server.setting("graceful_timeout"), drained, self._shutdown.forced)
        if drained.is_set:
            return
        why = "serving is to end at once" if self._shutdown.forced.is_set else "the graceful timeout is over"
        self._reporter.log(
            "warning",
            f"{why}: requests in flight are cut",
            {"requests": str(self._server.requests), "connections": str(self._server.connections)},
        )
        cut = Flag()
        self._server.cut_off(cut.set)
        await self._wait(_MOMENT, cut)
        if not cut.is_set:
            self._reporter.log("warning", "requests go on although they were cancelled", {"requests": str(self._server.requests)})

    async def _stop_app(self, failure: Optional[BaseException]) -> None:
        self._reporter.phase("stopping")
        try:
            if self._lifespan is not None:
                await self._lifespan.shut_down(self._server.setting("shutdown_timeout"), self._shutdown.forced, self._wait)
        except Exception as error:
            if failure is None:
                raise
            # What went wrong first is what is raised.
            self._reporter.log("error", str(error))
        finally:
            if self._watch is not None:
                await self._watch.stop()

    async def _wait(self, seconds: Optional[float], *flags: Flag) -> None:
        """A wait that another cancellation cuts short: who cancels twice wants it to end."""
        try:
            await self._runtime.wait(seconds, *flags)
        except self._runtime.interruptions as error:
            self._interruption = self._interruption or error
            self._shutdown.force()
