"""The app's lifespan: one call of it, from before the first request until after the last."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Callable, Literal, Optional, cast

from ._flag import Flag
from ._report import Log, Reporter
from ._runtime import Job, TaskRuntime
from ._traceback import app_traceback, one_line
from .errors import LifespanError, Stage
from .typing import ASGI3Framework

if TYPE_CHECKING:
    from . import _roost

__all__ = ["Lifespan"]

# For the call to notice that it is cancelled.
_MOMENT = 1.0

Wait = Callable[..., Awaitable[None]]
"""As `Runtime.wait`."""


class Lifespan:
    """Runs an app's lifespan call in a task of its own.

    With the policy ``auto`` an app that raises before it asked for the first event does not know the protocol, and is
    served without; one that raises later is one that failed. With ``on`` both have failed.
    """

    def __init__(self, app: ASGI3Framework, policy: str, runtime: TaskRuntime, log: Log) -> None:
        self._app = app
        self._policy = policy
        self._runtime = runtime
        self._log = log
        self._phase: Literal["begun", "starting", "running", "stopping", "told", "over"] = "begun"
        # Held until the end: a loop only remembers its tasks weakly.
        self._job: Optional[Job] = None
        self._settled = Flag()
        self._stopping = Flag()
        self._error: Optional[LifespanError] = None
        self.state: dict[str, Any] = {}
        """What the app put into its scope's state."""
        self.is_supported = True
        # What an app raised that was taken for one without a lifespan.
        self._objection: Optional[BaseException] = None

    @classmethod
    def of(cls, app: ASGI3Framework, server: _roost.Server, runtime: TaskRuntime, reporter: Reporter) -> Optional[Lifespan]:
        """As the server's settings have it; None if they switch it off."""
        policy = server.setting("lifespan")
        return None if policy == "off" else cls(app, policy, runtime, reporter.log)

    async def start_up(self, seconds: Optional[float], given_up: Flag) -> bool:
        """Waits for the startup's answer; false if `given_up` is set first.

        :raises LifespanError: if it failed, or took longer than `seconds`.
        """
        job = self._job = self._runtime.start(self._call)
        try:
            await self._runtime.wait(seconds, self._settled, given_up)
        except BaseException:
            job.cancel()
            raise
        # Judged before the call is cancelled, which it may answer with an error.
        is_settled, error = self._settled.is_set, self._error
        if is_settled and error is None:
            if not self.is_supported:
                because = {"because": one_line(self._objection)} if self._objection is not None else None
                self._log("info", "the app has no lifespan; serving without", because)
            return True
        await self._cancel()
        if error is not None:
            raise error
        if given_up.is_set:
            return False
        raise self._overdue("startup", seconds)

    async def shut_down(self, seconds: Optional[float], forced: Flag, wait: Wait) -> None:
        """Tells the app, and waits for its answer unless the shutdown is forced.

        :raises LifespanError: if it failed, or took longer than `seconds`.
        """
        if self._phase == "running":
            self._phase = "stopping"
            self._settled = Flag()
            self._stopping.set()
            await wait(seconds, self._settled, forced)
            if not self._settled.is_set:
                await self._cancel()
                if not forced.is_set:
                    raise self._overdue("shutdown", seconds)
                self._log("warning", "serving is to end at once: the app's lifespan shutdown was not waited for")
                return
        # It has answered; what it does after that is given a moment.
        await self._cancel(after=_MOMENT)
        if self._error is not None:
            raise self._error

    async def _cancel(self, after: float = 0.0) -> None:
        if self._job is None:
            return
        with self._runtime.shield():
            if after:
                await self._runtime.wait(after, self._job.ended)
            self._job.cancel()
            await self._runtime.wait(_MOMENT, self._job.ended)
        if not self._job.ended.is_set:
            self._log("warning", "the app's lifespan call goes on although it was cancelled")

    # The app's side

    async def _call(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._receive, self._send)
        except (Exception, SystemExit) as error:
            self._ended(error)
        except BaseException as error:
            self._ended(error)
            raise
        else:
            self._ended(None)

    async def _receive(self) -> dict[str, Any]:
        if self._phase == "begun":
            self._phase = "starting"
            return {"type": "lifespan.startup"}
        # A third call has nothing to wait for, and waits.
        await self._runtime.wait(None, self._stopping if self._phase != "told" else Flag())
        self._phase = "told"
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        stage: Optional[Stage] = {"begun": "startup", "starting": "startup", "stopping": "shutdown", "told": "shutdown"}.get(self._phase)  # type: ignore[assignment]
        if stage is None or kind not in (f"lifespan.{stage}.complete", f"lifespan.{stage}.failed"):
            raise RuntimeError(f"{kind!r} was sent to a lifespan that is not waiting for it ({self._phase})")
        if kind.endswith(".failed"):
            said = " ".join(str(message.get("message") or "").split())
            self._settle(stage, f"the app's lifespan {stage} failed" + (f": {said}" if said else ""))
        elif stage == "startup":
            self._phase = "running"
            self._settled.set()
        else:
            self._phase = "over"
            self._settled.set()

    def _ended(self, error: Optional[BaseException]) -> None:
        phase, self._phase = self._phase, "over"
        if phase == "begun":
            self.is_supported = False
            self._objection = error
            # It never asked for an event: it does not know lifespans. One that returns need not care for them either.
            if error is not None and self._policy == "on":
                self._settle("startup", f"the app raised in its lifespan call: {one_line(error)}", error)
            else:
                self._settled.set()
        elif phase in ("starting", "stopping", "told"):
            stage: Stage = "startup" if phase == "starting" else "shutdown"
            if error is None:
                self._settle(stage, f"the app returned from its lifespan call before it answered the {stage} event")
            else:
                self._settle(stage, f"the app raised during its lifespan {stage}: {one_line(error)}", error)
        elif phase == "running" and isinstance(error, (Exception, SystemExit)):
            # It left without waiting for the shutdown; a reason to note, none to stop serving.
            self._log("error", f"the app's lifespan call ended with an error: {one_line(error)}", {"traceback": app_traceback(error)})

    def _settle(self, stage: Stage, reason: str, cause: Optional[BaseException] = None) -> None:
        self._phase = "over"
        self._error = LifespanError(stage, reason)
        self._error.__cause__ = cause
        self._settled.set()

    @staticmethod
    def _overdue(stage: Stage, seconds: Optional[float]) -> LifespanError:
        return LifespanError(stage, f"the app's lifespan {stage} did not complete within {cast(float, seconds):g} s ({stage}_timeout)")
