"""HTTP clients: one request, and many clients at once that keep their connections."""

import collections
import http.client
import socket
import threading

Answer = collections.namedtuple("Answer", "status headers body")


def unix(path, timeout=30):
    """A connector for a Unix socket that is seen from here."""
    def connect():
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(timeout)
        try:
            made.connect(path)
        except BaseException:
            made.close()
            raise
        return made
    return connect


def tcp(host, port, timeout=30):
    """A connector for a TCP port that is seen from here."""
    return lambda: socket.create_connection((host, port), timeout=timeout)


class Connection(http.client.HTTPConnection):
    """An HTTP connection over whatever `connector` gives."""

    def __init__(self, connector, host="hello.example"):
        super().__init__(host)
        self._connector = connector

    def connect(self):
        self.sock = self._connector()

    def ask(self, path="/", method="GET", body=None, headers=()):
        self.request(method, path, body=body, headers=dict(headers))
        response = self.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(connector, path="/", **options):
    """One request on a connection of its own."""
    with Connection(connector) as connection:
        return connection.ask(path, **options)


class Later(threading.Thread):
    """A call on a thread of its own; `result()` waits for what it gave or raises what it raised."""

    def __init__(self, call, *arguments, **options):
        super().__init__(daemon=True)
        self._call = lambda: call(*arguments, **options)
        self._value = self._error = None
        self.start()

    def run(self):
        try:
            self._value = self._call()
        except BaseException as error:
            self._error = error

    def result(self, timeout=60):
        self.join(timeout)
        if self.is_alive():
            raise TimeoutError("no answer after {} s".format(timeout))
        if self._error is not None:
            raise self._error
        return self._value


def crowd(connector, clients, requests, path="/", **options):
    """So many clients at once, each with that many requests on one connection; the answers of all, in no order."""
    gate = threading.Barrier(clients)

    def client():
        with Connection(connector) as connection:
            connection.connect()
            gate.wait(30)
            first = connection.sock
            answers = []
            for _ in range(requests):
                answers.append(connection.ask(path, **options))
                if connection.sock is not first:
                    raise AssertionError("the connection was not kept")
            return answers

    return [answer for one in [Later(client) for _ in range(clients)] for answer in one.result()]
