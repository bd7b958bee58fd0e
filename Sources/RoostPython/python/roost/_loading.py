"""Finds the app that a name such as ``asgi:shop.main:app`` stands for."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, NamedTuple, Optional

from .errors import LoadingError
from ._traceback import app_traceback, one_line
from .typing import Mode

__all__ = ["AppName", "load"]

_PREFIXES: tuple[tuple[str, Mode], ...] = (("asgi:", "asgi"), ("wsgi:", "wsgi"))
_USUAL = ("app", "application")
_USUAL_FACTORY = "create_app"


class AppName(NamedTuple):
    """``[asgi:|wsgi:]module[:attribute]``; modules and attributes may have dots in them."""

    mode: Optional[Mode]
    module: str
    attribute: Optional[str]

    @classmethod
    def parse(cls, text: str) -> AppName:
        """Takes a name apart. ``asgi:app`` is the object `app` of a module `asgi` if there is one, and else the module `app`."""
        for prefix, mode in _PREFIXES:
            if text.startswith(prefix):
                rest = text[len(prefix) :]
                if ":" in rest or importlib.util.find_spec(mode) is None:
                    return cls(mode, *_halves(rest))
        return cls(None, *_halves(text))


def _halves(text: str) -> tuple[str, Optional[str]]:
    module, colon, attribute = text.partition(":")
    return module, attribute if colon and attribute else None


def load(text: str, *, directory: Optional[str] = None, is_factory: bool = False) -> tuple[object, AppName]:
    """Imports the module and gets the app, or what the factory makes.

    :param directory: Where to look first, in place of the working directory.
    :raises LoadingError: one line that says what was looked for and where; with the app's traceback if it raised.
    """
    _look_in(directory)
    name = AppName.parse(text)
    module = _imported(name.module)
    path, found = _found(module, name.attribute, is_factory)
    if is_factory:
        if not callable(found):
            raise LoadingError(f"{path} of {_where(module)} is not a factory: {type(found).__name__} objects cannot be called")
        found = _made(found, f"{name.module}:{path}")
    if not callable(found):
        raise LoadingError(f"{path} of {_where(module)} is not an app: {type(found).__name__} objects cannot be called")
    return found, AppName(name.mode, name.module, path)


def _look_in(directory: Optional[str]) -> None:
    here = os.getcwd()
    first = os.path.abspath(directory) if directory is not None else here
    if not os.path.isdir(first):
        raise LoadingError(f"there is no directory {first} to look for the app in (app_dir)")
    # An interpreter started with -c or -m has the working directory there already, as "" or by name.
    if sys.path and sys.path[0] in ("", here):
        del sys.path[0]
    sys.path.insert(0, first)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise LoadingError(_missing(name, error.name)) from error
        raise LoadingError(
            f"importing {name} failed: there is no module {error.name}; is it installed for {sys.executable}?", app_traceback(error)
        ) from error
    except SystemExit as error:
        raise LoadingError(
            f"importing {name} failed: it called sys.exit({error.code!r}); does it start a server outside of if __name__ == \"__main__\"?",
            app_traceback(error),
        ) from error
    except Exception as error:
        raise LoadingError(f"importing {name} failed: {one_line(error)}", app_traceback(error)) from error


def _missing(name: str, missing: str) -> str:
    import pkgutil

    parent, _, leaf = missing.rpartition(".")
    if parent:
        package = sys.modules.get(parent)
        places = list(getattr(package, "__path__", []))
        if package is not None and not places:
            return f"there is no module {missing}: {_where(package)} is not a package; name an attribute with a colon, such as {parent}:{leaf}"
    else:
        places = [os.path.abspath(place) for place in sys.path if os.path.isdir(place or ".")]
    # Of the whole path only the app's own directory has names that somebody could have meant.
    siblings = [module.name for module in pkgutil.iter_modules(places if parent else places[:1])]
    near = _near(leaf, siblings)
    meant = f"{parent}.{near}" if parent else near
    hint = f"; did you mean {meant}{name[len(missing) :]}?" if near else ""
    return f"there is no module {missing}{hint} (looked in {', '.join(places)})"


def _found(module: ModuleType, attribute: Optional[str], is_factory: bool) -> tuple[str, Any]:
    if attribute is not None:
        return attribute, _attribute(module, attribute)
    usual = (_USUAL_FACTORY, *_USUAL) if is_factory else _USUAL
    for name in usual:
        if hasattr(module, name):
            return name, getattr(module, name)
    hint = ""
    if hasattr(module, _USUAL_FACTORY):
        hint = f"; it has {_USUAL_FACTORY}, which --factory calls"
    else:
        candidates = [name for name, value in vars(module).items() if not name.startswith("_") and _looks_like_app(module, value)]
        if candidates:
            hint = f"; it has {', '.join(candidates[:5])}: name one, such as {module.__name__}:{candidates[0]}"
    raise LoadingError(f"{_where(module)} has neither {', '.join(usual[:-1])} nor {usual[-1]}{hint}")


def _looks_like_app(module: ModuleType, value: object) -> bool:
    return callable(value) and not isinstance(value, type) and getattr(value, "__module__", None) == module.__name__


def _attribute(module: ModuleType, path: str) -> Any:
    found: Any = module
    walked = _where(module)
    for part in path.split("."):
        if not hasattr(found, part):
            if part.endswith(")"):
                call = part.partition("(")[0]
                raise LoadingError(f"{part} is a call: name the function alone, with --factory: {module.__name__}:{call} --factory")
            near = _near(part, (other for other in dir(found) if not other.startswith("_")))
            raise LoadingError(f"{walked} has no attribute {part}" + (f"; did you mean {near}?" if near else ""))
        found = getattr(found, part)
        walked = f"{part} of {walked}"
    return found


def _near(name: str, others: Iterable[str]) -> Optional[str]:
    """What somebody who misspelled a name probably meant."""
    import difflib

    return next(iter(difflib.get_close_matches(name, list(others), 1)), None)


def _made(factory: Any, name: str) -> Any:
    try:
        return factory()
    except SystemExit as error:
        raise LoadingError(f"the factory {name} called sys.exit({error.code!r})", app_traceback(error)) from error
    except Exception as error:
        raise LoadingError(f"the factory {name} failed: {one_line(error)}", app_traceback(error)) from error


def _where(module: ModuleType) -> str:
    file = getattr(module, "__file__", None)
    return f"module {module.__name__} ({file})" if file else f"module {module.__name__}"
