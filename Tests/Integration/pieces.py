"""Clients that look at how a response comes, or at how far their request is taken."""

import http.client
import io
import time

from calling import receive_all


class Pieces:
    """A connection on which a response is read as it comes."""

    def __init__(self, connector, path, method="GET", headers="", body=b"", version="1.1"):
        self.socket = connector()
        self.socket.sendall("{} {} HTTP/{}\r\nHost: hello.example\r\n{}\r\n".format(method, path, version, headers).encode() + body)
        self.received = b""

    def until(self, expected):
        """Reads until this has come."""
        while expected not in self.received:
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError("closed after {!r}".format(self.received[-200:]))
            self.received += piece
        return self.received

    def all(self):
        self.received += receive_all(self.socket)
        return self.received

    def receive_rest(self, length):
        """Reads the rest of a body of this length, and keeps nothing of it; an error if it is another."""
        received = len(self.received.partition(b"\r\n\r\n")[2])
        while True:
            piece = self.socket.recv(1 << 20)
            if not piece:
                break
            received += len(piece)
        if received != length:
            raise AssertionError("{} bytes, and not {}".format(received, length))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def body_of(received, method="GET"):
    """The body of the response in these bytes; `http.client.IncompleteRead` for one that was cut."""
    file = io.BytesIO(received)
    file.makefile = lambda *_: file
    response = http.client.HTTPResponse(file, method=method)
    response.begin()
    return response.read()


def send_while_taken(connection, size, pause=0.7):
    """Sends until nothing has been taken for a while; how much that was."""
    timeout = connection.gettimeout()
    connection.setblocking(False)
    sent, last = 0, time.monotonic()
    while sent < size and time.monotonic() - last < pause:
        try:
            sent += connection.send(b"x" * min(size - sent, 65536))
            last = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    connection.settimeout(timeout)
    return sent


def read_length(response):
    """Reads a response and keeps nothing of it."""
    length = 0
    while True:
        piece = response.read(1 << 20)
        if not piece:
            return length
        length += len(piece)
