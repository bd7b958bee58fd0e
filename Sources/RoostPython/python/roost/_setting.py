"""One attribute of `Config`: how it is called, what it stands for, and how its value is written as a setting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Generic, Optional, TypeVar, Union, cast, overload

if TYPE_CHECKING:
    from .config import Config

__all__ = ["Address", "Setting", "addresses", "level", "list_of_text", "octal", "path_prefix", "tables", "text_or_none", "verification"]

Address = Union[str, dict[str, Any]]
"""Text, or a table with the key ``address`` and what holds for it alone."""

_Value = TypeVar("_Value")
_Given = TypeVar("_Given")


class Setting(Generic[_Value, _Given]):
    """An attribute that is one of Roost's settings, under Hypercorn's name or Roost's own.

    Two attributes may share a key; they are then two names of one value.
    """

    def __init__(self, key: str, default: _Value, read: Optional[Callable[[Any], _Value]] = None) -> None:
        self.key = key
        self.default = default
        self._read = read
        self._name = key

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, config: None, owner: type) -> Setting[_Value, _Given]: ...
    @overload
    def __get__(self, config: Config, owner: type) -> _Value: ...
    def __get__(self, config: Optional[Config], owner: type) -> Union[_Value, Setting[_Value, _Given]]:
        if config is None:
            return self
        if self.key not in config._values and isinstance(self.default, list):
            # It may be added to, which must not change the next configuration.
            config._values[self.key] = list(self.default)
        return cast(_Value, config._values.get(self.key, self.default))

    def __set__(self, config: Config, value: _Given) -> None:
        if self._read is None:
            config._values[self.key] = value
            return
        try:
            config._values[self.key] = self._read(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"Config.{self._name} = {value!r}: {error}") from None


def addresses(value: Any) -> list[Address]:
    """One address or several, each as text or as a table."""
    found: list[Any] = [value] if isinstance(value, (str, Mapping)) else list(value)
    if not all(isinstance(item, (str, Mapping)) for item in found):
        raise ValueError("expected addresses, each as text or as a mapping with an address in it")
    if not found:
        raise ValueError("expected at least one address, such as unix:/run/app.sock or 127.0.0.1:8000")
    return [item if isinstance(item, str) else dict(item) for item in found]


def list_of_text(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    found = list(value)
    if not all(isinstance(item, str) for item in found):
        raise ValueError("expected text, or a list of texts")
    return found


def text_or_none(value: Any) -> Optional[str]:
    """A name, a path, or a number that stands for one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if hasattr(value, "__fspath__"):
        return str(value.__fspath__())
    raise ValueError("expected text")


def tables(value: Any) -> list[dict[str, Any]]:
    """Tables of a configuration file, or one of them."""
    found = [value] if isinstance(value, Mapping) else list(value)
    if not all(isinstance(item, Mapping) for item in found):
        raise ValueError('expected mappings, each such as {"certfile": "net.pem", "keyfile": "net.key"}')
    return [{key: text_or_none(item) if hasattr(item, "__fspath__") else item for key, item in one.items()} for one in found]


def verification(value: Any) -> str:
    """Whether clients are asked for a certificate: a value of ``ssl.VerifyMode``, or Roost's word for it."""
    if value is None:
        return "none"
    if isinstance(value, int) and not isinstance(value, bool):
        # ssl.CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED
        if not 0 <= value <= 2:
            raise ValueError("expected a value of ssl.VerifyMode")
        return ("none", "optional", "required")[value]
    if isinstance(value, str):
        return value
    raise ValueError("expected none, optional or required, or a value of ssl.VerifyMode")


def path_prefix(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a path such as /app")
    return value.rstrip("/")


def octal(value: Any) -> Optional[str]:
    """A mode: a number, such as 0o660, or its octal digits as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= 0o777:
            raise ValueError("expected a mode such as 0o660, at most 0o777")
        return f"{value:04o}"
    return text_or_none(value)


def level(value: Any) -> str:
    """A level as Python's logging and Hypercorn spell it, or as Roost does."""
    if not isinstance(value, str):
        raise ValueError("expected a level such as \"info\"")
    lower = value.lower()
    return {"warn": "warning", "fatal": "critical"}.get(lower, lower)
