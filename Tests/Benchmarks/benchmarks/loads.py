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

    def label(self, connections: int) -> str:
        return f"{self.title}, {connections} connection{'' if connections == 1 else 's'}"

    def request(self) -> bytes:
        """The request as this program sends it, to check the answer and to make a connection known to the server."""
        if self.upload is None:
            return f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(self.upload)}\r\n\r\n"
        return head.encode() + self.upload


HELLO_LOAD = Load("hello", "hello", "/", HELLO, (1, 16, 64, 256))
LOADS = [
    HELLO_LOAD,
    Load("64k", "64 KiB answer", "/64k", LARGE, (64,)),
    Load("echo", "echo of 10 KiB", "/echo", UPLOAD, (64,), upload=UPLOAD),
    Load("pipelining", "hello, 16 in flight", "/", HELLO, (16,), in_flight=16),
]
