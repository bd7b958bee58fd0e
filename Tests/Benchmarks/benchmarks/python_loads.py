"""The loads for apps in Python, and what Roost may cost beside the servers that serve the same."""

from dataclasses import dataclass

from .loads import HELLO, LARGE, UPLOAD, Load


@dataclass(frozen=True)
class PythonLoad(Load):
    """Served by the object `app` of a module; of Roost's CPU per request ÷ the first peer's, `most` is the target."""

    module: str = "asgi"
    peers: tuple[str, ...] = ()
    most: float = 1.0
    # How event loops and Roost's and Hypercorn's classes of workers are called.
    loop: str = "uvloop"


@dataclass(frozen=True)
class WebSocketLoad(PythonLoad):
    """Messages on open connections, each sent back; the text is `answer`."""


MANY = (64,)
ASYNC = ("granian", "uvicorn", "hypercorn")
HTTP2 = ("granian", "hypercorn")
# Uvicorn's usual protocol first.
SOCKETS = ("uvicorn", "uvicorn-wsproto", "granian", "hypercorn")

PYTHON_LOADS = [
    PythonLoad("python-hello", "ASGI hello, uvloop", "/", HELLO, MANY, peers=ASYNC, most=0.45),
    PythonLoad("python-hello", "ASGI hello, asyncio", "/", HELLO, MANY, peers=ASYNC, most=0.45, loop="asyncio"),
    PythonLoad("python-trio", "ASGI hello, trio", "/", HELLO, MANY, peers=("hypercorn",), most=0.04, loop="trio"),
    PythonLoad("python-wsgi", "WSGI hello", "/", HELLO, MANY, module="wsgi", peers=("bjoern", "granian", "uwsgi", "gunicorn"), most=0.9),
    PythonLoad(
        "python-fastapi", "FastAPI JSON", "/", b'{"message":"Hello World"}', MANY, module="fastapi_app", peers=("granian", "uvicorn"), most=0.85
    ),
    PythonLoad("python-flask", "Flask hello", "/", HELLO, MANY, module="flask_app", peers=("bjoern", "uwsgi"), most=1.0),
    PythonLoad("python-echo", "10 KiB POST echo", "/echo", UPLOAD, MANY, UPLOAD, peers=("uvicorn", "granian"), most=0.6),
    PythonLoad("http2", "ASGI hello over HTTP/2", "/", HELLO, MANY, peers=HTTP2, most=0.6, http2=True),
    PythonLoad("http2", "ASGI hello over HTTP/2, 10 in flight", "/", HELLO, MANY, in_flight=10, peers=HTTP2, most=0.6, http2=True),
    PythonLoad("python-64k", "64 KiB answer", "/64k", LARGE, MANY, peers=("granian", "uvicorn"), most=0.6),
    WebSocketLoad("websocket", "WebSocket echo, 32 bytes", "/", b"x" * 32, MANY, module="websocket_echo", peers=SOCKETS, most=0.6),
    WebSocketLoad("websocket", "WebSocket echo, 1 KiB", "/", b"x" * 1024, MANY, module="websocket_echo", peers=SOCKETS, most=0.6),
]
PYTHON_SCENARIOS = list(dict.fromkeys(load.name for load in PYTHON_LOADS))
