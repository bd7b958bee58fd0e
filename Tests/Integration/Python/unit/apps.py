"""Apps that the tests serve, without a framework and on any loop."""


async def plain(scope, receive, send):
    """Knows nothing but http."""
    assert scope["type"] == "http"
    await respond(send, scope["path"].encode())


async def respond(send, body, status=200):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ, start_response):
    body = environ["PATH_INFO"].encode()
    start_response("200 OK", [("content-length", str(len(body)))])
    return [body]


class Scripted:
    """Keeps a diary, and does in its lifespan and requests what it is told to."""

    def __init__(self, sleep, startup=None, shutdown=None, request=None):
        self.diary = []
        self.sleep = sleep
        self.startup, self.shutdown, self.request = startup, shutdown, request

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
        else:
            await self.answer(scope, receive, send)

    async def live(self, scope, receive, send):
        if self.startup == "unknown":
            raise ValueError("only http here")
        self.diary.append((await receive())["type"])
        try:
            if self.startup == "raise":
                raise RuntimeError("no database")
            if self.startup == "fail":
                await send({"type": "lifespan.startup.failed", "message": "no\ndatabase"})
                return
            if self.startup == "return":
                return
            if self.startup == "sleep":
                await self.sleep(30)
            scope["state"]["database"] = "open"
            await send({"type": "lifespan.startup.complete"})
            if self.startup == "leave":
                return
            self.diary.append((await receive())["type"])
            if self.shutdown == "raise":
                raise RuntimeError("cannot close")
            if self.shutdown == "sleep":
                await self.sleep(30)
            await send({"type": f"lifespan.shutdown.{'failed' if self.shutdown == 'fail' else 'complete'}"})
        finally:
            self.diary.append("lifespan over")

    async def answer(self, scope, receive, send):
        try:
            if scope["path"] == "/slow":
                self.diary.append("slow")
                await self.sleep(0.3)
            elif scope["path"] == "/endless":
                self.diary.append("endless")
                await self.sleep(30)
            elif scope["path"] == "/disconnect":
                await receive()
                self.diary.append("waiting")
                self.diary.append((await receive())["type"])
                return
            await respond(send, scope["path"].encode() + b" " + str(scope.get("state")).encode())
            self.diary.append("answered")
        except BaseException as error:
            self.diary.append(f"request: {type(error).__name__}")
            raise
