"""Starlette's WebSockets: an endpoint in a class, subprotocols, a denial, and middleware in front of all."""

from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from events import record


class Echo(WebSocketEndpoint):
    encoding = "json"

    async def on_connect(self, websocket):
        await websocket.accept(subprotocol=next(iter(websocket.scope["subprotocols"]), None), headers=[(b"x-endpoint", b"echo")])

    async def on_receive(self, websocket, data):
        await websocket.send_json({"said": data, "url": str(websocket.url), "path": websocket.path_params["name"]})

    async def on_disconnect(self, websocket, close_code):
        record("endpoint left", close_code)


class Bytes(WebSocketEndpoint):
    encoding = "bytes"

    async def on_receive(self, websocket, data):
        await websocket.send_bytes(data[::-1])


async def deny(websocket):
    await websocket.send_denial_response(JSONResponse({"detail": "no room"}, 503, headers={"retry-after": "9"}))


async def push(websocket):
    """Sends until the client is gone."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text("tick")
    except WebSocketDisconnect as left:
        record("push ends", left.code)


async def home(request):
    return JSONResponse("home")


app = Starlette(
    routes=[Route("/", home), Mount("/sockets", routes=[
        WebSocketRoute("/echo/{name}", Echo), WebSocketRoute("/bytes", Bytes), WebSocketRoute("/deny", deny), WebSocketRoute("/push", push),
    ])],
    middleware=[Middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request)), Middleware(GZipMiddleware)],
)
