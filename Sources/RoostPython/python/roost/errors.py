"""What can go wrong in serving that is not a mistake in the settings (``ValueError``) or in a call (``TypeError``)."""

from __future__ import annotations

from typing import Literal

__all__ = ["LifespanError", "LoadingError"]

Stage = Literal["startup", "shutdown"]


class LifespanError(RuntimeError):
    """The app's lifespan did not go well; if the app raised, that is the ``__cause__``."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(reason)
        self.stage: Stage = stage
        """Which half of the lifespan it was."""


class LoadingError(RuntimeError):
    """There is no app where one was said to be; the text is one line."""

    def __init__(self, reason: str, traceback: str = "") -> None:
        super().__init__(reason)
        self.traceback = traceback
        """The app's own frames, if it raised while it was loaded; empty if it did not."""
