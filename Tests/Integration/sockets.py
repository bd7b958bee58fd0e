"""WebSocket clients: over HTTP/1.1 on whatever a connector gives, and over a stream of HTTP/2 (RFC 8441)."""

import os

from python_apps import tool


def opened(connector, path, timeout=30, tls=None, **options):
    """A WebSocket, over TLS with a context for it; a refusal raises `InvalidStatus` with the response."""
    client = tool("websockets.sync.client")
    options.setdefault("compression", None)
    options.setdefault("proxy", None)
    if tls:
        options["ssl"] = tls
    uri = ("wss" if tls else "ws") + "://hello.example" + path
    return client.connect(uri, sock=connector(), open_timeout=timeout, close_timeout=timeout, **options)


def refusal(connector, path, **options):
    """The response to a WebSocket that is refused."""
    try:
        with opened(connector, path, **options):
            raise AssertionError("it was not refused")
    except tool("websockets.exceptions").InvalidStatus as error:
        return error.response


def ending(socket, timeout=30):
    """Receives until the server has closed; the code and the reason of that."""
    closed = tool("websockets.exceptions").ConnectionClosed
    try:
        while True:
            socket.recv(timeout=timeout)
    except closed as error:
        frame = error.rcvd
        return (frame.code, frame.reason) if frame else (1006, "")


class PlainSocket:
    """A WebSocket by hand: for very many of them, and for clients that go without a word."""

    def __init__(self, connector, path):
        self._socket = connector()
        self._socket.sendall(
            "GET {} HTTP/1.1\r\nHost: hello.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".format(path).encode())
        received = b""
        while b"\r\n\r\n" not in received:
            data = self._socket.recv(4096)
            if not data:
                break
            received += data
        self.head, _, self._received = received.partition(b"\r\n\r\n")

    def send(self, opcode, payload):
        """One frame; `opcode` is 1 for text, 2 for bytes, 8 for close."""
        self._socket.sendall(_frame(opcode, payload))

    def receive(self):
        """The next frame, one of fewer than 126 bytes: its opcode and payload; None if the connection has ended."""
        while len(self._received) < 2 or len(self._received) < 2 + self._received[1]:
            data = self._socket.recv(4096)
            if not data:
                return None
            self._received += data
        opcode, length = self._received[0] & 15, self._received[1]
        payload, self._received = self._received[2:2 + length], self._received[2 + length:]
        return opcode, payload

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def _frame(opcode, payload):
    assert len(payload) < 126
    mask = os.urandom(4)
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


class HTTP2Socket:
    """A WebSocket on a stream of HTTP/2 in clear text."""

    def __init__(self, connector, path, headers=()):
        self._socket = connector()
        self._h2 = tool("h2.connection").H2Connection(tool("h2.config").H2Configuration(header_encoding="latin-1"))
        self._h2.initiate_connection()
        self._received, self.headers, self.has_ended = b"", None, False
        self._send()
        # Only a client that has seen that the server knows of it may use :protocol.
        while not self._h2.remote_settings.enable_connect_protocol:
            self._step()
        self._stream = self._h2.get_next_available_stream_id()
        self._h2.send_headers(self._stream, [
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", path), (":authority", "hello.example"),
            ("sec-websocket-version", "13"), *headers])
        self._send()
        while self.headers is None:
            self._step()

    def _send(self):
        self._socket.sendall(self._h2.data_to_send())

    def _step(self):
        """Takes what comes next."""
        events = tool("h2.events")
        data = self._socket.recv(65536)
        if not data:
            raise EOFError("the server has closed the connection")
        for event in self._h2.receive_data(data):
            if isinstance(event, events.ResponseReceived):
                self.headers = dict(event.headers)
            elif isinstance(event, events.DataReceived):
                self._received += event.data
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, (events.StreamEnded, events.StreamReset)):
                self.has_ended = True
        self._send()

    def send(self, opcode, payload):
        """One frame; `opcode` is 1 for text, 2 for bytes, 8 for close."""
        self._h2.send_data(self._stream, _frame(opcode, payload))
        self._send()

    def receive(self):
        """The next frame, one of fewer than 126 bytes: its opcode and payload."""
        while len(self._received) < 2 or len(self._received) < 2 + self._received[1]:
            self._step()
        opcode, length = self._received[0] & 15, self._received[1]
        payload, self._received = self._received[2:2 + length], self._received[2 + length:]
        return opcode, payload

    def body(self):
        """What comes until the stream ends."""
        while not self.has_ended:
            self._step()
        return self._received

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
