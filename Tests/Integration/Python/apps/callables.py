"""The shapes in which an app may come: each answers with its own name."""

import functools
import types


async def _answer(name, receive, send):
    body = name.encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def _name(name):
    async def asgi(scope, receive, send):
        if scope["type"] == "http":
            await _answer(name, receive, send)
        else:
            raise NotImplementedError(scope["type"])
    return asgi


app = _name("app by default")


async def function(scope, receive, send):
    await _name("function")(scope, receive, send)


class Callable:
    async def __call__(self, scope, receive, send):
        await _name("instance")(scope, receive, send)

    async def method(self, scope, receive, send):
        await _name("method")(scope, receive, send)


instance = Callable()
method = instance.method


async def _partial(name, scope, receive, send):
    await _name(name)(scope, receive, send)


partial = functools.partial(_partial, "partial")


def _decorator(function):
    @functools.wraps(function)
    def wrapper(*arguments, **options):
        return function(*arguments, **options)
    return wrapper


@_decorator
async def decorated(scope, receive, send):
    await _name("decorated")(scope, receive, send)


# Not a coroutine function itself, but it returns a coroutine: three arguments tell it.
def plain_function(scope, receive, send):
    return _name("plain function")(scope, receive, send)


holder = types.SimpleNamespace(inner=types.SimpleNamespace(app=_name("dotted")))


def create_app():
    return _name("factory")


def create_wsgi_app():
    return wsgi


class ASGI2:
    """ASGI 2: called with the scope, and what it gives with the rest."""

    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        if self.scope["type"] != "http":
            raise NotImplementedError(self.scope["type"])
        await _answer("ASGI 2 class, version " + self.scope["asgi"]["version"], receive, send)


def asgi2_function(scope):
    async def run(receive, send):
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        await _answer("ASGI 2 function, version " + scope["asgi"]["version"], receive, send)
    return run


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"WSGI"]


class WSGI:
    def __call__(self, environ, start_response):
        return wsgi(environ, start_response)


wsgi_instance = WSGI()
not_callable = 7
