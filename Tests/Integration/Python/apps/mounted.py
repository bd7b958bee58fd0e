"""What an app is told of the path that it is mounted at."""

import json


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError("none here")
    shown = {"path": scope["path"], "raw_path": scope["raw_path"].decode(), "root_path": scope["root_path"]}
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return await send({"type": "websocket.send", "text": json.dumps(shown)})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(shown).encode()})
