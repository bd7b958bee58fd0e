"""Plays the extension `_roost` in plain Python: enough of a server to try the package's own part without building anything."""

import argparse
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from urllib.parse import unquote_to_bytes

version = "0-fake"

_SETTINGS = {
    "bind": ["127.0.0.1:8000"],
    "lifespan": "auto",
    "startup_timeout": 60.0,
    "shutdown_timeout": 60.0,
    "graceful_timeout": 30.0,
    "threads": None,
    "app_dir": None,
    "debug": False,
    "factory": False,
    "worker_class": "asyncio",
}


class BindError(OSError):
    pass


class Config:
    def __init__(self, values):
        self._values = {**_SETTINGS, **values}

    def get(self, key):
        return self._values[key]


def config(values):
    for key, value in values.items():
        if key.endswith("_timeout") and value is not None and not isinstance(value, (int, float)):
            raise ValueError(f'{key} = {value!r}: expected a time such as 30s')
    return Config(values)


class Host:
    def __init__(self, argv):
        parser = argparse.ArgumentParser(prog="roost serve")
        parser.add_argument("command", choices=["serve"])
        parser.add_argument("app", nargs="?")
        parser.add_argument("--bind", action="append")
        parser.add_argument("--factory", action="store_true")
        parser.add_argument("--debug", action="store_true")
        parser.add_argument("--app-dir")
        parser.add_argument("--worker-class", default="asyncio", choices=["asyncio", "uvloop", "trio"])
        for key in ("startup_timeout", "shutdown_timeout", "graceful_timeout"):
            parser.add_argument("--" + key.replace("_", "-"), type=float, default=_SETTINGS[key])
        parser.add_argument("--lifespan", default="auto")
        given = vars(parser.parse_intermixed_args(argv))
        self.app = given["app"]
        self._values = {**_SETTINGS, **{key: value for key, value in given.items() if value is not None}}

    def get(self, key):
        return self._values[key]

    def log(self, level, message, fields=None, /):
        said = "".join(f" {key}={value}" for key, value in (fields or {}).items() if key != "traceback")
        print(f"{level} {message}{said}", file=sys.stderr, flush=True)
        if fields and "traceback" in fields:
            print(fields["traceback"], file=sys.stderr, flush=True)

    def phase(self, name, /):
        print(f"phase {name}", file=sys.stderr, flush=True)

    def ready(self, server, /):
        print(f"ready {' '.join(server._binds)}", file=sys.stderr, flush=True)

    def finished(self, code, reason=None, errno=None, /):
        print(f"finished {code}", file=sys.stderr, flush=True)
        if reason is not None:
            print(f"roost: error: {reason}", file=sys.stderr, flush=True)


class Server:
    def __init__(self, config, mode, app, runtime, /):
        self._config = config
        self._mode = mode
        self._app = app
        self._runtime = runtime
        self._selector = selectors.EpollSelector()
        self._listeners = []
        self._binds = []
        self._connections = set()
        self._tasks = {}
        self._has_state = False
        self._when_idle = None
        self._when_cut = None
        self.state = {}

    requests = property(lambda self: len(self._tasks))
    connections = property(lambda self: len(self._connections))

    def setting(self, key, /):
        return self._config.get(key)

    def set_state(self, state, /):
        self.state = state
        self._has_state = True

    def fileno(self):
        return self._selector.fileno()

    def listen(self):
        for bind in self.setting("bind"):
            try:
                if bind.startswith("unix:"):
                    listener = socket.socket(socket.AF_UNIX)
                    listener.bind(bind[len("unix:") :])
                    self._binds.append(f"http://{bind}")
                else:
                    host, _, port = bind.rpartition(":")
                    listener = socket.create_server((host or bind, int(port) if host else 8000))
                    self._binds.append("http://%s:%d" % listener.getsockname()[:2])
            except OSError as error:
                raise BindError(f"{bind}: {error.strerror}") from None
            listener.listen()
            listener.setblocking(False)
            self._selector.register(listener, selectors.EVENT_READ, self._accept)
            self._listeners.append(listener)
        return list(self._binds)

    def drain(self):
        for key, _ in self._selector.select(0):
            key.data(key.fileobj)

    def _accept(self, listener):
        connection, _ = listener.accept()
        connection.setblocking(False)
        self._connections.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, _Connection(self, connection).read)

    def _forget(self, connection):
        if connection in self._connections:
            self._connections.discard(connection)
            try:
                self._selector.unregister(connection)
            except (KeyError, ValueError):
                pass
            connection.close()
        self._settle()

    def _settle(self):
        if self._when_idle is not None and not self._tasks:
            callback, self._when_idle = self._when_idle, None
            callback()
        if self._when_cut is not None and not self._tasks:
            callback, self._when_cut = self._when_cut, None
            callback()

    def stop_listening(self):
        self.drain()
        for listener in self._listeners:
            self._selector.unregister(listener)
            listener.close()
        self._listeners = []

    def drain_connections(self, callback, /):
        busy = {request.connection for request in self._tasks}
        for connection in list(self._connections):
            if connection not in busy:
                self._forget(connection)
        self._when_idle = callback
        self._settle()

    def cut_off(self, callback, /):
        self._when_idle = None
        self._when_cut = callback
        for request, task in list(self._tasks.items()):
            request.disconnect()
            if task is not None:
                task.cancel()
        self._settle()

    def close(self):
        self.stop_listening()
        for bind in self.setting("bind"):
            if bind.startswith("unix:") and f"http://{bind}" in self._binds:
                os.unlink(bind[len("unix:") :])
        for connection in list(self._connections):
            self._forget(connection)
        self._selector.close()


class _Connection:
    def __init__(self, server, connection):
        self.server = server
        self.connection = connection
        self.received = b""
        self.request = None

    def read(self, connection):
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            if self.request is not None:
                self.request.disconnect()
            self.server._forget(connection)
            return
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or self.request is not None:
            return
        lines = head.split(b"\r\n")
        headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
        length = int(dict(headers).get(b"content-length", 0))
        if len(body) < length:
            return
        method, target, _ = lines[0].decode().split(" ")
        self.request = _Request(self, method, target, headers, body[:length])
        if self.server._mode == "wsgi":
            self.request.run_wsgi()
        else:
            server = self.server
            server._tasks[self.request] = None
            task = server._runtime.spawn(self.request.run(), **(server._runtime.spawn_keywords or {}))
            if self.request in server._tasks:
                server._tasks[self.request] = task


class _Request:
    def __init__(self, owner, method, target, headers, body):
        self.owner = owner
        self.server = owner.server
        self.connection = owner.connection
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.query = target.partition("?")
        self.start = None
        self.is_read = self.is_gone = self.is_complete = False
        self.waiter = None

    async def run(self):
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": unquote_to_bytes(self.path).decode(),
            "raw_path": self.path.encode(),
            "query_string": self.query.encode(),
            "root_path": "",
            "headers": self.headers,
            "client": None,
            "server": None,
            "extensions": {},
        }
        if self.server._has_state:
            scope["state"] = dict(self.server.state)
        try:
            await self.server._app(scope, self.receive, self.send)
        except Exception:
            traceback.print_exc()
            if self.start is None:
                self.write(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        finally:
            self.server._tasks.pop(self, None)
            self.server._forget(self.connection)

    async def receive(self):
        if not self.is_read:
            self.is_read = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        if not self.is_gone and not self.is_complete:
            self.waiter = self.server._runtime.future()
            await self.waiter
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.start = message
            lines = [f"HTTP/1.1 {message['status']} Something".encode()]
            lines += [b": ".join(pair) for pair in message.get("headers", [])] + [b"connection: close", b"", b""]
            self.write(b"\r\n".join(lines))
        else:
            self.write(message.get("body", b""))
            self.is_complete = not message.get("more_body", False)

    def run_wsgi(self):
        def start_response(status, headers, exc_info=None):
            lines = [f"HTTP/1.1 {status}"] + [f"{name}: {value}" for name, value in headers] + ["connection: close", "", ""]
            self.write("\r\n".join(lines).encode())
            return self.write

        environ = {"REQUEST_METHOD": self.method, "PATH_INFO": self.path, "QUERY_STRING": self.query}
        try:
            for piece in self.server._app(environ, start_response):
                self.write(piece)
        except Exception:
            traceback.print_exc()
        self.server._forget(self.connection)

    def write(self, data):
        try:
            self.connection.sendall(data)
        except OSError:
            self.is_gone = True

    def disconnect(self):
        self.is_gone = True
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


def install_signals(callback_fd, signals, /):
    assert threading.current_thread() is threading.main_thread()
    for number in signals:
        signal.signal(number, lambda number, frame: os.write(callback_fd, b"."))


def remove_signals():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
