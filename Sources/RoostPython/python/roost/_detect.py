"""Tells which contract an app is written to: ASGI 3, ASGI 2 or WSGI."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any, Callable, NamedTuple, Optional, cast

from .typing import ASGI2Framework, ASGI3Framework, ASGIReceiveCallable, ASGISendCallable, Mode, Scope

__all__ = ["Detected", "detect", "name_of"]

# Deeper nests of partials and decorators are loops.
_DEEPEST = 50


class Detected(NamedTuple):
    """An app, ready to be called."""

    mode: Mode
    app: Callable[..., Any]
    """``app(scope, receive, send)`` or ``app(environ, start_response)``."""
    reason: str
    """Why it was taken for that, in one sentence."""


class _Layer(NamedTuple):
    """One callable of those that are wrapped into each other."""

    call: Callable[..., Any]
    name: str


def detect(app: object, mode: Optional[str] = None) -> Detected:
    """Looks at an app from the outside in, until a layer of it tells what it is. `mode` settles it.

    :raises TypeError: if it is no app; the text says why.
    :raises ValueError: if there is no such mode.
    """
    if mode not in (None, "asgi", "wsgi"):
        raise ValueError(f"mode = {mode!r}: expected \"asgi\", \"wsgi\" or None")
    if not callable(app):
        raise TypeError(f"{_a(type(app).__name__)} is not an app: it cannot be called")
    layers = list(_layers(app))
    outer = layers[0]
    if mode == "wsgi":
        if _is_coroutine_function(outer.call):
            raise TypeError(f"WSGI was asked for, but {outer.name} is a coroutine function, as ASGI apps are")
        if not _takes(outer.call, 2):
            raise TypeError(f"WSGI was asked for, but {outer.name} takes {_arity(outer.call)} instead of environ and start_response")
        return Detected("wsgi", app, "WSGI, as was asked for")
    if mode == "asgi":
        if not _takes(outer.call, 3) and (_is_coroutine_function(outer.call) or not _takes(outer.call, 1)):
            raise TypeError(f"ASGI was asked for, but {outer.name} takes {_arity(outer.call)} instead of scope, receive and send")
        if not _is_coroutine_function(outer.call) and _takes(outer.call, 1) and not _takes(outer.call, 3):
            return Detected("asgi", _asgi3(app), f"ASGI 2: ASGI was asked for, and {outer.name} takes the scope alone")
        return Detected("asgi", _awaiting(app, outer.call), "ASGI 3, as was asked for")
    for layer in layers:
        found = _judge(app, layer, outer)
        if found is not None:
            return found
    if not any(_takes(outer.call, count) for count in (1, 2, 3)):
        raise TypeError(
            f"{outer.name} is neither an ASGI nor a WSGI app: it takes {_arity(outer.call)}"
            + ("; if it is a function that makes the app, call it, or use --factory" if _takes(outer.call, 0) else "")
        )
    return Detected("wsgi", app, f"WSGI: {layers[-1].name} takes {_arity(layers[-1].call)}, and nothing speaks for ASGI; mode or a prefix settles it")


def _judge(app: Callable[..., Any], layer: _Layer, outer: _Layer) -> Optional[Detected]:
    if _is_coroutine_function(layer.call):
        if not _takes(layer.call, 3):
            raise TypeError(f"{layer.name} is a coroutine function, but takes {_arity(layer.call)} instead of scope, receive and send")
        return Detected("asgi", _awaiting(app, outer.call), f"ASGI 3: {layer.name} is a coroutine function")
    fits = [count for count in (1, 2, 3) if _takes(layer.call, count)]
    if fits == [3]:
        return Detected("asgi", _awaiting(app, outer.call), f"ASGI 3: {layer.name} takes 3 arguments")
    if fits == [2]:
        return Detected("wsgi", app, f"WSGI: {layer.name} takes 2 arguments")
    if fits == [1]:
        return Detected("asgi", _asgi3(app), f"ASGI 2: {layer.name} takes the scope alone")
    # Defaults and *args leave it open how many are meant; the customary names do not.
    names = _names(layer.call)
    if fits and names[1:2] == ["start_response"]:
        return Detected("wsgi", app, f"WSGI: {layer.name} takes start_response")
    if fits and names[:1] == ["scope"]:
        if 3 in fits:
            return Detected("asgi", _awaiting(app, outer.call), f"ASGI 3: {layer.name} takes a scope")
        return Detected("asgi", _asgi3(app), f"ASGI 2: {layer.name} takes a scope, and at most one argument more")
    return None


def _layers(app: Callable[..., Any]) -> Iterator[_Layer]:
    """The app's own callable, then what it wraps."""
    seen: set[int] = set()
    current: Any = app
    while callable(current) and len(seen) < _DEEPEST and id(current) not in seen:
        seen.add(id(current))
        yield _Layer(_called(current), name_of(current))
        current = _inner(current)


def _called(app: Any) -> Callable[..., Any]:
    """What runs when `app` is called: itself, or the `__call__` of an instance."""
    if inspect.isroutine(app) or inspect.isclass(app) or isinstance(app, functools.partial):
        return cast(Callable[..., Any], app)
    return cast(Callable[..., Any], app.__call__)


def _inner(app: Any) -> Any:
    if isinstance(app, functools.partial):
        # What is bound is already given: only with it does the arity of what is inside mean anything.
        inner = _inner(app.func)
        return None if inner is None else functools.partial(inner, *app.args, **app.keywords)
    if inspect.isclass(app):
        return None
    wrapped = inspect.getattr_static(app, "__wrapped__", None)
    if wrapped is not None:
        return app.__wrapped__
    return None if inspect.isroutine(app) else _inner_call(app)


def _inner_call(instance: Any) -> Any:
    """What a decorated `__call__` wraps, bound to the instance again."""
    wrapped: Any = getattr(type(instance).__call__, "__wrapped__", None)
    return wrapped.__get__(instance, type(instance)) if hasattr(wrapped, "__get__") else wrapped


def _is_coroutine_function(call: Callable[..., Any]) -> bool:
    while isinstance(call, functools.partial):
        call = _called(call.func)
    return inspect.iscoroutinefunction(call)


def _signature(call: Callable[..., Any]) -> Optional[inspect.Signature]:
    """The layer's own; None if it cannot be told, as of some builtins."""
    try:
        return inspect.signature(call, follow_wrapped=False)
    except (ValueError, TypeError):
        return None


def _takes(call: Callable[..., Any], count: int) -> bool:
    """Whether it may be called with so many positional arguments and no others; yes if that cannot be told."""
    signature = _signature(call)
    if signature is None:
        return True
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _names(call: Callable[..., Any]) -> list[str]:
    signature = _signature(call)
    return list(signature.parameters) if signature is not None else []


def _arity(call: Callable[..., Any]) -> str:
    names = _names(call)
    return f"({', '.join(names)})" if names else "no arguments"


def _awaiting(app: Callable[..., Any], call: Callable[..., Any]) -> ASGI3Framework:
    """The app, such that calling it gives a coroutine; most apps are as they are."""
    if _is_coroutine_function(call):
        return app

    @functools.wraps(app, updated=())
    async def awaiting(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await app(scope, receive, send)

    return awaiting


def _asgi3(app: ASGI2Framework) -> ASGI3Framework:
    """An ASGI 2 app as one of ASGI 3."""

    @functools.wraps(app, updated=())
    async def asgi3(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        # Every scope has a dictionary of its own.
        scope["asgi"]["version"] = "2.0"
        await app(scope)(receive, send)

    return asgi3


def name_of(app: Any) -> str:
    """What to call it in a sentence: ``shop.main.app``, ``FastAPI.__call__``."""
    if isinstance(app, functools.partial):
        return f"partial of {name_of(app.func)}"
    name = getattr(app, "__qualname__", None)
    if not isinstance(name, str):
        return f"{type(app).__module__}.{type(app).__qualname__}.__call__"
    module = getattr(app, "__module__", None)
    return f"{module}.{name}" if isinstance(module, str) else name


def _a(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"
