"""The loads: what is asked, over how many connections, and what must come back."""

from dataclasses import dataclass

HELLO = b"Hello World"
LARGE = b"x" * (64 << 10)
UPLOAD = bytes(range(256)) * 40


@dataclass(frozen=True)
class Load:
    name: str
    title: str
    path: str
    answer: bytes
    connections: tuple[int, ...]
    upload: bytes | None = None
    in_flight: int = 1
    # Header fields beside Host.
    fields: tuple[tuple[str, str], ...] = ()
    # With prior knowledge: in clear text nothing tells it.
    http2: bool = False
    # Version 1.3.
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost{self.path}"

    def label(self, connections: int) -> str:
        return with_connections(self.title, connections)

    def request(self) -> bytes:
        """The request as this program sends it, to check the answer and to make a connection known to the server."""
        lines = ["Host: localhost", *(f"{name}: {value}" for name, value in self.fields)]
        if self.upload is None:
            return head(f"GET {self.path} HTTP/1.1", lines)
        return head(f"POST {self.path} HTTP/1.1", [*lines, f"Content-Length: {len(self.upload)}"]) + self.upload


@dataclass(frozen=True)
class HandshakeLoad(Load):
    """Connections that are opened, one request on each, so many at once."""


def with_connections(title: str, connections: int) -> str:
    return f"{title}, {connections} connection{'' if connections == 1 else 's'}"


def head(request_line: str, field_lines: list[str]) -> bytes:
    return "\r\n".join([request_line, *field_lines, "", ""]).encode()


# A file below a directory that is served as it is.
FILE_LOAD = Load("static", "64 KiB file", "/file", LARGE, (64,))
HELLO_LOAD = Load("hello", "hello", "/", HELLO, (1, 16, 64, 256))
LOADS = [
    HELLO_LOAD,
    Load("64k", "64 KiB answer", "/64k", LARGE, (64,)),
    Load("echo", "echo of 10 KiB", "/echo", UPLOAD, (64,), upload=UPLOAD),
    Load("pipelining", "hello, 16 in flight", "/", HELLO, (16,), in_flight=16),
    FILE_LOAD,
    Load("http2-hello", "hello over HTTP/2", "/", HELLO, (64,), http2=True),
    Load("http2-hello", "hello over HTTP/2, 10 in flight", "/", HELLO, (64,), in_flight=10, http2=True),
    HandshakeLoad("tls-handshake", "TLS handshake and hello", "/", HELLO, (16,), fields=(("Connection", "close"),), tls=True),
    Load("tls-64k", "64 KiB answer over TLS", "/64k", LARGE, (64,), tls=True),
]
LOAD_SCENARIOS = list(dict.fromkeys(load.name for load in LOADS))
