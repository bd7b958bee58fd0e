"""The extension: the server itself, written in Swift."""

from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any, Callable, Optional, Protocol, Union, final

from ._runtime import Cancellable, Future, Hastening
from .typing import Mode

version: str

request_id: ContextVar[str]
"""What the request is called that this code runs for."""

trace_id: ContextVar[Optional[str]]
"""The trace that this request belongs to, by the word of a trusted proxy; None, or not set, if it belongs to none."""

class BindError(OSError):
    """An address cannot be listened on; the text is one line that says which, why and who holds it."""

class ClientDisconnected(OSError):
    """``send`` was called, but the client is gone or its WebSocket closed. An app may let it pass: it is not logged as a failure."""

@final
class Config:
    """Checked settings."""

def config(values: dict[str, object]) -> Config:
    """Checks settings, by the keys of the settings table; ValueError says in one line what does not fit."""

@final
class Host:
    """The command's side of a worker: command line, settings, log, service manager."""

    def __new__(cls, argv: list[str], /) -> Host:
        """Parses ``serve …``; prints what was asked for, or the mistake, and raises SystemExit."""
    @property
    def app(self) -> Optional[str]: ...
    @property
    def is_supervised(self) -> bool:
        """Whether a supervisor tells this process when to stop, by SIGTERM."""
    def get(self, key: str, /) -> Any:
        """Any setting; durations in seconds as float, sizes in bytes as int, None for what is off or unset."""
    def log(self, level: str, message: str, fields: Optional[dict[str, str]] = None, /) -> None: ...
    def phase(self, name: str, /) -> None: ...
    def ready(self, server: Server, /) -> None: ...
    def dump(self, stacks: int, wake: Optional[int] = None, /) -> None:
        """Has dumps for SIGQUIT include what is written to the file `stacks`, and writes to `wake` then."""
    def finished(self, code: int, reason: Optional[str] = None, errno: Optional[int] = None, /) -> None: ...

class _Bridge(Protocol):
    """How the server starts and wakes tasks of the loop."""

    @property
    def spawn(self) -> Callable[..., Cancellable]: ...
    @property
    def spawn_keywords(self) -> Optional[dict[str, Any]]: ...
    @property
    def hastening(self) -> Optional[Hastening]: ...
    @property
    def future(self) -> Callable[[], Future]: ...

@final
class Server:
    """Listeners, connections and requests; whoever owns the loop watches `fileno()` and calls `drain()`."""

    def __new__(
        cls, config: Union[Config, Host], mode: Mode, app: Callable[..., Any], runtime: Optional[_Bridge], /
    ) -> Server: ...
    @property
    def state(self) -> dict[str, Any]: ...
    @property
    def requests(self) -> int: ...
    @property
    def connections(self) -> int: ...
    def set_state(self, state: dict[str, Any], /) -> None: ...
    def setting(self, key: str, /) -> Any: ...
    def fileno(self) -> int: ...
    def drain(self) -> None: ...
    def drain_patiently(self) -> None:
        """The same, and waits for up to a millisecond for more where there was much to do."""

    def wait(self, timeout: Optional[float], /) -> None: ...
    def listen(self) -> list[str]: ...
    def stop_listening(self) -> None: ...
    def drain_connections(self, callback: Callable[[], object], /) -> None: ...
    def cut_off(self, callback: Callable[[], object], /) -> None: ...
    def close(self) -> None: ...

def install_signals(callback_fd: int, signals: tuple[int, ...], /) -> None: ...
def remove_signals() -> None: ...
