"""An ASGI app without a framework: every event is sent and received here by hand. One function for each path.

It runs on asyncio, uvloop and trio alike.
"""

import asyncio
import hashlib
import io
import json
import logging
import os
import sys
import time
import urllib.parse

import anyio
import sniffio

from events import exists, record
from inspection import inspect

logging.basicConfig(format="%(levelname)s %(name)s %(message)s")

PIECE = bytes(range(256)) * 256
paths = {}
# How much of each slow stream was taken so far, by its name.
progress = {}
kept = []


def at(path):
    def add(function):
        paths[path] = function
        return function
    return add


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(scope, receive, send)
    assert scope["type"] == "http", scope["type"]
    function = paths.get(scope["path"])
    if function is None:
        return await answer(send, b"no such path", status=404)
    await function(scope, receive, send)


async def lifespan(scope, receive, send):
    message = await receive()
    assert message["type"] == "lifespan.startup", message
    scope["state"].update(started=sniffio.current_async_library(), shared={"count": 0})
    record("startup")
    await anyio.sleep(float(os.environ.get("APP_STARTUP_DELAY", 0)))
    record("startup complete")
    await send({"type": "lifespan.startup.complete"})
    message = await receive()
    assert message["type"] == "lifespan.shutdown", message
    record("shutdown")
    await anyio.sleep(0.01)
    record("shutdown complete")
    await send({"type": "lifespan.shutdown.complete"})


def query(scope):
    return dict(urllib.parse.parse_qsl(scope["query_string"].decode()))


async def answer(send, body, status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body)), *headers]})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send, value):
    await answer(send, json.dumps(value).encode(), headers=[(b"content-type", b"application/json")])


async def read(receive):
    """The body, and how many events brought it."""
    body, events = b"", 0
    while True:
        message = await receive()
        assert message["type"] == "http.request", message
        events += 1
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body, events


def shown(value):
    """A value of the scope as JSON; its type is shown where JSON has none like it."""
    if isinstance(value, (bytes, bytearray)):
        return {type(value).__name__: value.decode("latin-1")}
    if isinstance(value, dict):
        return {str(key): shown(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return {"type": type(value).__name__}


# MARK: scope

@at("/")
async def hello(scope, receive, send):
    await answer(send, b"Hello World", headers=[(b"content-type", b"text/plain")])


@at("/scope")
@at("/caf\u00e9/a b/%")
async def show_scope(scope, receive, send):
    await answer_json(send, shown(scope))


@at("/spoil")
async def spoil(scope, receive, send):
    """Changes all it can reach, which no other request may see."""
    parts = {"scope": scope, "asgi": scope["asgi"], "state": scope["state"], "extensions": scope.setdefault("extensions", {})}
    parts.update(("extension " + name, part) for name, part in list(scope["extensions"].items()))
    spoilt = [name for name, part in parts.items() if "spoilt" in part] + ["headers" for name, _ in scope["headers"] if name == b"spoilt"]
    for part in parts.values():
        part["spoilt"] = {}
    scope["headers"] = list(scope["headers"]) + [(b"spoilt", b"1")]
    scope["state"]["shared"]["count"] += 1
    await answer_json(send, {"spoilt": spoilt, "count": scope["state"]["shared"]["count"], "started": scope["state"]["started"]})


@at("/inspect")
async def show_inspection(scope, receive, send):
    await answer_json(send, inspect())


# MARK: tasks of asyncio

@at("/task")
async def show_task(scope, receive, send):
    task = asyncio.current_task()
    await answer_json(send, {
        "name": task.get_name(), "id": scope["extensions"]["roost.request_id"]["id"],
        # As others find the loop: its methods are those of its class.
        "hidden": [name for name in vars(task.get_loop()) if hasattr(type(task.get_loop()), name)],
        "among_all": task in asyncio.all_tasks(),
    })


# MARK: request bodies

@at("/read")
async def read_all(scope, receive, send):
    body, events = await read(receive)
    await answer_json(send, {"length": len(body), "sha256": hashlib.sha256(body).hexdigest(), "events": events})


@at("/echo")
async def echo(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": more})
        if not more:
            return


@at("/count")
async def count(scope, receive, send):
    """Takes a body of any length and keeps nothing of it."""
    digest, length, largest = hashlib.sha256(), 0, 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            record("count disconnected", length)
            return
        body = message.get("body", b"")
        digest.update(body)
        length += len(body)
        largest = max(largest, len(body))
        if not message.get("more_body", False):
            break
    await answer_json(send, {"length": length, "sha256": digest.hexdigest(), "largest": largest})


@at("/slow-count")
async def slow_count(scope, receive, send):
    """Takes one event, then nothing until the test gives the sign."""
    message = await receive()
    length = len(message["body"])
    while not exists("go-on"):
        await anyio.sleep(0.02)
    while message.get("more_body", False):
        message = await receive()
        assert message["type"] == "http.request", message
        length += len(message["body"])
    await answer_json(send, length)


@at("/unread")
async def unread(scope, receive, send):
    """Answers without a look at the body."""
    await answer(send, b"no, thank you", status=413)


# MARK: receive

@at("/receive-in-a-task")
async def receive_in_a_task(scope, receive, send):
    """What `receive` gives can be made a task, and cancelled, without the loss of an event."""
    if sniffio.current_async_library() == "trio":
        body = b""
        more = True
        while more:
            with anyio.move_on_after(0.005):
                message = await receive()
                body += message["body"]
                more = message["more_body"]
        return await answer_json(send, len(body))
    body, more, cancelled = b"", True, 0
    while more:
        task = asyncio.create_task(receive())
        done, _ = await asyncio.wait([task], timeout=0.005)
        if not done:
            task.cancel()
            try:
                # It may have had its event just before it was cancelled.
                message = await task
            except asyncio.CancelledError:
                cancelled += 1
                continue
        else:
            message = task.result()
        body += message["body"]
        more = message["more_body"]
    assert cancelled or "still" not in query(scope), "never waited"
    waiting = [asyncio.ensure_future(receive()) for _ in range(2)]
    await asyncio.sleep(0.01)
    states = [task.done() for task in waiting]
    await answer_json(send, len(body))
    results = await asyncio.wait_for(asyncio.gather(*waiting), 5)
    record("receive-in-a-task", states, [message["type"] for message in results])


@at("/receive-after-the-end")
async def receive_after_the_end(scope, receive, send):
    await read(receive)
    await answer(send, b"done")
    with anyio.fail_after(5):
        types = [(await receive())["type"] for _ in range(3)]
    record("received after the end", *types)


@at("/wait")
async def wait(scope, receive, send):
    """Waits until the client has gone."""
    await read(receive)
    record("wait begins")
    message = await receive()
    record("wait ends", message["type"])


@at("/block")
async def block(scope, receive, send):
    """Holds the loop."""
    record("sleep begins")
    time.sleep(float(query(scope)["seconds"]))
    await answer(send, b"slept")


@at("/go-on")
async def go_on(scope, receive, send):
    """Has something to do behind its response."""
    await answer(send, b"answered")
    record("goes on")
    try:
        await anyio.sleep(60)
    except BaseException as error:
        record("is ended", type(error).__name__)
        raise


@at("/ignore-disconnect")
async def ignore_disconnect(scope, receive, send):
    """Never looks whether the client is there."""
    record("sleep begins")
    try:
        await anyio.sleep(60)
    except BaseException as error:
        record("sleep ends", type(error).__name__)
        raise


@at("/sleep")
async def sleep(scope, receive, send):
    record("sleep begins")
    try:
        await anyio.sleep(float(query(scope)["seconds"]))
    except BaseException as error:
        record("sleep ends", type(error).__name__)
        raise
    await answer(send, b"slept")
    record("slept")


# MARK: responses

@at("/pieces")
async def pieces(scope, receive, send):
    """The second piece comes when the client has the first, and has said so."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"first ", "more_body": True})
    with anyio.fail_after(20):
        while not exists("go-on"):
            await anyio.sleep(0.02)
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    await send({"type": "http.response.body", "body": b"second", "more_body": True})
    await send({"type": "http.response.body"})


@at("/download")
async def download(scope, receive, send):
    asked = query(scope)
    size, name = int(asked["size"]), asked.get("name", "")
    headers = [(b"content-length", b"%d" % size)] if "length" in asked else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    progress[name] = 0
    while progress[name] < size:
        piece = PIECE[:size - progress[name]]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        progress[name] += len(piece)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@at("/progress")
async def show_progress(scope, receive, send):
    await answer_json(send, progress.get(query(scope)["name"], 0))


@at("/stream-until-gone")
async def stream_until_gone(scope, receive, send):
    """Streams for ever, and is told by `receive` or by `send` that nobody listens."""
    await read(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    record("stream begins")
    gone = []

    async def listen(scope_of_the_stream):
        message = await receive()
        gone.append(message["type"])
        scope_of_the_stream.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(listen, group.cancel_scope)
        try:
            while True:
                await send({"type": "http.response.body", "body": PIECE, "more_body": True})
                await anyio.sleep(0.001)
        except OSError:
            gone.append("OSError")
            group.cancel_scope.cancel()
    record("stream ends", *gone)


@at("/send-until-gone")
async def send_until_gone(scope, receive, send):
    """Streams for ever, listens to nobody, and turns what `send` raises into an error of its own, as Starlette does."""
    await read(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    try:
        while True:
            await send({"type": "http.response.body", "body": b"piece ", "more_body": True})
            await anyio.sleep(0.01)
    except OSError as error:
        record("send raises", type(error).__name__)
        raise ValueError("the stream is over")


@at("/answer-when-gone")
async def answer_when_gone(scope, receive, send):
    """Sends a whole response to a client that has left, and has something to do after it."""
    await read(receive)
    assert (await receive())["type"] == "http.disconnect"
    await answer(send, b"for nobody")
    record("answered")


@at("/fail-when-gone")
async def fail_when_gone(scope, receive, send):
    """Raises because the rest of the body does not come."""
    while (await receive())["type"] != "http.disconnect":
        record("a piece has come")
    raise ValueError("the body is not whole")


@at("/headers")
async def headers(scope, receive, send):
    """Fields as tuples, lists and an iterator; names in any case; bytes that are no ASCII."""
    fields = [(b"Set-Cookie", b"a=1"), [b"set-cookie", b"b=2"], (b"X-Latin", b"caf\xe9"), (b"x-empty", b""), (b"content-length", b"2")]
    given = iter(fields) if "iterator" in query(scope) else tuple(fields)
    await send({"type": "http.response.start", "status": 200, "headers": given})
    await send({"type": "http.response.body", "body": b"ok"})


@at("/least")
async def least(scope, receive, send):
    """Every key that may be left out is."""
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


@at("/views")
async def views(scope, receive, send):
    """A body in whatever has bytes."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in (bytearray(b"array "), memoryview(b"a view ")[2:], b"bytes"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@at("/status")
async def status(scope, receive, send):
    code = int(query(scope)["code"])
    await send({"type": "http.response.start", "status": code, "headers": [(b"x-code", b"%d" % code)]})
    await send({"type": "http.response.body", "body": b"" if code in (204, 304) else b"body"})


@at("/late")
async def late(scope, receive, send):
    """Keeps its callables beyond the response."""
    await read(receive)
    await answer(send, b"in time")
    kept.append((receive, send))


@at("/use-late")
async def use_late(scope, receive, send):
    """Uses those that an earlier request kept: nothing of it may reach anybody."""
    outcomes = []
    for old_receive, old_send in kept:
        with anyio.fail_after(5):
            outcomes.append((await old_receive())["type"])
        for message in ({"type": "http.response.start", "status": 200, "headers": []}, {"type": "http.response.body", "body": b"too late"}):
            try:
                await old_send(message)
                outcomes.append("nothing")
            except Exception as error:
                outcomes.append(type(error).__name__)
    del kept[:]
    await answer_json(send, outcomes)


@at("/send-in-a-task")
async def send_in_a_task(scope, receive, send):
    """The response comes from tasks of the app's own, not from that of the request."""
    async with anyio.create_task_group() as group:
        group.start_soon(answer, send, b"from a task")


# MARK: failures

@at("/raise")
async def raise_before(scope, receive, send):
    raise ValueError("before the start")


@at("/raise-after-start")
async def raise_after_start(scope, receive, send):
    """Nothing was sent yet: a server may hold the start back until there is a body."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError("after the start")


@at("/raise-in-body")
async def raise_in_body(scope, receive, send):
    headers = [(b"content-length", b"100")] if "length" in query(scope) else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"half ", "more_body": True})
    await anyio.sleep(0.02)
    raise ValueError("in the body")


@at("/raise-after-the-end")
async def raise_after_the_end(scope, receive, send):
    await answer(send, b"complete")
    raise ValueError("after the end")


@at("/return-nothing")
async def return_nothing(scope, receive, send):
    pass


@at("/return-half")
async def return_half(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half ", "more_body": True})


@at("/exit")
async def exit_before(scope, receive, send):
    raise SystemExit(7)


@at("/cancel-itself")
async def cancel_itself(scope, receive, send):
    """Ends by its own cancellation, which it does not catch."""
    if sniffio.current_async_library() == "trio":
        raise ValueError("trio has no such thing")
    asyncio.current_task().cancel()
    await asyncio.sleep(5)


@at("/wrong")
async def wrong(scope, receive, send):
    """Sends what no app may send, and notes whether it was told."""
    start = {"type": "http.response.start", "status": 200, "headers": []}
    body = {"type": "http.response.body", "body": b"x"}
    messages = {
        "body-first": [body],
        "start-twice": [start, start],
        "unknown-type": [{"type": "http.response.nonsense"}],
        "no-type": [{}],
        "no-message": [None],
        "no-status": [{"type": "http.response.start", "headers": []}],
        "status-of-text": [dict(start, status="200")],
        "status-too-large": [dict(start, status=10 ** 30), body],
        "name-of-text": [dict(start, headers=[("x-text", b"1")]), body],
        "value-of-text": [dict(start, headers=[(b"x-text", "1")]), body],
        "field-of-three": [dict(start, headers=[(b"a", b"b", b"c")]), body],
        "fields-of-none": [dict(start, headers=None), body],
        "fields-of-number": [dict(start, headers=7), body],
        "name-with-space": [dict(start, headers=[(b"x y", b"1")]), body],
        "value-with-line": [dict(start, headers=[(b"x", b"1\r\nx-injected: 1")]), body],
        "body-of-text": [start, dict(body, body="text")],
        "body-of-number": [start, dict(body, body=7)],
        "too-long-at-once": [dict(start, headers=[(b"content-length", b"0")]), body],
        "too-short-at-once": [dict(start, headers=[(b"content-length", b"2")]), body],
        "lifespan": [{"type": "lifespan.startup.complete"}],
    }[query(scope)["what"]]
    try:
        for message in messages:
            await send(message)
    except Exception as error:
        record("wrong", query(scope)["what"], type(error).__name__)
        raise
    record("wrong", query(scope)["what"], "nothing")


@at("/too-long")
async def too_long(scope, receive, send):
    """More than was announced."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"01234", "more_body": True})
    await send({"type": "http.response.body", "body": b"56789"})


@at("/too-short")
async def too_short(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"01234", "more_body": True})
    await send({"type": "http.response.body"})


# MARK: extensions and output

@at("/pathsend")
async def pathsend(scope, receive, send):
    if "http.response.pathsend" not in scope.get("extensions", {}):
        return await answer(send, b"not offered", status=501)
    path = query(scope)["path"]
    size = os.stat(path).st_size
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
    await send({"type": "http.response.pathsend", "path": path})


@at("/pathsend-or")
async def pathsend_or(scope, receive, send):
    """A file, of which so much as asked for is announced, or else an answer that says why not."""
    asked = query(scope)
    path = asked["path"] if "path" in asked else os.fsdecode(bytes.fromhex(asked["hex"]))
    headers = [(b"content-length", asked["length"].encode())] if "length" in asked else []
    await send({"type": "http.response.start", "status": int(asked.get("status", 200)), "headers": headers})
    try:
        await send({"type": "http.response.pathsend", "path": int(path) if "number" in asked else path})
    except (OSError, RuntimeError, TypeError) as error:
        return await answer_json(send, [type(error).__name__, getattr(error, "errno", None), getattr(error, "filename", None)])
    record("file is under way")


@at("/zerocopysend")
async def zerocopysend(scope, receive, send):
    """Parts of a file that is closed as soon as each was awaited; ``how`` says how the file is given."""
    asked = query(scope)
    await send({"type": "http.response.start", "status": 200})
    if "buffered" in asked:
        # Of what its reader has read ahead nothing is lost.
        with open(asked["path"], "rb") as file:
            await send({"type": "http.response.body", "body": file.read(2), "more_body": True})
            await send({"type": "http.response.zerocopysend", "file": file, "count": 3, "more_body": True})
            await send({"type": "http.response.body", "body": b"-" + file.read(1) + b"-", "more_body": True})
            await send({"type": "http.response.zerocopysend", "file": file})
        return
    number = os.open(asked["path"], os.O_RDONLY)
    await send({"type": "http.response.zerocopysend", "file": number, "count": 3, "more_body": True})
    await send({"type": "http.response.zerocopysend", "file": number, "offset": 0, "more_body": True})
    await send({"type": "http.response.zerocopysend", "file": number, "offset": None, "count": None, "more_body": True})
    os.close(number)
    await send({"type": "http.response.body", "body": b"."})


@at("/zerocopysend-or")
async def zerocopysend_or(scope, receive, send):
    """A file that cannot be sent, and why not."""
    asked = query(scope)
    given = {"negative": -1, "object": object(), "memory": io.BytesIO(b"content")}.get(asked["how"], 0)
    ends = os.pipe()
    message = {"type": "http.response.zerocopysend", "file": ends[0] if asked["how"] == "pipe" else given}
    try:
        await send({"type": "http.response.start", "status": 200})
        await send(message)
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        await answer_json(send, [isinstance(error, OSError), type(error).__name__])
    finally:
        for end in ends:
            os.close(end)


@at("/trailers")
async def trailers(scope, receive, send):
    """Announces trailers, and says in them whether they were offered."""
    offered = "http.response.trailers" in scope["extensions"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"trailer", b"x-sum")], "trailers": True})
    await send({"type": "http.response.body", "body": b"ab", "more_body": True})
    await send({"type": "http.response.body", "body": b"cd"})
    await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"4")], "more_trailers": True})
    await send({"type": "http.response.trailers", "headers": [(b"x-offered", str(offered).encode())]})


@at("/hint")
async def hint(scope, receive, send):
    links = [b"</style.css>; rel=preload; as=style", b"</caf\xe9.js>; rel=preload"]
    await send({"type": "http.response.early_hint", "links": iter(links)})
    await anyio.sleep(0.01)
    await answer(send, str("http.response.early_hint" in scope["extensions"]).encode())


@at("/say")
async def say(scope, receive, send):
    print("said on standard output")
    print("said on standard error", file=sys.stderr)
    logging.getLogger("shop").warning("said by logging")
    await answer(send, b"said")


@at("/log")
async def log_to_the_host(scope, receive, send):
    """Logs as an app does that has not said where to."""
    logger = logging.getLogger("unheard")
    logger.propagate = False
    logger.warning(query(scope)["text"])
    await answer(send, b"logged")


async def generator_that_is_left():
    try:
        yield 1
        yield 2
    finally:
        record("generator closed")


@at("/leave-a-generator")
async def leave_a_generator(scope, receive, send):
    """An async generator that nobody ends before the loop does."""
    generator = generator_that_is_left()
    await generator.__anext__()
    kept.append(generator)
    await answer(send, b"left")
