"""As much of an HTTP client as checking answers and opening idle connections needs."""

import socket

from .errors import BenchmarkError
from .loads import Load

ANSWER_SECONDS = 10


def connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_SECONDS)
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def read_answer(connection: socket.socket, pending: bytearray) -> tuple[int, bytes]:
    """One answer with a content-length; what was read beyond it stays in `pending`."""

    def read_more() -> None:
        received = connection.recv(1 << 16)
        if not received:
            raise BenchmarkError(f"the connection was closed after {bytes(pending[:200])!r}")
        pending.extend(received)

    while (end := pending.find(b"\r\n\r\n")) < 0:
        read_more()
    lines = bytes(pending[:end]).decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if "content-length" not in fields:
        raise BenchmarkError(f"an answer without content-length: {lines}")
    body_start = end + 4
    body_end = body_start + int(fields["content-length"])
    while len(pending) < body_end:
        read_more()
    body = bytes(pending[body_start:body_end])
    del pending[:body_end]
    return int(lines[0].split()[1]), body


def check(server: str, path: str, load: Load) -> None:
    """Fails unless the server answers `load` with the right bytes, twice, all requests of a pipeline at once."""
    try:
        with connect(path) as connection:
            pending = bytearray()
            for _ in range(2):
                connection.sendall(load.request() * load.in_flight)
                for _ in range(load.in_flight):
                    check_answer(server, load, *read_answer(connection, pending))
    except (OSError, ValueError, IndexError) as error:
        raise BenchmarkError(f"{server} does not answer {load.path} on {path}: {error}") from error


def check_answer(server: str, load: Load, status: int, body: bytes) -> None:
    if status != 200:
        raise BenchmarkError(f"{server} answers {load.path} with status {status} instead of 200")
    if body != load.answer:
        raise BenchmarkError(
            f"{server} answers {load.path} with {len(body)} bytes {body[:40]!r} instead of {len(load.answer)} bytes {load.answer[:40]!r}"
        )
