"""A file where apps note what happened to them, for tests that look at it while the app runs and after it has ended."""

import os
import time


def record(*words):
    """Appends one line; a single write, so that lines of several tasks and threads do not mix."""
    path = os.environ.get("APP_EVENTS")
    if path:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (" ".join(str(word) for word in words) + "\n").encode())
        finally:
            os.close(descriptor)


def exists(name):
    """Whether the test has made the file with this name beside that of the events: its sign to go on."""
    return os.path.exists(os.path.join(os.path.dirname(os.environ["APP_EVENTS"]), name))


def wait_for(name, timeout=20):
    """Blocks until the test gives this sign; for sync apps."""
    deadline = time.monotonic() + timeout
    while not exists(name):
        if time.monotonic() > deadline:
            raise TimeoutError("no sign " + name)
        time.sleep(0.01)
