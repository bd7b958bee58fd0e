"""Nurseries of trio that serve one request after the other."""

from __future__ import annotations

from collections.abc import Coroutine
from contextvars import copy_context
from functools import partial
from typing import Any, Optional

import trio

from ._runtime import Cancellable

__all__ = ["RequestNurseries"]

# So many are kept; what more requests there are at once do without.
_CAPACITY = 256
# What a request's task is called: trio would put a name together for each.
_NAME = "roost.trio.request"
_KEEPER_NAME = "roost.trio.nursery"


class RequestNurseries:
    """Each request needs a cancel scope of its own, and to make and enter one costs as much as its whole task. A nursery has one, which
    lasts; as long as there is only one request in it at a time, that scope is the request's.
    """

    def __init__(self, parent: trio.Nursery) -> None:
        self._parent = parent
        self._idle: list[RequestNursery] = []
        self._all: set[RequestNursery] = set()
        self._closed = trio.Event()
        # Not that of the request for which a nursery is opened first.
        self._context = copy_context()
        self.count = 0
        """How many tasks keep nurseries open."""

    @property
    def are_busy(self) -> bool:
        """Whether a request is in one of them."""
        return any(nursery.is_busy for nursery in self._all)

    def start(self, coroutine: Coroutine[Any, Any, object]) -> Cancellable:
        """Starts a request's task."""
        if self._idle:
            nursery = self._idle.pop()
            nursery.start(coroutine)
            return nursery
        scope = trio.CancelScope(shield=True)
        self._parent.start_soon(_run, coroutine, scope, name=_NAME)
        # For later.
        if self.count < _CAPACITY and not self._closed.is_set():
            self.count += 1
            self._context.run(partial(self._parent.start_soon, self._keep, name=_KEEPER_NAME))
        return scope

    def close(self) -> None:
        """Lets each end with the request that is in it."""
        self._closed.set()
        self._idle.clear()

    # A Ctrl-C that hit this task would end a request that has nothing to do with it.
    @trio.lowlevel.enable_ki_protection
    async def _keep(self) -> None:
        kept: Optional[RequestNursery] = None
        failure: Optional[BaseException] = None
        try:
            async with trio.open_nursery() as nursery:
                nursery.cancel_scope.shield = True
                kept = RequestNursery(nursery, self._idle)
                self._all.add(kept)
                self._idle.append(kept)
                await self._closed.wait()
        except BaseException as error:
            members: tuple[BaseException, ...] = getattr(error, "exceptions", ())
            # What a request raises is raised as if it were in no nursery of its own.
            failure = members[0] if len(members) == 1 else error
        self.count -= 1
        if kept is not None:
            self._all.discard(kept)
            if kept in self._idle:
                self._idle.remove(kept)
        if failure is not None:
            raise failure


async def _run(coroutine: Coroutine[Any, Any, object], scope: trio.CancelScope) -> None:
    with scope:
        await coroutine


class RequestNursery:
    """A nursery with one request at a time; it is not used again once a request was cancelled in it."""

    __slots__ = ("_idle", "_is_cancelled", "_nursery")

    def __init__(self, nursery: trio.Nursery, idle: list[RequestNursery]) -> None:
        self._nursery = nursery
        self._idle = idle
        self._is_cancelled = False

    @property
    def is_busy(self) -> bool:
        """Whether a request is in it."""
        return bool(self._nursery.child_tasks)

    def start(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Starts a request's task."""
        self._nursery.start_soon(self._run, coroutine, name=_NAME)

    def cancel(self) -> None:
        """Cancels the request that is in it."""
        self._is_cancelled = True
        self._nursery.cancel_scope.cancel()

    async def _run(self, coroutine: Coroutine[Any, Any, object]) -> None:
        await coroutine
        if not self._is_cancelled:
            self._idle.append(self)
