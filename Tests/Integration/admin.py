"""What a service says on its admin socket, and services that have one."""

import functools
import json
import os
import subprocess

from clients import Later, ask, unix
from python_apps import tool
from requirements import binary
from services import Service

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Runs a program as somebody who has no rights.
AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


class Admin:
    """An admin socket."""

    def __init__(self, path, connector=None):
        self.path, self.connector = path, connector or unix(path)

    def ask(self, path, **options):
        return ask(self.connector, path, **options)

    def is_ready(self):
        return self.ask("/readyz").status == 200

    def status(self):
        answer = self.ask("/status")
        if (answer.status, answer.headers["content-type"]) != (200, "application/json"):
            raise AssertionError(answer)
        return json.loads(answer.body)

    def in_flight(self, path):
        """The request in flight with this path; None if there is none."""
        return next((request for request in self.status()["in_flight"] if request["path"] == path), None)

    def metrics(self):
        answer = self.ask("/metrics")
        if (answer.status, answer.headers["content-type"]) != (200, METRICS_TYPE):
            raise AssertionError(answer)
        return Metrics(answer.body.decode())


class Metrics:
    """Prometheus' text, read by its own library."""

    def __init__(self, text):
        self.text, self.families, self.samples = text, {}, {}
        for family in tool("prometheus_client.parser").text_string_to_metric_families(text):
            # The library takes `_total` off a counter's name.
            if family.name in self.families:
                raise AssertionError("{} is there twice:\n{}".format(family.name, text))
            self.families[family.name] = family
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                if key in self.samples:
                    raise AssertionError("{} is there twice:\n{}".format(key, text))
                self.samples[key] = sample.value

    def value(self, name, **labels):
        """The sum of all samples of this name that have these labels, perhaps among others; None if there is none."""
        found = [value for (other, pairs), value in self.samples.items() if other == name and set(labels.items()) <= set(pairs)]
        return sum(found) if found else None

    def counters(self):
        """Everything that may only grow."""
        growing = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
        return {key: value for key, value in self.samples.items()
                for family in self.families.values() if key[0].endswith(growing.get(family.type, ()))
                and key[0].startswith(family.name + "_")}


class ObservedService(Service):
    """A service with an admin socket."""

    def __init__(self, test, kind, *flags, **options):
        super().__init__(test, kind, *flags, **options)
        self.test = test
        self.admin = Admin(self.path("admin.sock"))

    def _app(self, app):
        return super()._app(app) + ["--admin-socket=" + self.path("admin.sock")]

    def hang(self, path="/sleep/600000", number=1, **headers):
        """Connections on which so many requests with this path are in flight, and stay there; closing them, or the test's end, ends that."""
        connections = [self.connector() for _ in range(number)]
        for connection in connections:
            fields = "".join("{}: {}\r\n".format(*field) for field in headers.items())
            connection.sendall("GET {} HTTP/1.1\r\nHost: hello.example\r\n{}\r\n".format(path, fields).encode())
            self.test.addCleanup(connection.close)
        shown = path.partition("?")[0]
        self.wait(lambda: sum(request["path"] == shown for request in self.admin.status()["in_flight"]) >= number, "not in flight: " + path)
        return connections


def roost(*arguments, wrapper=(), **environment):
    """The outcome of a command of `roost`."""
    variables = dict({name: value for name, value in os.environ.items() if not name.startswith("ROOST_")}, **environment)
    return subprocess.run([*wrapper, binary("ROOST_BIN"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True, timeout=60, env=variables)


def each(*kinds, workers=(1, 2)):
    """Makes a test for each kind of app, in one process and with workers, of one that takes the kind and the number of workers. They run at the
    same time."""
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            running = {(kind, number): Later(test, self, kind, number) for kind in kinds for number in workers}
            for (kind, number), one in running.items():
                with self.subTest(kind=kind, workers=number):
                    one.result(timeout=300)
        return run
    return decorate
