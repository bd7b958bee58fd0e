"""Apps that fork: as the module is imported, and for every request."""

import json
import multiprocessing
import os
import signal
import time

processes = multiprocessing.get_context("fork")


def ended_by(number):
    """How a child ends that is sent a signal; as Popen has it, -N for signal N."""
    begun = processes.Event()
    child = processes.Process(target=sleep, args=(begun,))
    child.start()
    # CPython forgets the signals that come before its own part of the fork is done.
    begun.wait()
    os.kill(child.pid, number)
    child.join(10)
    return child.exitcode


def sleep(begun):
    begun.set()
    time.sleep(30)


def square(number):
    return number * number


assert ended_by(signal.SIGTERM) == -signal.SIGTERM


def answer():
    with processes.Pool(2) as pool:
        results = pool.map(square, range(4))
    return json.dumps({"results": results, "exit codes": [ended_by(signal.SIGTERM), ended_by(signal.SIGINT)]}).encode()


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [answer()]


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer()})
