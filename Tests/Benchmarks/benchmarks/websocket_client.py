"""A WebSocket client that sends one message on each connection and the next when it has come back; run as a program of its own, with as little
work for each as Python can do.

Arguments: the socket's path, the URL's path, connections, messages, bytes of a message, and a file for latencies or nothing. Writes the seconds that
it took; fails unless every single message came back as it was.
"""

import os
import select
import socket
import sys
import time

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
REQUEST = (
    "GET {} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n\r\n"
)


def frames(length: int) -> tuple[bytes, bytes]:
    """A text message as the client sends it, and as it comes back; the masking key is zero, which spares the mask."""
    text = b"x" * length
    count, extended = (length, b"") if length < 126 else (126, length.to_bytes(2, "big"))
    return bytes([0x81, 0x80 | count]) + extended + bytes(4) + text, bytes([0x81, count]) + extended + text


def open_socket(path: str, url: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(20)
    made.connect(path)
    made.sendall(REQUEST.format(url).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        received = made.recv(4096)
        if not received:
            break
        answer += received
    if not answer.startswith(b"HTTP/1.1 101 ") or ACCEPT not in answer or not answer.endswith(b"\r\n\r\n"):
        raise SystemExit(f"no WebSocket: {answer[:200]!r}")
    return made


def main() -> None:
    path, url, connections, messages, length = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    message, expected = frames(length)
    sockets = {made.fileno(): made for made in (open_socket(path, url) for _ in range(connections))}
    poll = select.epoll()
    begun = dict.fromkeys(sockets, 0)
    for descriptor in sockets:
        poll.register(descriptor, select.EPOLLIN)
    read, write, now, whole = os.read, os.write, time.perf_counter_ns, len(expected)
    latencies: list[int] = []
    log = latencies.append if len(sys.argv) > 6 else None
    pending: dict[int, bytes] = {}
    left, to_come = messages - connections, messages
    start = time.perf_counter()
    for descriptor in sockets:
        begun[descriptor] = now()
        write(descriptor, message)
    while to_come:
        events = poll.poll(20)
        if not events:
            raise SystemExit(f"{to_come} messages did not come back")
        for descriptor, _ in events:
            data = read(descriptor, 65536)
            if data != expected:
                # In pieces, or something else.
                data = pending.pop(descriptor, b"") + data
                if len(data) < whole and expected.startswith(data) and data:
                    pending[descriptor] = data
                    continue
                if data != expected:
                    raise SystemExit(f"another message came back: {data[:100]!r}")
            if log:
                time_now = now()
                log(time_now - begun[descriptor])
                begun[descriptor] = time_now
            to_come -= 1
            if left:
                left -= 1
                write(descriptor, message)
    seconds = time.perf_counter() - start
    for made in sockets.values():
        made.close()
    if log:
        with open(sys.argv[6], "w") as file:
            file.writelines(f"{latency // 1000}\n" for latency in sorted(latencies))
    print(seconds)


main()
