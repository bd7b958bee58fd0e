"""An ASGI app that does by hand what HTTP/2 is used for: streams both ways, trailer fields, early hints, and gRPC, which is made of them.

It runs on asyncio, uvloop and trio alike.
"""

import json
import struct

from events import record


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    path = scope["path"]
    if path.startswith("/test.Service/"):
        await grpc(path.rpartition("/")[2], receive, send)
    else:
        await {"/scope": tell, "/echo": echo, "/trailers": trailers, "/hints": hints, "/wait": wait, "/fail": fail}[path](scope, receive, send)


async def tell(scope, receive, send):
    seen = {
        "http_version": scope["http_version"], "client": scope["client"], "scheme": scope["scheme"], "method": scope["method"],
        "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
        "extensions": sorted(scope["extensions"]),
    }
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


async def echo(scope, receive, send):
    """Sends each piece back as it comes."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    async for piece in pieces(receive):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def trailers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
    await send({"type": "http.response.body", "body": b"body"})
    await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"4")]})


async def hints(scope, receive, send):
    await send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


async def wait(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass
    record("disconnected")


async def fail(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    raise RuntimeError("on purpose")


async def pieces(receive):
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body"):
            return


async def messages(receive):
    """The messages of a gRPC request: each has a byte for its compression and its length before it."""
    buffer = b""
    async for piece in pieces(receive):
        buffer += piece
        while len(buffer) >= 5 and len(buffer) >= 5 + struct.unpack(">I", buffer[1:5])[0]:
            end = 5 + struct.unpack(">I", buffer[1:5])[0]
            yield buffer[5:end]
            buffer = buffer[end:]


async def grpc(method, receive, send):
    async def answer(message):
        await send({"type": "http.response.body", "body": b"\0" + struct.pack(">I", len(message)) + message, "more_body": True})

    async def end(status, text=b""):
        await send({"type": "http.response.body"})
        fields = [(b"grpc-status", b"%d" % status)] + ([(b"grpc-message", text)] if text else [])
        await send({"type": "http.response.trailers", "headers": fields})

    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/grpc")], "trailers": True})
    if method == "Unary":
        async for message in messages(receive):
            await answer(message[::-1])
        await end(0)
    elif method == "ServerStreaming":
        async for message in messages(receive):
            for number in range(int(message)):
                await answer(b"%d" % number)
        await end(0)
    elif method == "ClientStreaming":
        total = 0
        async for message in messages(receive):
            total += len(message)
        await answer(b"%d" % total)
        await end(0)
    elif method == "Both":
        async for message in messages(receive):
            await answer(message.upper())
        await end(0)
    elif method == "Fail":
        async for _ in messages(receive):
            pass
        await end(5, b"no such thing")
    elif method == "Wait":
        async for _ in messages(receive):
            pass
        while (await receive())["type"] != "http.disconnect":
            pass
        record("call ended by its client")
    else:
        await end(12)
