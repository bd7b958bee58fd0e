"""An app that is at home on trio alone: a nursery that lives as long as the server, cancel scopes, a memory channel."""

import json

import trio

jobs = []
done = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(scope, receive, send)
    await paths.get(scope["path"], missing)(scope, receive, send)


async def lifespan(scope, receive, send):
    """The nursery of the whole app; its worker takes jobs from requests."""
    await receive()
    sender, receiver = trio.open_memory_channel(10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(work, receiver)
        scope["state"]["jobs"] = sender
        scope["state"]["nursery"] = nursery
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await sender.aclose()
    await send({"type": "lifespan.shutdown.complete"})


async def work(receiver):
    async for job in receiver:
        await trio.sleep(0.001)
        done.append(job)


async def answer(send, value, status=200):
    body = json.dumps(value).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def missing(scope, receive, send):
    await answer(send, "no such path", status=404)


async def home(scope, receive, send):
    await answer(send, "Hello World")


async def add_job(scope, receive, send):
    await scope["state"]["jobs"].send(len(done))
    with trio.fail_after(5):
        while not done:
            await trio.sleep(0.001)
    await answer(send, len(done))


async def count(scope, receive, send):
    length = 0
    while True:
        message = await receive()
        length += len(message["body"])
        if not message["more_body"]:
            return await answer(send, {"length": length})


async def stream(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    sender, receiver = trio.open_memory_channel(1)

    async def make():
        async with sender:
            for number in range(10):
                await sender.send("row {}\n".format(number))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(make)
        async for row in receiver:
            await send({"type": "http.response.body", "body": row.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def in_the_apps_nursery(scope, receive, send):
    """The response comes from a task that outlives the request's own."""
    event = trio.Event()

    async def respond():
        await answer(send, "from the nursery")
        event.set()

    scope["state"]["nursery"].start_soon(respond)
    await event.wait()


async def fail(scope, receive, send):
    raise ValueError("the shop is on fire")


async def fail_in_a_group(scope, receive, send):
    async def one():
        raise ValueError("the shop is on fire")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one)
        nursery.start_soon(trio.sleep_forever)


paths = {"/": home, "/job": add_job, "/count": count, "/stream": stream, "/nursery": in_the_apps_nursery, "/raise": fail, "/raise-group": fail_in_a_group}
