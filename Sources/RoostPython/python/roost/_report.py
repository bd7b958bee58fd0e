"""Where the story of serving is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Protocol

if TYPE_CHECKING:
    from . import _roost
    from .typing import TaskStatus

__all__ = ["Log", "Reporter", "StatusReporter"]


class Log(Protocol):
    """Takes one record; `level` is one of the setting log_level's."""

    def __call__(self, level: str, message: str, fields: Optional[dict[str, str]] = None, /) -> None: ...


class Reporter(Protocol):
    """Hears of each step."""

    def phase(self, name: str) -> None:
        """``draining`` or ``stopping`` has begun."""

    def started(self, server: _roost.Server, binds: list[str]) -> None:
        """The app is up and every address is listened on. Called at most once."""

    def log(self, level: str, message: str, fields: Optional[dict[str, str]] = None) -> None: ...


class StatusReporter:
    """Reports to a caller of `serve`: its `task_status` and Python's logging, as the logger ``roost``."""

    def __init__(self, status: TaskStatus[list[str]]) -> None:
        self._status = status

    def phase(self, name: str) -> None:
        """Nobody asked for phases."""

    def started(self, server: _roost.Server, binds: list[str]) -> None:
        self._status.started(binds)

    def log(self, level: str, message: str, fields: Optional[dict[str, str]] = None) -> None:
        import logging

        # Swift's levels between Python's are its neighbours here.
        number = {"trace": 5, "notice": logging.INFO}.get(level) or getattr(logging, level.upper())
        if fields:
            message += "".join(f" {name}={value}" for name, value in fields.items())
        logging.getLogger("roost").log(number, "%s", message)
