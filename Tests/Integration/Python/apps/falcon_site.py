"""Falcon, as ASGI and as WSGI."""

import hashlib

import falcon
import falcon.asgi


class Home:
    async def on_get(self, request, response):
        response.text = "Hello World"


class Echo:
    async def on_post(self, request, response):
        response.media = await request.get_media()


class Count:
    async def on_post(self, request, response):
        digest, length = hashlib.sha256(), 0
        async for piece in request.stream:
            digest.update(piece)
            length += len(piece)
        response.media = {"length": length, "sha256": digest.hexdigest()}


class Stream:
    async def on_get(self, request, response):
        async def rows():
            for number in range(request.get_param_as_int("count", default=10)):
                yield "row {}\n".format(number).encode()
        response.content_type = falcon.MEDIA_TEXT
        response.stream = rows()


class Client:
    async def on_get(self, request, response):
        response.media = {"host": request.remote_addr, "url": request.url}


class Fail:
    async def on_get(self, request, response):
        raise ValueError("the shop is on fire")


class SyncHome:
    def on_get(self, request, response):
        response.text = "Hello World"


class SyncEcho:
    def on_post(self, request, response):
        response.media = request.get_media()


class SyncCount:
    def on_post(self, request, response):
        digest, length = hashlib.sha256(), 0
        while piece := request.bounded_stream.read(1 << 16):
            digest.update(piece)
            length += len(piece)
        response.media = {"length": length, "sha256": digest.hexdigest()}


class SyncStream:
    def on_get(self, request, response):
        response.content_type = falcon.MEDIA_TEXT
        count = request.get_param_as_int("count", default=10)
        response.stream = ("row {}\n".format(number).encode() for number in range(count))


class SyncClient:
    def on_get(self, request, response):
        response.media = {"host": request.remote_addr, "url": request.url}


class SyncFail:
    def on_get(self, request, response):
        raise ValueError("the shop is on fire")


app = falcon.asgi.App()
wsgi = falcon.App()
for path, resource, sync_resource in (("/", Home, SyncHome), ("/json", Echo, SyncEcho), ("/count", Count, SyncCount), ("/stream", Stream, SyncStream),
                                      ("/client", Client, SyncClient), ("/raise", Fail, SyncFail)):
    app.add_route(path, resource())
    wsgi.add_route(path, sync_resource())
