"""One request at a time, over either kind of socket, without a library that would hide what came."""

import socket


def connect(url):
    """A connection to one of the URLs that `started` gives."""
    if url.startswith("http://unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(10)
        try:
            connection.connect(url[len("http://unix:") :])
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = url[len("http://") :].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def ask(connection, path="/", body=b""):
    """Sends a request."""
    method = "POST" if body else "GET"
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


def answer(connection):
    """Status and body of the answer, with chunks put together; the status is None if there is no answer."""
    with connection:
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return None, b""
    if b"transfer-encoding: chunked" in head.lower():
        whole = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
        body = whole
    return int(head.split(b" ")[1]), body


def get(url, path="/", body=b""):
    connection = connect(url)
    ask(connection, path, body)
    return answer(connection)
