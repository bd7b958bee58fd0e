"""An app, as ASGI and as WSGI, that answers with what it knows of the connection that a request came on, and with bodies as large as it is asked."""

import json

PIECE = b"0123456789abcdef" * 4096


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["path"].startswith("/large/"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(int(scope["path"].split("/")[2])):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        return await send({"type": "http.response.body"})
    if scope["path"] == "/file":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        return await send({"type": "http.response.pathsend", "path": __file__})
    if scope["path"] != "/echo":
        body = json.dumps({"scheme": scope["scheme"], "version": scope["http_version"], "tls": scope["extensions"].get("tls"),
                           "client": scope["client"]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/large/"):
        start_response("200 OK", [])
        return [PIECE] * int(path.split("/")[2])
    if path == "/file":
        start_response("200 OK", [])
        return environ["wsgi.file_wrapper"](open(__file__, "rb"))
    if path == "/echo":
        body = environ["wsgi.input"].read()
    else:
        body = json.dumps({"scheme": environ["wsgi.url_scheme"], "version": environ["SERVER_PROTOCOL"],
                           "client": [environ["REMOTE_ADDR"], int(environ["REMOTE_PORT"])]}).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
