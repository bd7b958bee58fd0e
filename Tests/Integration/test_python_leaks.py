"""Nothing is left behind by requests of any kind: objects, memory, descriptors and tasks before and after very many."""

import os
import subprocess
import tempfile
import unittest

from clients import Connection
from pieces import Pieces
from python_apps import MIB, PythonTestCase
from requirements import require_programs
from sockets import PlainSocket

# How many requests of all kinds together, and after how many the first look is taken.
REQUESTS = int(os.environ.get("INTEGRATION_LEAK_REQUESTS", 200_000))
WARM_UP = REQUESTS // 10
# What may come and go: caches of the interpreter, fragmentation.
OBJECTS, BLOCKS, MEMORY = 300, 3000, 6 * MIB


class LeakBehaviour:
    app, flags, kinds = None, (), {}

    def load(self, server, path, requests, *options):
        """So many requests by h2load on 32 connections."""
        if requests:
            done = subprocess.run(
                ["h2load", "--h1", "-n", str(requests), "-c", str(min(32, requests)), "-t", "1", "-B", "unix:" + server.socket, *options,
                 "http://hello.example" + path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
            self.assertIn("{} done".format(requests), done.stdout, done.stdout)

    def test_nothing_is_left_of_two_hundred_thousand_requests(self):
        require_programs("h2load")
        with tempfile.NamedTemporaryFile() as body:
            body.write(os.urandom(10240))
            body.flush()
            server = self.serve(self.app, "--log-level", "critical", "--disconnect-grace", "100ms", *self.flags)
            server.sign()
            for _ in range(2):
                # Twice, so that what grows with the first of its kind has grown.
                for kind in self.kinds:
                    self.run_kind(server, kind, WARM_UP // 2, body.name)
            before = server.ask_json("/inspect")
            for kind in self.kinds:
                with self.subTest(kind=kind):
                    number = self.run_kind(server, kind, REQUESTS - WARM_UP, body.name)
                    # Threads have no tasks.
                    server.wait_for(lambda: (server.ask_json("/inspect")["tasks"] or 0) <= (before["tasks"] or 0), "tasks are left")
                    after = server.ask_json("/inspect")
                    grown = {name: count - before["kinds"].get(name, 0) for name, count in after["kinds"].items()
                             if count - before["kinds"].get(name, 0) > 20}
                    found = "after {} requests: {}, {} blocks, {} KiB".format(
                        number, grown, after["blocks"] - before["blocks"], (after["memory"] - before["memory"]) // 1024)
                    self.assertLess(after["objects"] - before["objects"], OBJECTS, found)
                    self.assertLess(after["blocks"] - before["blocks"], BLOCKS, found)
                    self.assertLess(after["memory"] - before["memory"], MEMORY, found)
                    self.assertLessEqual(after["descriptors"], before["descriptors"] + 1, found)

    def run_kind(self, server, kind, total, body):
        """Runs this kind's share of so many requests; how many that were."""
        path, share = self.kinds[kind]
        requests = int(total * share)
        if kind == "post":
            self.load(server, path, requests, "-d", body)
        elif kind == "left":
            for number in range(requests):
                # The client goes at once, with the request sent, or half of it, or a part of the response read.
                half = number % 3 == 1
                with Pieces(server.connector, path, "POST" if half else "GET", "Content-Length: 50\r\n" if half else "", b"half" if half else b"") as pieces:
                    if number % 3 == 2:
                        pieces.socket.recv(1000)
        elif kind == "raise-in-body":
            # h2load gives up a client whose connection was cut.
            for _ in range(requests):
                with Pieces(server.connector, path) as pieces:
                    pieces.all()
        elif kind == "refused":
            for _ in range(requests):
                with server.connector() as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
                    connection.recv(1000)
        elif kind.startswith("socket"):
            for number in range(requests):
                with PlainSocket(server.connector, path) as client:
                    if kind == "socket":
                        for opcode, payload in ((1, b"text %d" % number), (2, b"bytes %d" % number), (9, b"")):
                            client.send(opcode, payload)
                            client.receive()
                        client.send(8, b"\x03\xe8bye")
                        client.receive()
                    elif kind == "socket-left":
                        client.send(1, b"text")
                    else:
                        # The app closes, or refuses.
                        client.receive()
        elif kind == "chunked":
            with Connection(server.connector) as connection:
                for _ in range(requests):
                    connection.ask(path, method="POST", body=iter([b"one", b"two"]))
        else:
            self.load(server, path, requests)
        return requests


class ASGILeakBehaviour(LeakBehaviour):
    app = "plain:app"
    # Path, and which part of all requests.
    kinds = {
        "hello": ("/", 0.32),
        "scope": ("/scope?a=b", 0.1),
        "post": ("/echo", 0.15),
        "stream": ("/download?size=200000", 0.05),
        "part": ("/zerocopysend?path=/etc/passwd", 0.03),
        "file": ("/pathsend-or?path=/etc/passwd", 0.05),
        "no-file": ("/pathsend-or?path=/etc/nothing", 0.02),
        "task": ("/send-in-a-task", 0.1),
        "spoil": ("/spoil", 0.1),
        "raise": ("/raise", 0.03),
        "raise-in-body": ("/return-half", 0.02),
        "wrong": ("/wrong?what=value-with-line", 0.02),
        "after-the-end": ("/raise-after-the-end", 0.02),
        "chunked": ("/read", 0.02),
        "left": ("/download?size=5000000", 0.02),
        "refused": ("/", 0.02),
    }


class AsyncioLeakTests(ASGILeakBehaviour, PythonTestCase):
    flags = ("--worker-class", "asyncio")


class UvloopLeakTests(ASGILeakBehaviour, PythonTestCase):
    flags = ("--worker-class", "uvloop")


class TrioLeakTests(ASGILeakBehaviour, PythonTestCase):
    flags = ("--worker-class", "trio")


class WebSocketLeakBehaviour(LeakBehaviour):
    app = "sockets:app"
    kinds = {
        "hello": ("/", 0.02),
        "socket": ("/echo", 0.03),
        "socket-left": ("/echo", 0.03),
        "socket-raises": ("/raise-later", 0.02),
        "socket-closed": ("/send-after-close", 0.02),
        "socket-lost": ("/push?raise=1&clean=0", 0.01),
    }


class AsyncioWebSocketLeakTests(WebSocketLeakBehaviour, PythonTestCase):
    flags = ("--worker-class", "asyncio")


class UvloopWebSocketLeakTests(WebSocketLeakBehaviour, PythonTestCase):
    flags = ("--worker-class", "uvloop")


class TrioWebSocketLeakTests(WebSocketLeakBehaviour, PythonTestCase):
    flags = ("--worker-class", "trio")


class WSGILeakBehaviour(LeakBehaviour):
    app = "wsgi:plain_wsgi:app"
    kinds = {
        "hello": ("/", 0.4),
        "environ": ("/environ?a=b", 0.1),
        "post": ("/echo", 0.15),
        "generator": ("/generator", 0.05),
        "file": ("/file?forgotten=1&path=/etc/passwd", 0.05),
        "read-file": ("/file?forgotten=1&kind=shouting&path=/etc/passwd", 0.02),
        "write": ("/write", 0.1),
        "closed": ("/closed", 0.05),
        "raise": ("/raise", 0.03),
        "raise-in-body": ("/raise-in-body", 0.02),
        "exc-info": ("/exc-info", 0.02),
        "wrong": ("/wrong?what=header-with-line", 0.02),
        "chunked": ("/read?how=lines", 0.02),
        "left": ("/download?size=5000000", 0.02),
        "refused": ("/", 0.02),
    }


class InlineLeakTests(WSGILeakBehaviour, PythonTestCase):
    flags = ("--threads", "1")


class ThreadedLeakTests(WSGILeakBehaviour, PythonTestCase):
    flags = ("--threads", "4")


class FrameworkLeakTests(LeakBehaviour, PythonTestCase):
    """FastAPI's way through: threads for sync endpoints, dependencies, background tasks."""

    app = "inspected_fastapi:app"
    kinds = {"hello": ("/", 0.1), "sync": ("/sync", 0.05), "dependency": ("/stock/apple", 0.05), "stream": ("/stream", 0.03), "missing": ("/nowhere", 0.02)}


if __name__ == "__main__":
    unittest.main()
