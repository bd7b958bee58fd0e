"""Django with Channels: the project of `django_site`, and a chat beside it with rooms in this process."""

import json

import django_site.asgi
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.urls import path

settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.group = "chat_" + self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": "one left ({})".format(code)})

    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": json.loads(text_data)["message"]})

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"message": event["message"]}))


class SyncConsumer(WebsocketConsumer):
    """In a thread."""

    def connect(self):
        if "refuse" in self.scope["query_string"].decode():
            self.close()
        else:
            self.accept("chat" if "chat" in self.scope["subprotocols"] else None)

    def receive(self, text_data=None, bytes_data=None):
        if text_data == "bye":
            self.close(code=4001, reason="you said bye")
        else:
            self.send(text_data=text_data, bytes_data=bytes_data)


application = ProtocolTypeRouter({
    "http": django_site.asgi.application,
    "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter([
        path("ws/chat/<room>/", ChatConsumer.as_asgi()),
        path("ws/sync/", SyncConsumer.as_asgi()),
    ]))),
})
