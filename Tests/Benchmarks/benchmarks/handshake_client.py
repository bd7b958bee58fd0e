"""A client that opens connection after connection over TLS, each with a whole handshake and one request, several at once; run as a program of its own.

Arguments: the socket's path, the URL's path, connections at once, connections, the answer, and a file for latencies or nothing. Writes the seconds that
it took; fails unless every single connection spoke TLS 1.3 and was given the answer. No session is resumed, and the certificate is not looked at: both
are checked elsewhere, and here only the server's work is of interest.
"""

import select
import socket
import ssl
import sys
import time
from collections.abc import Generator

REQUEST = "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def make_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def connect(path: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    plain.settimeout(20)
    plain.connect(path)
    plain.setblocking(False)
    return context.wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False)


def exchange(connection: ssl.SSLSocket, request: bytes, answer: bytes) -> Generator[None]:
    """Yields when there is nothing to read, ends when the connection has."""
    while True:
        try:
            connection.do_handshake()
            break
        except ssl.SSLWantReadError:
            yield
    if connection.version() != "TLSv1.3" or connection.session_reused:
        raise SystemExit(f"no whole handshake of TLS 1.3: {connection.version()}, resumed: {connection.session_reused}")
    connection.sendall(request)
    received = b""
    while True:
        try:
            piece = connection.recv(16384)
        except ssl.SSLWantReadError:
            yield
            continue
        if not piece:
            break
        received += piece
    if not (received.startswith(b"HTTP/1.1 200 ") and received.endswith(b"\r\n\r\n" + answer)):
        raise SystemExit(f"another answer came: {received[:200]!r}")
    connection.close()


def main() -> None:
    path, url, at_once, total, answer = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]), sys.argv[5].encode()
    request, context, poll = REQUEST.format(url).encode(), make_context(), select.epoll()
    running: dict[int, tuple[Generator[None], int]] = {}
    latencies: list[int] = []
    opened = 0
    start = time.perf_counter()
    while len(latencies) < total:
        while opened < total and len(running) < at_once:
            begun = time.perf_counter_ns()
            connection = connect(path, context)
            opened += 1
            steps = exchange(connection, request, answer)
            next(steps)
            running[connection.fileno()] = (steps, begun)
            poll.register(connection, select.EPOLLIN)
        events = poll.poll(20)
        if not events:
            raise SystemExit(f"{len(running)} connections hang, {len(latencies)} were served")
        for descriptor, _ in events:
            steps, begun = running[descriptor]
            # Closing it takes it out of the epoll set.
            if next(steps, True):
                del running[descriptor]
                latencies.append(time.perf_counter_ns() - begun)
    seconds = time.perf_counter() - start
    if len(sys.argv) > 6:
        with open(sys.argv[6], "w") as file:
            file.writelines(f"{latency // 1000}\n" for latency in sorted(latencies))
    print(seconds)


main()
