"""The one way into shutdown."""

from __future__ import annotations

from typing import Optional

from ._flag import Flag
from .typing import Trigger

__all__ = ["Shutdown"]


class Shutdown:
    """Why and how urgently serving is to end: the first reason counts, and a second signal forces it."""

    def __init__(self) -> None:
        self.begun = Flag()
        self.forced = Flag()
        self.error: Optional[BaseException] = None
        """What the trigger raised, if that is why it began."""

    def begin(self, error: Optional[BaseException] = None) -> None:
        if not self.begun.is_set:
            self.error = error
            self.begun.set()

    def force(self) -> None:
        self.begin()
        self.forced.set()

    def signalled(self, count: int = 1) -> None:
        """So many signals came."""
        if count > 1 or self.begun.is_set:
            self.force()
        self.begin()

    async def obey(self, trigger: Trigger) -> None:
        """Begins when `trigger` is over; with the error that it raised, if it did."""
        try:
            await trigger()
        except Exception as error:
            self.begin(error)
        finally:
            # Also if what it waited for was cancelled.
            self.begin()
