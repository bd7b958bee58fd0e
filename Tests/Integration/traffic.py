"""A constant stream of requests of mixed length, every answer checked whole: what clients see while a service is operated on."""

import collections
import http.client
import itertools
import os
import threading
import time

from clients import Connection

HELLO = b"Hello from the app"
UPLOAD = os.urandom(3 << 20)
PIECES = 50
LONGEST = 5
# Between the requests of one client, so that the machine has time for something else than clients.
PAUSE = 0.1
# What stands in for "never": a request that was lost fails after this long.
PATIENCE = 90

# How a client asks: its path, what it sends, what is to come back, whether it keeps its connection, and how many such clients there are.
Kind = collections.namedtuple("Kind", "path body answer keeps clients")
KINDS = {
    "kept": Kind("/", None, HELLO, True, 1),
    "one-shot": Kind("/", None, HELLO, False, 1),
    "upload": Kind("/echo", UPLOAD, UPLOAD, True, 1),
    "stream": Kind("/stream/{}".format(PIECES), None, b"x" * 1000 * PIECES, True, 2),
    "slow": Kind("/sleep/{}".format(LONGEST * 1000), None, HELLO, True, 2),
}
CLIENTS = sum(kind.clients for kind in KINDS.values())


class Request:
    """One request and what became of it."""

    def __init__(self, kind, host):
        self.kind, self.host, self.begin = kind, host, time.monotonic()
        # The process that answers, from the moment on that the answer's header is there.
        self.process = self.end = self.error = None

    def __str__(self):
        return "{} to {} failed after {:.2f} s: {}".format(self.kind, self.host, self.end - self.begin, self.error)


class Traffic:
    """Clients of every kind, from entering the context until its end, each going through the given sites in turn."""

    def __init__(self, connector, hosts):
        self._connector, self._hosts = connector, hosts
        self._ends, self._lock = threading.Event(), threading.Lock()
        self._requests = []
        self._threads = [threading.Thread(target=self._client, args=(name, kind, number), daemon=True)
                         for name, kind in KINDS.items() for number in range(kind.clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def end(self):
        """Has the clients begin nothing more, and does not wait for what they have begun."""
        self._ends.set()

    def __exit__(self, *_):
        self.end()
        for thread in self._threads:
            thread.join(PATIENCE + 30)
        if any(thread.is_alive() for thread in self._threads):
            raise AssertionError("a client does not end")

    def requests(self):
        with self._lock:
            return list(self._requests)

    def failures(self):
        return [request for request in self.requests() if request.error is not None]

    def in_flight(self):
        return [request for request in self.requests() if request.end is None]

    def counts(self):
        """Requests that were answered, by kind."""
        return collections.Counter(request.kind for request in self.requests() if request.end is not None and request.error is None)

    def wait_for_more(self, number, kinds=("kept", "one-shot", "upload", "stream"), timeout=PATIENCE):
        """Waits until so many more requests of each of these kinds were answered."""
        before, deadline = self.counts(), time.monotonic() + timeout
        while any(self.counts()[kind] < before[kind] + number for kind in kinds):
            if time.monotonic() > deadline:
                raise AssertionError("no answers any more: {}; {}".format(dict(self.counts()), list(map(str, self.failures()))))
            time.sleep(0.05)

    def _client(self, name, kind, number):
        connection = None
        for host in itertools.islice(itertools.cycle(self._hosts), number, None):
            if self._ends.is_set():
                break
            request = Request(name, host)
            with self._lock:
                self._requests.append(request)
            try:
                if connection is None:
                    connection = Connection(self._connector)
                self._ask(connection, kind, request)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                request.error = repr(error)
            request.end = time.monotonic()
            if connection is not None and (request.error or not kind.keeps):
                connection.close()
                connection = None
            time.sleep(PAUSE)
        if connection is not None:
            connection.close()

    def _ask(self, connection, kind, request):
        connection.request("POST" if kind.body else "GET", kind.path, body=kind.body, headers={"Host": request.host})
        response = connection.getresponse()
        request.process = response.getheader("x-process")
        body = response.read()
        if response.status != 200:
            raise AssertionError("answered {}: {!r}".format(response.status, body[:200]))
        if body != kind.answer:
            raise AssertionError("{} bytes came instead of {}, or others".format(len(body), len(kind.answer)))
