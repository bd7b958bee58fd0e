"""An app for tests of processes, as ASGI and as WSGI. Its behaviour, and its version, are those of the module `behaviour`, which a test writes anew."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time

import anyio

import behaviour

VERSION = getattr(behaviour, "APP_VERSION", "")


def setting(name):
    return getattr(behaviour, name, os.environ.get(name))


if setting("APP_LOAD_FAIL"):
    raise RuntimeError(setting("APP_LOAD_FAIL"))


def die_if_asked():
    """Dies soon after the start."""
    if setting("APP_DEADLY"):
        threading.Timer(0.1, os._exit, [7]).start()


def channel():
    """The descriptor that leads to the process that has started this one."""
    for name in os.listdir("/proc/self/fd"):
        try:
            with socket.socket(fileno=os.dup(int(name))) as found:
                if found.family == socket.AF_UNIX and found.getsockname() == "" and found.getpeername() == "":
                    maker = struct.unpack("3i", found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
                    # A loop has pairs of its own.
                    if maker != os.getpid():
                        return int(name)
        except OSError:
            continue
    raise LookupError("there is no channel")


def names_of_variables():
    """Those that Python knows, those of the process, and those that a child gets which is given Python's."""
    program = [sys.executable, "-c", "import os; print('\\n'.join(os.environ))"]
    children = [subprocess.run(program, env=env, stdout=subprocess.PIPE, check=True).stdout.decode() for env in (None, dict(os.environ))]
    return "\n".join(list(os.environ) + children)


def grow(kept=[]):
    kept.append(b"x" * (64 << 20))


def note():
    """Tells the test that a request is in flight."""
    open(os.path.join(os.path.dirname(os.environ["APP_BEHAVIOUR"]), "asked"), "w").close()


def do(name):
    """What a request asks for that takes no time; the text to answer with."""
    if name == "exit":
        os._exit(0)
    elif name == "environment":
        return names_of_variables()
    elif name == "junk":
        os.write(channel(), b"GET / HTTP/1.1\r\n\r\n")
    elif name == "grow":
        grow()
    elif name == "fail":
        raise RuntimeError("asked to fail")
    return "Hello from the app"


def fields(body):
    return [("content-length", str(len(body))), ("x-process", str(os.getpid())), ("x-version", VERSION)]


def split(path):
    """`/sleep/300` as its name and seconds; `/status/404` as the name and a status. What follows is for the test's own use."""
    name, number = (path.strip("/").split("/") + [""])[:2]
    if name == "status":
        return name, int(number), 0
    return name, 200, float(number or 0) / 1000


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    name, status, seconds = split(scope["path"])
    if seconds:
        note()
    if name == "sleep":
        await anyio.sleep(seconds)
    elif name == "block":
        time.sleep(seconds)
    body = do(name).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(name.encode(), value.encode()) for name, value in fields(body)]})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    await receive()
    await anyio.sleep(float(setting("APP_STARTUP_DELAY") or 0))
    if setting("APP_STARTUP_FAIL"):
        return await send({"type": "lifespan.startup.failed", "message": setting("APP_STARTUP_FAIL")})
    await send({"type": "lifespan.startup.complete"})
    die_if_asked()
    await receive()
    print("shutdown complete")
    await send({"type": "lifespan.shutdown.complete"})


def wsgi(environ, start_response):
    name, status, seconds = split(environ["PATH_INFO"])
    if seconds:
        note()
    time.sleep(seconds)
    body = do(name).encode()
    start_response("{} As Asked".format(status), fields(body))
    return [body]


def create_wsgi():
    """The WSGI app, whose startup is its import."""
    time.sleep(float(setting("APP_STARTUP_DELAY") or 0))
    if setting("APP_STARTUP_FAIL"):
        raise RuntimeError(setting("APP_STARTUP_FAIL"))
    die_if_asked()
    return wsgi
