"""The types of apps and of what they exchange with the server, named as ASGI and PEP 3333 name them."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, MutableMapping
from types import TracebackType
from typing import Any, Callable, Literal, Optional, Protocol, TypedDict, TypeVar, Union

Mode = Literal["asgi", "wsgi"]


class HasFileno(Protocol):
    """An open file."""

    def fileno(self) -> int: ...


class ASGIVersions(TypedDict):
    """Which ASGI the server speaks."""

    version: str
    spec_version: str


class HTTPScope(TypedDict):
    """The scope of a request; ``state`` is there if the app's lifespan ran."""

    type: Literal["http"]
    asgi: ASGIVersions
    http_version: str
    method: str
    scheme: str
    path: str
    raw_path: bytes
    query_string: bytes
    root_path: str
    headers: Iterable[tuple[bytes, bytes]]
    client: Optional[tuple[str, int]]
    server: Optional[tuple[str, Optional[int]]]
    state: dict[str, Any]
    extensions: dict[str, Any]


class WebSocketScope(TypedDict):
    """The scope of a WebSocket; ``state`` is there if the app's lifespan ran."""

    type: Literal["websocket"]
    asgi: ASGIVersions
    http_version: str
    scheme: str
    path: str
    raw_path: bytes
    query_string: bytes
    root_path: str
    headers: Iterable[tuple[bytes, bytes]]
    client: Optional[tuple[str, int]]
    server: Optional[tuple[str, Optional[int]]]
    subprotocols: list[str]
    state: dict[str, Any]
    extensions: dict[str, Any]


class LifespanScope(TypedDict):
    """The scope of the app's one lifespan call; each request gets a shallow copy of ``state``."""

    type: Literal["lifespan"]
    asgi: ASGIVersions
    state: dict[str, Any]


class HTTPRequestEvent(TypedDict):
    type: Literal["http.request"]
    body: bytes
    more_body: bool


class HTTPDisconnectEvent(TypedDict):
    type: Literal["http.disconnect"]


class WebSocketConnectEvent(TypedDict):
    type: Literal["websocket.connect"]


class _WebSocketReceive(TypedDict):
    type: Literal["websocket.receive"]


class WebSocketReceiveEvent(_WebSocketReceive, total=False):
    """Has one of both."""

    text: str
    bytes: bytes


class WebSocketDisconnectEvent(TypedDict):
    type: Literal["websocket.disconnect"]
    code: int
    reason: str


class LifespanStartupEvent(TypedDict):
    type: Literal["lifespan.startup"]


class LifespanShutdownEvent(TypedDict):
    type: Literal["lifespan.shutdown"]


class _HTTPResponseStart(TypedDict):
    type: Literal["http.response.start"]
    status: int


class HTTPResponseStartEvent(_HTTPResponseStart, total=False):
    headers: Iterable[tuple[bytes, bytes]]
    trailers: bool


class _HTTPResponseBody(TypedDict):
    type: Literal["http.response.body"]


class HTTPResponseBodyEvent(_HTTPResponseBody, total=False):
    body: bytes
    more_body: bool


class _HTTPResponseTrailers(TypedDict):
    type: Literal["http.response.trailers"]


class HTTPResponseTrailersEvent(_HTTPResponseTrailers, total=False):
    headers: Iterable[tuple[bytes, bytes]]
    more_trailers: bool


class HTTPResponseEarlyHintEvent(TypedDict):
    type: Literal["http.response.early_hint"]
    links: Iterable[bytes]


class HTTPResponsePathsendEvent(TypedDict):
    type: Literal["http.response.pathsend"]
    path: str


class _HTTPResponseZerocopysend(TypedDict):
    type: Literal["http.response.zerocopysend"]
    file: Union[int, HasFileno]


class HTTPResponseZerocopysendEvent(_HTTPResponseZerocopysend, total=False):
    offset: Optional[int]
    count: Optional[int]
    more_body: bool


class _WebSocketAccept(TypedDict):
    type: Literal["websocket.accept"]


class WebSocketAcceptEvent(_WebSocketAccept, total=False):
    subprotocol: Optional[str]
    headers: Iterable[tuple[bytes, bytes]]


class _WebSocketSend(TypedDict):
    type: Literal["websocket.send"]


class WebSocketSendEvent(_WebSocketSend, total=False):
    """Needs one of both; of two the bytes are sent."""

    text: Optional[str]
    bytes: Optional[bytes]


class _WebSocketClose(TypedDict):
    type: Literal["websocket.close"]


class WebSocketCloseEvent(_WebSocketClose, total=False):
    code: Optional[int]
    reason: Optional[str]


class _WebSocketHTTPResponseStart(TypedDict):
    type: Literal["websocket.http.response.start"]
    status: int


class WebSocketHTTPResponseStartEvent(_WebSocketHTTPResponseStart, total=False):
    headers: Iterable[tuple[bytes, bytes]]


class _WebSocketHTTPResponseBody(TypedDict):
    type: Literal["websocket.http.response.body"]


class WebSocketHTTPResponseBodyEvent(_WebSocketHTTPResponseBody, total=False):
    body: bytes
    more_body: bool


class LifespanStartupCompleteEvent(TypedDict):
    type: Literal["lifespan.startup.complete"]


class _LifespanStartupFailed(TypedDict):
    type: Literal["lifespan.startup.failed"]


class LifespanStartupFailedEvent(_LifespanStartupFailed, total=False):
    message: str


class LifespanShutdownCompleteEvent(TypedDict):
    type: Literal["lifespan.shutdown.complete"]


class _LifespanShutdownFailed(TypedDict):
    type: Literal["lifespan.shutdown.failed"]


class LifespanShutdownFailedEvent(_LifespanShutdownFailed, total=False):
    message: str


ASGIReceiveEvent = Union[
    HTTPRequestEvent,
    HTTPDisconnectEvent,
    WebSocketConnectEvent,
    WebSocketReceiveEvent,
    WebSocketDisconnectEvent,
    LifespanStartupEvent,
    LifespanShutdownEvent,
]
ASGISendEvent = Union[
    HTTPResponseStartEvent,
    HTTPResponseBodyEvent,
    HTTPResponseTrailersEvent,
    HTTPResponseEarlyHintEvent,
    HTTPResponsePathsendEvent,
    HTTPResponseZerocopysendEvent,
    WebSocketAcceptEvent,
    WebSocketSendEvent,
    WebSocketCloseEvent,
    WebSocketHTTPResponseStartEvent,
    WebSocketHTTPResponseBodyEvent,
    LifespanStartupCompleteEvent,
    LifespanStartupFailedEvent,
    LifespanShutdownCompleteEvent,
    LifespanShutdownFailedEvent,
]

# Frameworks annotate their callables with mappings of their own; with narrower types here none of them would fit.
Scope = MutableMapping[str, Any]
ASGIReceiveCallable = Callable[[], Awaitable[Any]]
ASGISendCallable = Callable[[Any], Awaitable[None]]

ASGI3Framework = Callable[[Any, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]
ASGI2Framework = Callable[[Any], Callable[[ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]]
ASGIFramework = Union[ASGI3Framework, ASGI2Framework]

# sys.exc_info(), which may also be of no exception: frameworks are typed to be called with that.
ExcInfo = Union[tuple[type[BaseException], BaseException, Optional[TracebackType]], tuple[None, None, None]]


class StartResponse(Protocol):
    """PEP 3333's ``start_response``; it returns ``write``."""

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: Optional[ExcInfo] = None, /
    ) -> Callable[[bytes], object]: ...


WSGIFramework = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
Framework = Union[ASGIFramework, WSGIFramework]

Trigger = Callable[[], Awaitable[object]]
"""Begins the shutdown when what it returns has been awaited."""

_Value = TypeVar("_Value", contravariant=True)


class TaskStatus(Protocol[_Value]):
    """How a long-running call says, once, that it has started; trio's and anyio's fit."""

    def started(self, value: _Value, /) -> None: ...
