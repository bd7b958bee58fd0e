"""The raw ASGI app: no framework, so that what is measured is the server."""

HELLO = b"Hello World"
LARGE = b"x" * (64 << 10)


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    if scope["path"] == "/echo":
        pieces, more = [], True
        while more:
            message = await receive()
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        body, kind = b"".join(pieces), b"application/octet-stream"
    else:
        body, kind = (LARGE if scope["path"] == "/64k" else HELLO), b"text/plain"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
