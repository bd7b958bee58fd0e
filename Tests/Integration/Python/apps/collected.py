"""An app that has the garbage collector come just when its request's task is made."""

import asyncio
import collections
import functools
import gc
import json

calls = collections.Counter()
between = []


class Garbage:
    """What only the collector ends, which then calls the loop in each way."""

    def __init__(self, loop):
        self.itself, self.loop = self, loop

    def __del__(self):
        between.append("call_soon" in vars(self.loop))
        self.loop.call_soon(calls.update, ["with an argument"])
        self.loop.call_soon(lambda: calls.update(["without"]))
        self.loop.create_task(self.count())

    @staticmethod
    async def count():
        calls.update(["of a task"])


async def respond(scope, receive, send):
    gc.set_threshold(0)
    assert scope["type"] == "http", scope["type"]
    if scope["path"] == "/calls":
        gc.collect()
        # What was called soon has been by then.
        await asyncio.sleep(0.1)
    body = json.dumps({"calls": calls, "caught between": sum(between)}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


class App(functools.partial):
    """Called as the function that it is for, but for what it does before the task is made."""

    def __call__(self, scope, receive, send):
        coroutine = self.func(scope, receive, send)
        if scope["type"] == "http" and scope["path"] == "/":
            Garbage(asyncio.get_running_loop())
            # Its memory is kept for the next tuple, which is that of the task's arguments.
            tuple([coroutine])
            # With the next object that needs memory of its own, and the task is that.
            gc.set_threshold(1)
        return coroutine


app = App(respond)
