"""Time from exec until a server is ready."""

import os
import socket
import time
from pathlib import Path

from .client import check_answer, connect, read_answer
from .errors import BenchmarkError
from .loads import HELLO_LOAD
from .processes import Process
from .progress import say
from .servers import START_SECONDS, Server


def measure(servers: list[Server], starts: int, folder: Path) -> dict[str, list[float]]:
    """Milliseconds from exec to READY=1, or to the first answer of a server that does not announce itself."""
    found: dict[str, list[float]] = {server.name: [] for server in servers}
    # The first start reads the binary from disk and is thrown away.
    for number in range(starts + 1):
        say(f"starts: {number} of {starts}" if number else "starts: warm-up")
        for server in servers if number % 2 == 0 else reversed(servers):
            milliseconds = announced_start(server, folder) if server.announces else answered_start(server)
            if number:
                found[server.name].append(milliseconds)
    return found


def announced_start(server: Server, folder: Path) -> float:
    path = str(folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        Path(path).unlink(missing_ok=True)
        notifications.bind(path)
        os.chmod(path, 0o666)
        process = server.launch(HELLO_LOAD, {"NOTIFY_SOCKET": path})
        try:
            ready = wait_until_announced(server, process, notifications)
            answer(server)
        finally:
            process.stop()
    return (ready - process.exec_time) / 1e6


def wait_until_announced(server: Server, process: Process, notifications: socket.socket) -> int:
    """The moment when READY=1 came."""
    notifications.settimeout(0.25)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            message = notifications.recv(4096)
        except TimeoutError:
            if process.running():
                continue
            raise BenchmarkError(f"{server.name} ended with status {process.exit_status} before READY=1: {process.last_words()}") from None
        if b"READY=1" in message.split(b"\n"):
            return time.monotonic_ns()
    raise BenchmarkError(f"{server.name} sent no READY=1 within {START_SECONDS} s: {process.last_words()}")


def answered_start(server: Server) -> float:
    process = server.launch(HELLO_LOAD)
    try:
        server.wait_until_listening(process, pause=0)
        answer(server)
        return (time.monotonic_ns() - process.exec_time) / 1e6
    finally:
        process.stop()


def answer(server: Server) -> None:
    """Ready means that this works."""
    with connect(server.socket) as connection:
        connection.sendall(HELLO_LOAD.request())
        check_answer(server.name, HELLO_LOAD, *read_answer(connection, bytearray()))
