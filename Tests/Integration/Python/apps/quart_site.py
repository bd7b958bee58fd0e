"""Quart."""

import asyncio
import hashlib

import quart

app = quart.Quart(__name__)
app.config["MAX_CONTENT_LENGTH"] = None
app.secret_key = "for tests only"


@app.before_serving
async def start():
    app.stock = {"apple": 3}


@app.route("/")
async def home():
    return "Hello World"


@app.route("/greet/<name>")
async def greet(name):
    return await quart.render_template_string("<p>Hello {{ name }}</p>", name=name)


@app.route("/stock/<name>")
async def stock(name):
    return {"name": name, "stock": app.stock[name]}


@app.route("/json", methods=["POST"])
async def echo():
    return quart.jsonify(await quart.request.get_json())


@app.route("/upload", methods=["POST"])
async def upload():
    file = (await quart.request.files)["file"]
    body = file.read()
    return {"name": file.filename, "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}


@app.route("/count", methods=["POST"])
async def count():
    length = 0
    async for piece in quart.request.body:
        length += len(piece)
    return {"length": length}


@app.route("/sync")
def sync():
    return "sync"


@app.route("/stream")
async def stream():
    count = int(quart.request.args.get("count", 10))

    async def rows():
        for number in range(count):
            yield "row {}\n".format(number).encode()
            await asyncio.sleep(0)
    return rows(), 200, {"Content-Type": "text/plain"}


@app.route("/client")
async def client():
    return {"host": quart.request.remote_addr, "url": quart.request.url}


@app.route("/raise")
async def fail():
    raise ValueError("the shop is on fire")


@app.websocket("/ws")
async def echo_messages():
    await quart.websocket.accept(headers={"x-served-by": "quart"}, subprotocol=(quart.websocket.requested_subprotocols or [None])[0])
    while True:
        await quart.websocket.send(await quart.websocket.receive())


@app.websocket("/private")
async def private():
    quart.abort(401)
