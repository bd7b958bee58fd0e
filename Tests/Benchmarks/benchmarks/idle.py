"""Memory per idle connection."""

import time

from .client import check, check_answer, connect, read_answer
from .errors import BenchmarkError
from .loads import HELLO_LOAD
from .progress import say
from .servers import Server

SETTLE_SECONDS = 1


def measure(servers: list[Server], connections: int, rounds: int) -> dict[str, list[float]]:
    """Bytes of resident memory per open connection that has made one request; one figure for each start of a server."""
    found: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(rounds):
        say(f"idle connections: round {number + 1} of {rounds}")
        for server in servers if number % 2 == 0 else reversed(servers):
            found[server.name].append(one_start(server, connections))
    return found


def one_start(server: Server, count: int) -> float:
    process = server.start(HELLO_LOAD)
    opened = []
    try:
        # What the first requests allocate once is not the connections'.
        for _ in range(50):
            check(server.name, server.socket, HELLO_LOAD)
        time.sleep(SETTLE_SECONDS)
        before = process.resident_bytes()
        for _ in range(count):
            connection = connect(server.socket)
            opened.append(connection)
            connection.sendall(HELLO_LOAD.request())
            check_answer(server.name, HELLO_LOAD, *read_answer(connection, bytearray()))
        time.sleep(SETTLE_SECONDS)
        after = process.resident_bytes()
        check_still_open(server, opened)
        return (after - before) / count
    except OSError as error:
        raise BenchmarkError(f"{server.name} serves {len(opened)} of {count} connections: {error}; {process.last_words()}") from error
    finally:
        for connection in opened:
            connection.close()
        process.stop()


def check_still_open(server: Server, opened: list) -> None:
    """A server that had closed them would look thrifty."""
    for connection in opened:
        connection.setblocking(False)
        try:
            connection.recv(1)
        except BlockingIOError:
            continue
        raise BenchmarkError(f"{server.name} closed one of {len(opened)} idle connections")
