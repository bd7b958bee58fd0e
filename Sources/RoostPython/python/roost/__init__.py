"""Roost: an application host between a reverse proxy and an ASGI or WSGI app.

``roost.asyncio.serve`` and ``roost.trio.serve`` serve an app inside a running loop, ``roost.config.Config`` says how;
``python -m roost serve module:attribute`` is the command.
"""

from __future__ import annotations

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    # Asked for seldom, and the extension takes a moment to load.
    if name == "__version__":
        from . import _roost

        return _roost.version
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
