"""Litestar."""

import contextlib
import hashlib
import threading
from dataclasses import dataclass
from typing import Annotated

from litestar import Litestar, Request, WebSocket, get, post, websocket, websocket_listener
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.logging import LoggingConfig
from litestar.params import Body
from litestar.response import Stream


@dataclass
class Item:
    name: str
    price: float


@contextlib.asynccontextmanager
async def lifespan(app):
    app.state.stock = {"apple": 3}
    yield


@get("/")
async def home() -> str:
    return "Hello World"


@get("/sync", sync_to_thread=True)
def sync() -> dict[str, bool]:
    return {"in_main_thread": threading.current_thread() is threading.main_thread()}


@get("/stock/{name:str}")
async def stock(name: str, request: Request) -> dict[str, int]:
    return {name: request.app.state.stock[name]}


@post("/json")
async def echo(data: Item) -> Item:
    return data


@post("/upload", request_max_body_size=None)
async def upload(data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)]) -> dict[str, object]:
    body = await data.read()
    return {"name": data.filename, "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}


@post("/count", request_max_body_size=None)
async def count(request: Request) -> dict[str, int]:
    length = 0
    async for piece in request.stream():
        length += len(piece)
    return {"length": length}


@get("/stream")
async def stream(count: int = 10) -> Stream:
    async def rows():
        for number in range(count):
            yield "row {}\n".format(number)
    return Stream(rows(), media_type="text/plain")


@get("/client")
async def client(request: Request) -> dict[str, object]:
    return {"host": request.client and request.client.host, "url": str(request.url)}


@get("/raise")
async def fail() -> str:
    raise ValueError("the shop is on fire")


@websocket_listener("/ws")
async def listen(data: dict[str, str]) -> dict[str, str]:
    return {"name": data["name"].upper()}


@websocket("/raw")
async def raw(socket: WebSocket) -> None:
    await socket.accept(subprotocols="chat")
    await socket.send_bytes(await socket.receive_bytes())
    await socket.close(code=4000, reason="done")


app = Litestar([home, sync, stock, echo, upload, count, stream, client, fail, listen, raw], lifespan=[lifespan], logging_config=LoggingConfig(log_exceptions="always"))
