"""Things that happen once."""

from __future__ import annotations

from typing import Callable

__all__ = ["Flag"]


class Flag:
    """Something that happens once and stays so. Knows no loop: who waits is called, and wakes its own loop."""

    __slots__ = ("_callbacks", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._callbacks: list[Callable[[], object]] = []

    def set(self) -> None:
        if self.is_set:
            return
        self.is_set = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def when_set(self, callback: Callable[[], object]) -> None:
        """Calls `callback` when the flag is set; at once if it is."""
        if self.is_set:
            callback()
        else:
            self._callbacks.append(callback)

    def forget(self, callback: Callable[[], object]) -> None:
        """Takes back a `when_set`."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)
