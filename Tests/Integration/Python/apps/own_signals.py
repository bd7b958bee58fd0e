"""An app that takes the signals for itself, at import and at startup."""

import asyncio
import signal

import anyio
import sniffio
import trio
import uvloop

from events import record


def handle(number, frame=None):
    record("the app's own handler", number)


for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, handle)
# What they would use, were it their loop.
imported = [module.__name__ for module in (asyncio, trio, uvloop)]


def take():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
        if sniffio.current_async_library() == "asyncio":
            asyncio.get_running_loop().add_signal_handler(number, handle, number)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        take()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        record("shutdown")
        return await send({"type": "lifespan.shutdown.complete"})
    record("request begins")
    await anyio.sleep(1)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
