"""The app of ../../App in Python: the same paths, the same answers, told by the same variables."""

import asyncio
import os
import time

HEADERS = [(b"content-type", b"text/plain"), (b"x-process", b"%d" % os.getpid())]

if "APP_LOAD_FAIL" in os.environ:
    raise RuntimeError(os.environ["APP_LOAD_FAIL"])


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await live(receive, send)
    words = scope["path"].strip("/").split("/")
    await paths.get(words[0], hello)(receive, send, *map(int, words[1:]))


async def live(receive, send):
    await receive()
    await asyncio.sleep(float(os.environ.get("APP_STARTUP_DELAY", 0)))
    if "APP_STARTUP_FAIL" in os.environ:
        return await send({"type": "lifespan.startup.failed", "message": os.environ["APP_STARTUP_FAIL"]})
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.sleep(float(os.environ.get("APP_SHUTDOWN_DELAY", 0)))
    print("shutdown complete")
    await send({"type": "lifespan.shutdown.complete"})


async def hello(receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b"Hello from the app"})


async def echo(receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": body})


async def stream(receive, send, pieces):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    for _ in range(pieces):
        await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
        await asyncio.sleep(0.02)
    await send({"type": "http.response.body"})


async def sleep(receive, send, milliseconds):
    await asyncio.sleep(milliseconds / 1000)
    await hello(receive, send)


async def hang(receive, send):
    while True:
        time.sleep(1)


async def grow(receive, send):
    taken = [bytearray(b"x") * (1 << 20) for _ in range(1 << 10)]
    await hello(receive, send)
    return taken


async def fail(receive, send):
    raise RuntimeError("asked to fail")


paths = {"echo": echo, "stream": stream, "sleep": sleep, "hang": hang, "grow": grow, "fail": fail}
