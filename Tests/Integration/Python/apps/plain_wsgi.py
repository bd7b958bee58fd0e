"""A WSGI app without a framework, one function for each corner of PEP 3333; `validated` is the same under wsgiref.validate."""

import gzip
import hashlib
import io
import json
import logging
import os
import sys
import threading
import time
import types
import urllib.parse
from wsgiref.validate import validator

from events import record, wait_for
from inspection import inspect

paths = {}
PIECE = bytes(range(256)) * 256


def at(path):
    def add(function):
        paths[path] = function
        return function
    return add


def app(environ, start_response):
    function = paths.get(environ["PATH_INFO"])
    if function is None:
        start_response("404 Not Found", TEXT)
        return [b"no such path"]
    return function(environ, start_response)


TEXT = [("Content-Type", "text/plain")]


def query(environ):
    return dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))


def answer_json(start_response, value):
    body = json.dumps(value).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


class Closed:
    """An iterable that notes its end."""

    def __init__(self, name, iterable):
        self._name, self._iterator = name, iter(iterable)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._iterator)

    def close(self):
        record("closed", self._name)


# MARK: environ

@at("/")
def hello(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"Hello World"]


@at("/environ")
@at("/caf\u00c3\u00a9/a b/%")
def show_environ(environ, start_response):
    shown = {key: value if isinstance(value, (str, bool)) else {"type": type(value).__name__} for key, value in environ.items()}
    shown["wsgi.version"] = list(environ["wsgi.version"])
    shown["type"] = type(environ).__name__
    return answer_json(start_response, shown)


@at("/extensions")
def show_extensions(environ, start_response):
    """Shows what there is of the connection, and that nothing of it can be changed."""
    def shown(part):
        if not isinstance(part, types.MappingProxyType):
            return part.hex() if isinstance(part, bytes) else part
        for change in (lambda: part.__setitem__("spoilt", 1), lambda: part.clear()):
            try:
                change()
            except (AttributeError, TypeError):
                continue
            return "spoilt"
        return {name: list(map(shown_pair, value)) if isinstance(value, tuple) else shown(value) for name, value in part.items()}

    def shown_pair(pair):
        return [shown(part) for part in pair]

    ends = {key: environ.get(key) for key in ("REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme")}
    return answer_json(start_response, {"extensions": shown(environ["roost.extensions"]), "ends": ends})


@at("/spoil")
def spoil(environ, start_response):
    """Changes what it may, which no other request may see."""
    is_fresh = "spoilt" not in environ
    environ["spoilt"] = True
    environ["REQUEST_METHOD"] = "SPOILT"
    del environ["SERVER_NAME"]
    return answer_json(start_response, is_fresh)


@at("/errors")
def errors(environ, start_response):
    environ["wsgi.errors"].write("written to wsgi.errors\n")
    environ["wsgi.errors"].writelines(["first of two lines\n", "second of two lines\n"])
    environ["wsgi.errors"].write("a line without an end")
    environ["wsgi.errors"].flush()
    print("said on standard output")
    print("said on standard error", file=sys.stderr)
    return answer_json(start_response, None)


@at("/inspect")
def show_inspection(environ, start_response):
    return answer_json(start_response, inspect())


# MARK: streams that end with their client

@at("/slow-stream")
def slow_stream(environ, start_response):
    """Small pieces without end, and a pause behind each."""
    def pieces():
        while True:
            yield b"piece "
            time.sleep(0.05)

    start_response("200 OK", TEXT)
    return Closed("slow-stream", pieces())


@at("/write-until-gone")
def write_until_gone(environ, start_response):
    write = start_response("200 OK", TEXT)
    try:
        while True:
            write(b"piece ")
            time.sleep(0.05)
    except OSError as error:
        record("write raises", type(error).__name__)
        raise


# MARK: wsgi.input

@at("/read")
def read(environ, start_response):
    """By every way there is to read."""
    source, how = environ["wsgi.input"], query(environ)["how"]
    length = int(environ.get("CONTENT_LENGTH") or -1)
    if how == "whole":
        pieces = [source.read(length)]
    elif how == "to-the-end":
        pieces = [source.read(-1)]
    elif how == "more-than-there-is":
        pieces = [source.read(length + 1000), source.read(1000)]
    elif how == "in-pieces":
        pieces = list(iter(lambda: source.read(1000), b""))
    elif how == "nothing":
        pieces = [source.read(0)]
    elif how == "lines":
        pieces = list(iter(lambda: source.readline(), b""))
    elif how == "short-lines":
        pieces = list(iter(lambda: source.readline(7), b""))
        assert max(map(len, pieces), default=0) <= 7
    elif how == "all-lines":
        pieces = source.readlines()
    elif how == "hinted-lines":
        pieces = source.readlines(10) + source.readlines()
    elif how == "iteration":
        pieces = list(source)
    assert all(type(piece) is bytes for piece in pieces)
    assert "lines" not in how or how == "short-lines" or all(piece.endswith(b"\n") for piece in pieces[:-1])
    body = b"".join(pieces)
    return answer_json(start_response, {"length": len(body), "sha256": hashlib.sha256(body).hexdigest(), "pieces": len(pieces)})


@at("/count")
def count(environ, start_response):
    digest, length = hashlib.sha256(), 0
    while True:
        piece = environ["wsgi.input"].read(65536)
        if not piece:
            break
        digest.update(piece)
        length += len(piece)
    return answer_json(start_response, {"length": length, "sha256": digest.hexdigest()})


@at("/slow-count")
def slow_count(environ, start_response):
    length = len(environ["wsgi.input"].read(1000))
    wait_for("go-on")
    while True:
        piece = environ["wsgi.input"].read(65536)
        if not piece:
            return answer_json(start_response, length)
        length += len(piece)


@at("/cut-upload")
def cut_upload(environ, start_response):
    """The client goes before it has sent all."""
    try:
        while environ["wsgi.input"].read(65536):
            pass
        record("upload ended")
    except OSError as error:
        record("upload cut", type(error).__name__)
        raise
    start_response("200 OK", TEXT)
    return [b"whole"]


@at("/echo")
def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return iter(lambda: environ["wsgi.input"].read(65536), b"")


@at("/unread")
def unread(environ, start_response):
    start_response("413 Too Large", TEXT)
    return [b"no, thank you"]


# MARK: responses

@at("/list")
def several(environ, start_response):
    start_response("200 OK", TEXT)
    return [b"one ", b"", b"two ", b"three"]


@at("/nothing")
def nothing(environ, start_response):
    start_response("200 OK", TEXT)
    return []


@at("/generator")
def generator(environ, start_response):
    """The second piece is made when the client has the first, and has said so."""
    start_response("200 OK", TEXT)
    yield b"first "
    wait_for("go-on")
    yield b""
    yield b"second"


@at("/start-in-the-iteration")
def start_in_the_iteration(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"started late"


@at("/write")
def write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"written ")
    if "wait" in query(environ):
        wait_for("go-on")
    write(b"and written, ")
    return [b"then ", b"returned"]


@at("/download")
def download(environ, start_response):
    size, name = int(query(environ)["size"]), query(environ).get("name", "")
    headers = [("Content-Length", str(size))] if "length" in query(environ) else []
    start_response("200 OK", TEXT + headers)

    def pieces():
        left = size
        while left:
            piece = PIECE[:left]
            left -= len(piece)
            progress[name] = size - left
            yield piece

    return Closed("download " + name, pieces())


progress = {}


@at("/progress")
def show_progress(environ, start_response):
    return answer_json(start_response, progress.get(query(environ)["name"], 0))


@at("/status")
def status(environ, start_response):
    code = query(environ)["code"]
    start_response(code + " As Asked", TEXT[:0 if code in ("204", "304") else 1] + [("X-Code", code)])
    return Closed("status", [] if code in ("204", "304") else [b"body"])


@at("/headers")
def headers(environ, start_response):
    start_response("200 Fine", TEXT + [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Latin", "caf\u00e9"), ("X-Empty", "")])
    return [b"ok"]


@at("/closed")
def closed(environ, start_response):
    start_response("200 OK", TEXT)
    return Closed("whole", [b"closed ", b"after this"])


@at("/late-write")
def late_write(environ, start_response):
    """Keeps `write` beyond the response."""
    kept.append(start_response("200 OK", TEXT))
    return [b"in time"]


kept = []


@at("/use-late-write")
def use_late_write(environ, start_response):
    outcomes = []
    while kept:
        try:
            kept.pop()(b"too late")
            outcomes.append("nothing")
        except Exception as error:
            outcomes.append(type(error).__name__)
    return answer_json(start_response, outcomes)


# MARK: files

@at("/file")
def file(environ, start_response):
    """What `wsgi.file_wrapper` is given: a file of any kind, one that was read before, or something that only has `read`."""
    asked = query(environ)
    source = KINDS[asked.get("kind", "file")](asked["path"])
    if "from" in asked:
        source.seek(int(asked["from"]))
    if "buffered" in asked:
        # The descriptor is ahead of what the file has given.
        source.read(int(asked["buffered"]))
    if "memory" in asked:
        with source:
            source = io.BytesIO(source.read())
    if "object" in asked:
        source = OnlyRead(source)
    headers = [("Content-Length", asked["length"])] if "length" in asked else []
    status = asked.get("status", "200 OK")
    write = start_response(status, ([] if status[:3] in ("204", "304") else TEXT) + headers)
    if "write" in asked:
        write(b"written, ")
    if "forgotten" not in asked:
        files.append(source)
    wrapper = environ["wsgi.file_wrapper"](source, 4096)
    if "next" in asked:
        next(wrapper)
    if "closed" in asked:
        source.close()
    return wrapper


class Shouting(io.FileIO):
    """Reads what is not on the disk."""

    def read(self, size=-1):
        return super().read(size).upper()

    def readinto(self, buffer):
        block = self.read(len(buffer))
        buffer[:len(block)] = block
        return len(block)


def with_buffered_writes(path):
    """A file whose end is still in its buffer."""
    source = open(path, "r+b")
    source.seek(0, os.SEEK_END)
    source.write(b"and more")
    source.seek(0)
    source.read(1)
    source.seek(0, os.SEEK_END)
    source.write(b" and more")
    return source


def at_its_start(path):
    source = with_buffered_writes(path)
    source.seek(0)
    return source


def from_pipe(path):
    reader, writer = os.pipe()
    with open(path, "rb") as file, open(writer, "wb") as end:
        end.write(file.read(10000))
    return open(reader, "rb")


KINDS = {
    "file": lambda path: open(path, "rb"),
    "unbuffered": lambda path: open(path, "rb", buffering=0),
    "random": lambda path: open(path, "r+b"),
    "written": at_its_start,
    "written-end": with_buffered_writes,
    "gzip": lambda path: gzip.open(path, "rb"),
    "shouting": lambda path: Shouting(path),
    "shouting-buffered": lambda path: io.BufferedReader(Shouting(path)),
    "text": lambda path: open(path, "r", encoding="latin-1"),
    "write-only": lambda path: open(path, "ab"),
    "pipe": from_pipe,
}
files = []


@at("/open-files")
def open_files(environ, start_response):
    still_open = sum(not one.closed for one in files)
    del files[:]
    return answer_json(start_response, still_open)


class OnlyRead:
    def __init__(self, file):
        self._file, self.closed = file, False

    def read(self, size=-1):
        return self._file.read(size)

    def close(self):
        self._file.close()
        self.closed = True


# MARK: failures

@at("/log")
def log_to_the_host(environ, start_response):
    """Logs as an app does that has not said where to."""
    logger = logging.getLogger("unheard")
    logger.warning(query(environ)["text"])
    start_response("200 OK", TEXT)
    return [b"logged"]


@at("/raise")
def raise_before(environ, start_response):
    raise ValueError("before the start")


@at("/raise-after-start")
def raise_after_start(environ, start_response):
    start_response("200 OK", TEXT)
    raise ValueError("after the start")


@at("/raise-in-first")
def raise_in_first(environ, start_response):
    start_response("200 OK", TEXT)
    return Closed("raise-in-first", failing())


@at("/raise-in-body")
def raise_in_body(environ, start_response):
    start_response("200 OK", TEXT + ([("Content-Length", "100")] if "length" in query(environ) else []))
    return Closed("raise-in-body", failing(b"half "))


def failing(*pieces):
    yield from pieces
    raise ValueError("in the body")


@at("/raise-in-close")
def raise_in_close(environ, start_response):
    start_response("200 OK", TEXT)
    return FailsToClose()


class FailsToClose:
    def __iter__(self):
        return iter([b"complete"])

    def close(self):
        record("close is called")
        raise ValueError("in close")


@at("/exc-info")
def exc_info(environ, start_response):
    """Changes its mind before anything was sent."""
    start_response("200 OK", TEXT + [("X-First", "1")])
    try:
        raise KeyError("too late for 200")
    except KeyError:
        start_response("503 Service Unavailable", TEXT + [("X-Second", "1")], sys.exc_info())
    return [b"sorry"]


@at("/exc-info-in-the-iteration")
def exc_info_in_the_iteration(environ, start_response):
    start_response("200 OK", TEXT)
    yield b""
    try:
        raise KeyError("too late for 200")
    except KeyError:
        start_response("503 Service Unavailable", TEXT, sys.exc_info())
    yield b"sorry"


@at("/exc-info-too-late")
def exc_info_too_late(environ, start_response):
    """Something was sent: its own exception must come back to it."""
    start_response("200 OK", TEXT)(b"half ")
    try:
        try:
            raise KeyError("own")
        except KeyError:
            start_response("503 Service Unavailable", TEXT, sys.exc_info())
    except KeyError as error:
        record("raised again", *error.args)
        raise
    record("not raised again")
    return [b"more"]


@at("/start-twice")
def start_twice(environ, start_response):
    start_response("200 OK", TEXT)
    start_response("200 OK", TEXT)
    return [b"never"]


@at("/no-start")
def no_start(environ, start_response):
    return [b"never"]


@at("/wrong")
def wrong(environ, start_response):
    """What no app may do."""
    what = query(environ)["what"]
    status, headers, result = "200 OK", TEXT, [b"x"]
    if what == "status-of-number":
        status = 200
    elif what == "status-without-number":
        status = "OK"
    elif what == "status-with-line":
        status = "200 OK\r\nX-Injected: 1"
    elif what == "header-of-bytes":
        headers = [(b"X-Bytes", b"1")]
    elif what == "header-with-line":
        headers = [("X", "1\r\nX-Injected: 1")]
    elif what == "header-beyond-latin":
        headers = [("X", "\u20ac")]
    elif what == "header-of-three":
        headers = [("X", "1", "2")]
    elif what == "headers-of-none":
        headers = None
    elif what == "text":
        result = ["text"]
    elif what == "none":
        result = None
    elif what == "number":
        result = 7
    start_response(status, headers)
    return result


@at("/too-long")
def too_long(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "5")])
    return Closed("too-long", [b"01234", b"56789"])


@at("/too-short")
def too_short(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "10")])
    return Closed("too-short", [b"01234"])


@at("/exit")
def exit_before(environ, start_response):
    raise SystemExit(7)


# MARK: threads

@at("/meet")
def meet(environ, start_response):
    """Answers when as many requests as asked for are here at the same time."""
    try:
        barriers.setdefault(query(environ)["name"], threading.Barrier(int(query(environ)["number"]))).wait(10)
    except threading.BrokenBarrierError:
        start_response("504 Alone", TEXT)
        return [b"alone"]
    return answer_json(start_response, threading.get_ident())


barriers = {}
local = threading.local()


@at("/thread")
def thread(environ, start_response):
    """What a thread keeps from request to request."""
    local.count = getattr(local, "count", 0) + 1
    name = threading.current_thread().name
    return answer_json(start_response, {"ident": threading.get_ident(), "count": local.count, "name": name,
                                        "main": threading.current_thread() is threading.main_thread()})


@at("/sleep")
def sleep(environ, start_response):
    record("sleep begins")
    time.sleep(float(query(environ)["seconds"]))
    record("slept")
    start_response("200 OK", TEXT)
    return [b"slept"]


validated = validator(app)
pid = os.getpid()
