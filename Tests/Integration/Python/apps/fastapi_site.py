"""FastAPI: a small shop with everything that its tutorial shows."""

import contextlib
import hashlib
import threading
import time

import anyio
from fastapi import (
    BackgroundTasks, Cookie, Depends, FastAPI, Form, HTTPException, Request, UploadFile, WebSocket, WebSocketDisconnect, WebSocketException,
)
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel


@contextlib.asynccontextmanager
async def lifespan(app):
    yield {"stock": {"apple": 3}, "seen": []}


app = FastAPI(lifespan=lifespan)
written = []


class Item(BaseModel):
    name: str
    price: float
    tags: list[str] = []


async def session():
    """A dependency with an end."""
    session = {"open": True}
    try:
        yield session
    finally:
        session["open"] = False


@app.get("/")
async def home():
    return {"message": "Hello World"}


@app.get("/sync")
def sync():
    return {"in_main_thread": threading.current_thread() is threading.main_thread()}


@app.get("/slow-sync")
def slow_sync():
    time.sleep(0.3)
    return {}


@app.get("/stock/{name}")
async def stock(name: str, request: Request, session: dict = Depends(session)):
    if name not in request.state.stock:
        raise HTTPException(404, detail="no " + name)
    return {"name": name, "stock": request.state.stock[name], "session": session["open"]}


@app.post("/items", status_code=201)
async def create(item: Item):
    return item


@app.post("/form")
async def form(user: str = Form(), color: str = Form("red")):
    return {"user": user, "color": color}


@app.post("/upload")
async def upload(file: UploadFile):
    digest, length = hashlib.sha256(), 0
    while piece := await file.read(1 << 16):
        digest.update(piece)
        length += len(piece)
    return {"name": file.filename, "length": length, "sha256": digest.hexdigest()}


@app.post("/upload-sync")
def upload_sync(file: UploadFile):
    return {"length": len(file.file.read())}


@app.get("/stream")
async def stream(count: int = 10):
    async def rows():
        for number in range(count):
            yield "row {}\n".format(number)
            await anyio.sleep(0)
    return StreamingResponse(rows(), media_type="text/plain")


@app.api_route("/file", methods=["GET", "HEAD"])
async def file(path: str, tasks: BackgroundTasks):
    tasks.add_task(written.append, "sent")
    return FileResponse(path, background=tasks)


@app.get("/later")
async def later(tasks: BackgroundTasks):
    tasks.add_task(written.append, "later")
    return written


@app.get("/client")
async def client(request: Request):
    return {"host": request.client and request.client.host, "url": str(request.url)}


@app.get("/raise")
async def fail():
    raise ValueError("the shop is on fire")


class Room:
    """Everybody who is in the chat."""

    def __init__(self):
        self.sockets = []

    async def enter(self, socket):
        await socket.accept()
        self.sockets.append(socket)

    async def tell(self, text):
        for socket in list(self.sockets):
            await socket.send_text(text)


room = Room()


@app.websocket("/ws")
async def echo(socket: WebSocket):
    await socket.accept()
    while True:
        await socket.send_text("Message text was: " + await socket.receive_text())


async def signed_in(session: str | None = Cookie(None), token: str | None = None):
    if session is None and token is None:
        raise WebSocketException(1008, "who are you?")
    return session or token


@app.websocket("/items/{item}/ws")
async def of_item(socket: WebSocket, item: str, limit: int = 3, who: str = Depends(signed_in)):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_json({"item": item, "limit": limit, "who": who, "text": text})


@app.websocket("/chat/{name}")
async def chat(socket: WebSocket, name: str):
    await room.enter(socket)
    try:
        while True:
            await room.tell("{}: {}".format(name, await socket.receive_text()))
    except WebSocketDisconnect as left:
        room.sockets.remove(socket)
        await room.tell("{} left ({})".format(name, left.code))
