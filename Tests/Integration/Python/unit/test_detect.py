import functools
import unittest

import tree
from roost._detect import detect

assert tree


async def asgi3(scope, receive, send):
    return "served"


def wsgi(environ, start_response):
    return []


class AsyncInstance:
    async def __call__(self, scope, receive, send):
        return "served"


class SyncInstance:
    def __call__(self, environ, start_response):
        return []


class DecoratedInstance:
    def decorated(method):
        @functools.wraps(method)
        def call(*arguments):
            return method(*arguments)

        return call

    @decorated
    async def __call__(self, scope, receive, send):
        return "served"


class ASGI2:
    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        return "served", self.scope


def asgi2(scope):
    async def instance(receive, send):
        return "served", scope

    return instance


class AwaitableClass:
    def __init__(self, scope, receive, send):
        pass

    def __await__(self):
        return asgi3(None, None, None).__await__()


class WSGIClass:
    def __init__(self, environ, start_response):
        pass

    def __iter__(self):
        return iter([])


def with_prefix(prefix, scope, receive, send):
    return asgi3(scope, receive, send)


async def with_option(scope, receive, send, *, option=None):
    return "served"


def wrapping(app):
    @functools.wraps(app)
    def wrapper(*args, **kwargs):
        return app(*args, **kwargs)

    return wrapper


def unnamed(app):
    def wrapper(*args):
        return app(*args)

    return wrapper


class Methods:
    async def app(self, scope, receive, send):
        return "served"

    def wsgi(self, environ, start_response=None):
        return []


def to_asgi(app):
    """An adapter that keeps its app's name."""

    @functools.wraps(app)
    async def adapter(scope, receive, send):
        return "served"

    return adapter


def to_wsgi(app):
    @functools.wraps(app)
    def adapter(environ, start_response):
        return []

    return adapter


def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


class Detection(unittest.TestCase):
    def test_asgi_3(self):
        for name, app in {
            "function": asgi3,
            "instance": AsyncInstance(),
            "decorated __call__": DecoratedInstance(),
            "partial": functools.partial(with_prefix, "/a"),
            "partial of an instance": functools.partial(AsyncInstance()),
            "partial of a decorated instance": functools.partial(DecoratedInstance()),
            "partial of a coroutine function": functools.partial(with_option, option=1),
            "partial of a decorated function": functools.partial(wrapping(asgi3)),
            "sync decorator": wrapping(asgi3),
            "two sync decorators": wrapping(wrapping(AsyncInstance())),
            "lambda": lambda s, r, x: asgi3(s, r, x),
            "method": Methods().app,
            "awaitable class": AwaitableClass,
            "adapter of a WSGI app": to_asgi(wsgi),
            "scope and more": lambda scope, *rest: asgi3(scope, *rest),
        }.items():
            with self.subTest(name):
                found = detect(app)
                self.assertEqual(found.mode, "asgi")
                self.assertTrue(found.reason.startswith("ASGI 3"), found.reason)

    def test_calling_an_asgi_3_app_gives_a_coroutine(self):
        for app in (asgi3, AsyncInstance(), wrapping(asgi3), lambda s, r, x: asgi3(s, r, x), functools.partial(with_prefix, "/a")):
            self.assertEqual(run(detect(app).app({}, None, None)), None if detect(app).app is not app else "served")
        run(detect(AwaitableClass).app({}, None, None))

    def test_an_app_that_is_a_coroutine_function_is_not_wrapped(self):
        instance = AsyncInstance()
        self.assertIs(detect(instance).app, instance)
        self.assertIs(detect(asgi3, "asgi").app, asgi3)

    def test_asgi_2_becomes_asgi_3(self):
        for app in (ASGI2, asgi2, functools.partial(asgi2), wrapping(asgi2), lambda scope: ASGI2(scope)):
            found = detect(app)
            self.assertEqual(found.mode, "asgi")
            self.assertTrue(found.reason.startswith("ASGI 2"), found.reason)
            scope = {"type": "http", "asgi": {"version": "3.0"}}
            run(found.app(scope, None, None))
            self.assertEqual(scope["asgi"]["version"], "2.0")

    def test_wsgi(self):
        for name, app in {
            "function": wsgi,
            "instance": SyncInstance(),
            "class": WSGIClass,
            "decorated": wrapping(wsgi),
            "partial": functools.partial(lambda option, environ, start_response: [], 1),
            "method with a default": Methods().wsgi,
            "adapter of an ASGI app": to_wsgi(asgi3),
            "any arguments": unnamed(wsgi),
        }.items():
            with self.subTest(name):
                found = detect(app)
                self.assertEqual(found.mode, "wsgi", found.reason)
                self.assertIs(found.app, app)

    def test_an_explicit_mode_settles_it(self):
        self.assertEqual(detect(unnamed(asgi3), "wsgi").mode, "wsgi")
        self.assertEqual(detect(Methods().wsgi, "wsgi").mode, "wsgi")
        self.assertEqual(detect(unnamed(asgi3), "asgi").mode, "asgi")
        self.assertIn("ASGI 2", detect(ASGI2, "asgi").reason)
        with self.assertRaisesRegex(ValueError, "expected \"asgi\", \"wsgi\" or None"):
            detect(asgi3, "http")

    def test_an_app_that_cannot_be_what_was_asked_for_is_refused(self):
        for app in (asgi3, AsyncInstance()):
            with self.subTest(app=app), self.assertRaisesRegex(TypeError, "^WSGI was asked for, but .* is a coroutine function"):
                detect(app, "wsgi")
        with self.assertRaisesRegex(TypeError, r"^WSGI was asked for, but .* takes \(scope, receive, send\) instead of environ and start_response"):
            detect(AwaitableClass, "wsgi")
        with self.assertRaisesRegex(TypeError, r"^ASGI was asked for, but .*\.wsgi takes \(environ, start_response\) instead of scope, receive and send"):
            detect(wsgi, "asgi")

    def test_the_reason_names_what_told(self):
        self.assertEqual(detect(asgi3).reason, f"ASGI 3: {__name__}.asgi3 is a coroutine function")
        self.assertEqual(detect(SyncInstance()).reason, f"WSGI: {__name__}.SyncInstance.__call__ takes 2 arguments")

    def test_what_is_no_app_is_refused_with_a_reason(self):
        with self.assertRaisesRegex(TypeError, "a dict is not an app"):
            detect({})
        with self.assertRaisesRegex(TypeError, "takes no arguments; if it is a function that makes the app"):
            detect(lambda: wsgi)
        with self.assertRaisesRegex(TypeError, r"takes \(a, b, c, d\)"):
            detect(lambda a, b, c, d: None)

        async def one(scope):
            pass

        with self.assertRaisesRegex(TypeError, r"coroutine function, but takes \(scope\)"):
            detect(one)

    def test_wrappers_in_a_circle_end(self):
        def around(*args):
            pass

        around.__wrapped__ = around
        self.assertEqual(detect(around).mode, "wsgi")


if __name__ == "__main__":
    unittest.main()
