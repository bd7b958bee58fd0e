"""Apps whose startup or shutdown is unusual."""

import anyio

from events import record


def make(lifespan):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return await lifespan(scope, receive, send)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
    return app


@make
async def raises_at_once(scope, receive, send):
    """Frameworks without lifespan do this; it never looked at the protocol."""
    raise NotImplementedError("only http here")


@make
async def returns_at_once(scope, receive, send):
    return


@make
async def asserts_http(scope, receive, send):
    assert scope["type"] == "http"


@make
async def raises_in_startup(scope, receive, send):
    await receive()
    open_the_database()


def open_the_database():
    raise ConnectionError("no database here")


@make
async def says_failed(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "the queue is full"})


@make
async def never_starts(scope, receive, send):
    await receive()
    await anyio.sleep(60)


@make
async def returns_in_startup(scope, receive, send):
    await receive()


@make
async def raises_after_startup(scope, receive, send):
    """Ends while it should wait for the shutdown."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    raise RuntimeError("lifespan is over")


@make
async def raises_in_shutdown(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    raise RuntimeError("cannot close")


@make
async def says_shutdown_failed(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "the pool will not close"})


@make
async def never_shuts_down(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    record("shutdown")
    await anyio.sleep(60)
