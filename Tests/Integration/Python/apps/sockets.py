"""WebSockets without a framework: every event is sent and received here by hand. One function for each path; what is no WebSocket is for `plain`.

It runs on asyncio, uvloop and trio alike.
"""

import asyncio
import contextvars
import json

import anyio
import sniffio

import plain
from events import exists, record
from plain import query, shown

paths = {}
spoken = contextvars.ContextVar("spoken")


def at(path):
    def add(function):
        paths[path] = function
        return function
    return add


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        message = await receive()
        assert message == {"type": "websocket.connect"}, message
        await paths[scope["path"]](scope, receive, send)
    else:
        await plain.app(scope, receive, send)


class ASGI2:
    """The same in the shape of ASGI 2."""

    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        await app(self.scope, receive, send)


async def accept(send, **options):
    await send({"type": "websocket.accept", **options})


async def say(send, value):
    await send({"type": "websocket.send", "text": json.dumps(value)})


async def until_the_end(receive):
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            record("disconnect", message["code"], message["reason"])
            return message


@at("/echo")
async def echo(scope, receive, send):
    await accept(send)
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            record("disconnect", message["code"], message["reason"])
            return
        assert set(message) in ({"type", "text"}, {"type", "bytes"}), message
        await send({**message, "type": "websocket.send"})


@at("/scope")
@at("/caf\u00e9/a b/%")
async def show_scope(scope, receive, send):
    await accept(send)
    await say(send, shown(scope))
    await until_the_end(receive)


@at("/spoil")
async def spoil(scope, receive, send):
    """Changes all it can reach, which no other WebSocket may see."""
    parts = {"scope": scope, "asgi": scope["asgi"], "state": scope["state"], "extensions": scope["extensions"]}
    parts.update(("extension " + name, part) for name, part in list(scope["extensions"].items()))
    spoilt = [name for name, part in parts.items() if "spoilt" in part] + scope["subprotocols"]
    for part in parts.values():
        part["spoilt"] = {}
    scope["subprotocols"].append("spoilt")
    await accept(send)
    await say(send, spoilt)


@at("/accept")
async def accept_as_asked(scope, receive, send):
    """With a subprotocol and fields of its own."""
    wanted = query(scope)
    await accept(send, subprotocol=wanted.get("subprotocol"), headers=iter([(b"x-one", b"1"), [b"x-two", bytearray(b"caf\xe9")]]))
    await until_the_end(receive)


@at("/refuse")
async def refuse(scope, receive, send):
    await send({"type": "websocket.close", "code": 4000, "reason": "not you"})
    message = await receive()
    record("refused", message["type"], message["code"])


@at("/deny")
async def deny(scope, receive, send):
    assert scope["extensions"]["websocket.http.response"] == {}
    await send({"type": "websocket.http.response.start", "status": 429, "headers": [(b"retry-after", b"7")]})
    await send({"type": "websocket.http.response.body", "body": b"not ", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": memoryview(b"now")})


@at("/raise-first")
async def raise_first(scope, receive, send):
    raise ValueError("raised before it was open")


@at("/return-first")
async def return_first(scope, receive, send):
    pass


@at("/raise-later")
async def raise_later(scope, receive, send):
    await accept(send)
    raise ValueError("raised while it was open")


@at("/raise-at-the-end")
async def raise_at_the_end(scope, receive, send):
    """As an app of Starlette's does that waits for text and gets none any more."""
    await accept(send)
    while (await receive())["type"] != "websocket.disconnect":
        pass
    raise ValueError("there is nobody any more")


@at("/return-later")
async def return_later(scope, receive, send):
    await accept(send)


@at("/close")
async def close(scope, receive, send):
    wanted = query(scope)
    options = {"code": int(wanted["code"])} if "code" in wanted else {}
    await accept(send)
    await send({"type": "websocket.close", "reason": wanted.get("reason"), **options})
    # A second time it means nothing.
    await send({"type": "websocket.close"})
    await until_the_end(receive)


WRONG = {
    "no-type": {},
    "type": {"type": "websocket.sent"},
    "http": {"type": "http.response.start", "status": 200},
    "neither": {"type": "websocket.send"},
    "neither-none": {"type": "websocket.send", "text": None, "bytes": None},
    "text": {"type": "websocket.send", "text": b"bytes"},
    "bytes": {"type": "websocket.send", "bytes": "text"},
    "surrogate": {"type": "websocket.send", "text": "\ud800"},
    "code": {"type": "websocket.close", "code": "1000"},
    "bad-code": {"type": "websocket.close", "code": 1005},
    "large-code": {"type": "websocket.close", "code": 1 << 40},
    "reason": {"type": "websocket.close", "reason": 5},
    "again": {"type": "websocket.accept"},
    "late-denial": {"type": "websocket.http.response.start", "status": 400},
}


@at("/wrong")
async def wrong(scope, receive, send):
    """What each wrong message raises; after all of them the WebSocket is as it was."""
    raised = {}
    try:
        await send({"type": "websocket.send", "text": "too early"})
    except RuntimeError as error:
        raised["early"] = [type(error).__name__, str(error)]
    try:
        await accept(send, subprotocol="never-offered")
    except RuntimeError as error:
        raised["subprotocol"] = [type(error).__name__, str(error)]
    await accept(send)
    for name, message in {**WRONG, "list": []}.items():
        try:
            await send(message)
        except (RuntimeError, TypeError, ValueError) as error:
            raised[name] = [type(error).__name__, str(error)]
    await say(send, raised)
    await until_the_end(receive)


@at("/send-after-close")
async def send_after_close(scope, receive, send):
    await accept(send)
    await send({"type": "websocket.close", "code": 3001})
    try:
        await send({"type": "websocket.send", "text": "too late"})
    except RuntimeError as error:
        record("raised", type(error).__name__)


@at("/push")
async def push(scope, receive, send):
    """Sends until that is an error, and never receives."""
    await accept(send)
    try:
        while True:
            await send({"type": "websocket.send", "text": "tick"})
            await anyio.sleep(0.01)
    except OSError as error:
        record("push ends", type(error).__name__, sniffio.current_async_library())
        # Time to clean up, longer than what a client that is gone is waited for.
        await anyio.sleep(float(query(scope).get("clean", 0.6)))
        record("cleaned up")
        if "raise" in query(scope):
            raise


@at("/idle")
async def idle(scope, receive, send):
    """Neither sends nor receives."""
    await accept(send)
    try:
        await anyio.sleep(60)
    except BaseException as error:
        record("idle ends", type(error).__name__)
        raise


@at("/late")
async def late(scope, receive, send):
    """Accepts when the client has gone."""
    while not exists("go-on"):
        await anyio.sleep(0.01)
    await accept(send)
    try:
        await send({"type": "websocket.send", "text": "anybody?"})
    except OSError:
        record("nobody")
    await until_the_end(receive)


@at("/task")
async def in_a_task(scope, receive, send):
    """`receive` in a task of its own, and again after it was cancelled."""
    await accept(send)
    task = asyncio.create_task(receive())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        await say(send, "cancelled")
    first, second = asyncio.create_task(receive()), asyncio.create_task(receive())
    await say(send, [(await first)["text"], (await second)["text"]])
    await until_the_end(receive)


@at("/timeout")
async def timeout(scope, receive, send):
    """A `receive` that a timeout cancels loses no message."""
    await accept(send)
    with anyio.move_on_after(0.05):
        await receive()
        record("received")
    await say(send, "tired of waiting")
    await say(send, (await receive())["text"])
    await until_the_end(receive)


@at("/context")
async def context(scope, receive, send):
    await accept(send)
    before = spoken.get(None)
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        spoken.set(message["text"])
        await anyio.sleep(0.01)
        await say(send, [before, spoken.get()])


@at("/chat")
async def chat(scope, receive, send):
    """Sends from one task while another receives."""
    await accept(send)

    async def tick():
        for number in range(100):
            await say(send, number)
            await anyio.sleep(0)

    async with anyio.create_task_group() as group:
        group.start_soon(tick)
        for _ in range(100):
            message = await receive()
            await send({"type": "websocket.send", "bytes": message["bytes"]})


@at("/flood")
async def flood(scope, receive, send):
    """Sends more than anybody takes, and notes when it had to wait."""
    await accept(send)
    size = int(query(scope)["size"])
    for number in range(int(query(scope)["count"])):
        with anyio.move_on_after(1) as waiting:
            await send({"type": "websocket.send", "bytes": bytes(size)})
        if waiting.cancelled_caught:
            record("had to wait after", number)
            while not exists("go-on"):
                await anyio.sleep(0.01)
    record("all sent")


@at("/slow")
async def slow(scope, receive, send):
    """Takes nothing before the sign, then all; and says how much that was."""
    await accept(send)
    while not exists("go-on"):
        await anyio.sleep(0.01)
    count = length = 0
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") == "done":
            await say(send, [count, length])
        else:
            count, length = count + 1, length + len(message["bytes"])
