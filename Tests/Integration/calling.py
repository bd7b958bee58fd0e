"""Who is calling: Roost with an echo app that says what it saw, and peers that say who they are in any way they like."""

import collections
import json
import os
import re
import socket
import struct
import tempfile
import time
import unittest

from clients import Connection, ask
from processes import Program
from requirements import binary

HOST = "hello.example"

EVIL_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

# What clients may send in order to be taken for others.
LIES = {
    "X-Forwarded-For": "203.0.113.9, 127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "4444",
    "X-Forwarded-Prefix": "/evil",
    "X_Forwarded_For": "203.0.113.10",
    "X-Request-ID": "evil-id",
    "Traceparent": "00-{}-00f067aa0ba902b7-01".format(EVIL_TRACE),
    "Forwarded": "for=203.0.113.11;proto=https;host=evil.example",
}


class Seen(collections.namedtuple("Seen", "client port scheme host server prefix headers request_id extensions")):
    """What an app saw of a request, through either contract; `client` is None and `port` 0 where it is not known."""

    @classmethod
    def of(cls, body):
        echo = json.loads(body)
        return cls._of_environ(echo) if "environ" in echo else cls._of_scope(echo)

    @classmethod
    def _of_scope(cls, echo):
        headers = collections.defaultdict(list)
        for name, value in echo["headers"]:
            headers[name].append(value)
        headers = {name: ",".join(values) for name, values in headers.items()}
        client, port = echo["client"] or (None, 0)
        return cls(client, port, echo["scheme"], headers.get("host"), tuple(echo["server"]), echo["root_path"], headers,
                   echo["request_id"], echo["extensions"])

    @classmethod
    def _of_environ(cls, echo):
        environ = echo["environ"]
        headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        return cls(environ["REMOTE_ADDR"] or None, int(environ.get("REMOTE_PORT", 0)), environ["wsgi.url_scheme"], headers.get("host"),
                   (environ["SERVER_NAME"], int(environ["SERVER_PORT"])), environ["SCRIPT_NAME"], headers, echo["request_id"],
                   echo["extensions"])

    @property
    def proxy(self):
        return self.extensions.get("proxy_protocol")


def v2(source, destination=("127.0.0.1", 80), tlvs=b"", command=1):
    """A PROXY header of version 2 for TCP over IPv4."""
    addresses = socket.inet_aton(source[0]) + socket.inet_aton(destination[0]) + struct.pack("!HH", source[1], destination[1])
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x20 | command, 0x11, len(addresses) + len(tlvs)) + addresses + tlvs


def v1(source, destination=("127.0.0.1", 80)):
    """A PROXY header of version 1 for TCP over IPv4."""
    return "PROXY TCP4 {} {} {} {}\r\n".format(source[0], destination[0], source[1], destination[1]).encode()


def request(path):
    return "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n".format(path, HOST).encode()


def loopback(port, source="127.0.0.1"):
    """A connector for a port of this machine, which makes it from this loopback address."""
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))


def receive_all(connection):
    """What comes until the other side closes; a reset is a way to close."""
    received = b""
    try:
        while True:
            piece = connection.recv(65536)
            if not piece:
                return received
            received += piece
    except ConnectionResetError:
        return received


def exchange(connector, sent, pieces=None):
    """Sends these bytes, at once or in pieces of that length; gives what comes until the other side closes."""
    with connector() as connection:
        connection.settimeout(20)
        try:
            for start in range(0, len(sent), pieces or len(sent)):
                connection.sendall(sent[start:start + (pieces or len(sent))])
        except (BrokenPipeError, ConnectionResetError):
            pass
        return receive_all(connection)


class ProxyTestCase(unittest.TestCase):
    """Roost with an echo app, and what stands before it. Subclasses name the app."""

    app = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-app-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.socket = os.path.join(self.directory, "app.sock")
        self.access_log = os.path.join(self.directory, "access.log")
        self.tokens = 0

    def serve(self, *flags, binds=None):
        """Starts Roost; without other binds on `self.socket`."""
        binds = ["--bind=" + bind for bind in binds or ["unix:" + self.socket]]
        self.roost = Program(self, binary("ROOST_BIN"), "serve", self.app, "--access-logfile", self.access_log, *binds, *flags)
        return self.roost.wait_until_ready()

    def token(self):
        """A path that no other request has."""
        self.tokens += 1
        return "token-{}-".format(self.tokens)

    def logged(self, token):
        """The line of the access log for the request with this token."""
        return self.wait_for(lambda: next((line for line in self.access_lines() if token in line), None), "no line for " + token)

    def access_lines(self):
        if not os.path.exists(self.access_log):
            return []
        with open(self.access_log) as file:
            # The last piece is a line that is not complete, or nothing.
            return file.read().split("\n")[:-1]

    def log_lines(self, pattern):
        return [line for line in self.roost.output().splitlines() if re.search(pattern, line)]

    def wait_for(self, look, otherwise, timeout=10):
        deadline = time.monotonic() + timeout
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError("\n".join([otherwise, "access log:", *self.access_lines(), "output:", self.roost.output()]))
            time.sleep(0.02)

    def wait_for_lines(self, pattern, count=1):
        """The lines of Roost's log that match, as soon as there are so many."""
        enough = lambda: len(self.log_lines(pattern)) >= count
        self.wait_for(enough, "fewer than {} lines of the log match {}".format(count, pattern))
        return self.log_lines(pattern)

    def ask(self, where, **headers_and_more):
        """One request with a token of its own on a connection or by a connector; what the app saw, once the access log has it as well."""
        token = self.token()
        options = dict(path="/" + token, **headers_and_more)
        answer = where.ask(**options) if isinstance(where, Connection) else ask(where, **options)
        self.assertEqual(answer.status, 200, answer.body)
        seen, line = Seen.of(answer.body), self.logged(token)
        self.assertEqual(answer.headers["x-request-id"], seen.request_id)
        self.assertIn(seen.request_id, line)
        shown = line.split(" ")[0]
        if seen.client is None:
            self.assertIn(shown, ("unix:", "-"), line)
        else:
            self.assertEqual(shown, seen.client, line)
        return seen

    def assert_unheard(self, token, connector, header=b""):
        """The app has not seen a request with this token. It is asked by a connection that begins with this header."""
        with connector() as connection:
            connection.sendall(header + request("/__seen/" + token))
            answer = receive_all(connection)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        self.assertEqual(json.loads(answer.partition(b"\r\n\r\n")[2]), [])

    def assert_refused(self, answer):
        """Closed, without an answer or after one that says 400."""
        if answer:
            self.assertRegex(answer, rb"\AHTTP/1\.1 400 ")

    def assert_is_honest(self, seen, client, scheme="http"):
        """Nothing of `LIES` is believed."""
        self.assertEqual((seen.client, seen.scheme, seen.host, seen.prefix), (client, scheme, HOST, ""))
        self.assertNotIn("203.0.113.10", repr(seen.headers))
        self.assertNotIn(seen.request_id, ("evil-id", EVIL_TRACE))
