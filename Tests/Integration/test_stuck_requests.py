"""Requests that do not end: what the log says of them by itself, and when SIGQUIT asks, while the app waits or holds its event loop."""

import re
import signal
import unittest

from admin import ObservedService, each
from services import ASYNCIO, SWIFT, TRIO, WSGI

INLINE = "wsgi inline"
# One that waits, and one that holds the loop.
WAITING, HOLDING = "/sleep/600000", "/block/600000"
FIELDS = {"X-Forwarded-For": "192.0.2.7", "X-Request-ID": "order-1"}


class StuckTestCase(unittest.TestCase):
    def serve(self, kind, workers, *flags):
        if kind == INLINE:
            kind, flags = WSGI, ("--threads=1",) + flags
        service = ObservedService(self, kind, "--workers={}".format(workers), "--forwarded-allow-ips=unix:", "--log-format=logfmt", *flags)
        return service.wait_until_ready()

    def entries(self, service, begin):
        """The entries of the log whose message begins so, each as a line."""
        return [line for line in service.output().splitlines() if re.search(r'(msg|message)="?' + begin, line)]

    def wait_for_entries(self, service, begin, number=1):
        service.wait(lambda: len(self.entries(service, begin)) >= number, "fewer than {} entries {}".format(number, begin))
        return self.entries(service, begin)

    def dump(self, service):
        service.signal(signal.SIGQUIT)


class SlowRequestTests(StuckTestCase):
    @each(SWIFT, ASYNCIO, INLINE)
    def test_they_are_told_of_while_they_run(self, kind, workers):
        service = self.serve(kind, workers, "--slow-request=300ms")
        service.ask()
        path = HOLDING if kind == INLINE else WAITING
        service.hang(path + "?token=secret", **FIELDS)
        lines = self.wait_for_entries(service, "slow request", 3)
        self.assertEqual(len(service.admin.status()["in_flight"]), 1, "it runs still")
        for line in lines:
            for field in ("level=warning", "request_id=order-1", "client=192.0.2.7", "method=GET", "path=" + path):
                self.assertRegex(line, r"(^| ){}( |$)".format(re.escape(field)))
        self.assertNotIn("secret", service.output())
        ages = [float(number) * (1 if unit == "s" else 0.001) for number, unit in
                (re.search(r"running for ([\d.]+) (m?s)", line).groups() for line in lines)]
        self.assertGreaterEqual(ages[0], 0.295)
        # Each at twice the age, as far as it is shown exactly.
        self.assertTrue(ages[1] >= 0.59 and ages[2] >= 1.15, ages)


class DumpTests(StuckTestCase):
    def check_requests(self, service, workers, path):
        """A dump has the requests in flight of all processes; gives the whole log."""
        worker = service.admin.in_flight(path)["worker"]
        self.dump(service)
        heads = self.wait_for_entries(service, r"dump: \d+ requests in flight", workers)
        self.assertEqual(sorted(int(re.search(r"dump: (\d+) requests", line).group(1)) for line in heads), [0] * (workers - 1) + [1])
        line = self.wait_for_entries(service, "in flight: ")[0]
        for field in ("level=notice", "request_id=order-1", "client=192.0.2.7", "method=GET", "path=" + path):
            self.assertRegex(line, r"(^| ){}( |$)".format(re.escape(field)))
        if workers > 1:
            self.assertRegex(line, r"(^| )worker={}( |$)".format(worker))
            self.wait_for_entries(service, "dump: 2 workers, 0 were replaced or lost")

    @each(SWIFT)
    def test_of_an_app_in_swift(self, kind, workers):
        service = self.serve(kind, workers, "--slow-request=1h")
        service.hang(WAITING, **FIELDS)
        self.check_requests(service, workers, WAITING)
        self.assertIn('task="request order-1"', self.entries(service, "in flight: ")[0])
        self.assertEqual(service.ask().status, 200)

    @each(ASYNCIO, INLINE)
    def test_of_an_app_in_python_that_holds_its_loop(self, kind, workers):
        service = self.serve(kind, workers)
        # So that the workers are known to serve.
        service.hang(HOLDING, **FIELDS)
        self.check_requests(service, workers, HOLDING)
        function = "wsgi" if kind == INLINE else "app"
        service.wait_for_output(r'processes\.py\\?", line \d+ in ' + function)
        self.assertEqual(len(self.wait_for_entries(service, "dump: the stacks of Python's threads", workers)), workers)
        if workers > 1:
            self.assertEqual(service.ask().status, 200)

    @each(ASYNCIO, TRIO)
    def test_of_an_app_in_python_that_waits(self, kind, workers):
        service = self.serve(kind, workers)
        service.hang(WAITING, **FIELDS)
        self.check_requests(service, workers, WAITING)
        self.wait_for_entries(service, r"dump: \d+ tasks of the event loop", workers)
        # From the app's own function inwards to where it waits.
        pattern = r'of request order-1\\n(.*?await.*?anyio.*?)(\\n\S|"$|$)'
        stack = service.wait(lambda: re.search(pattern, service.output(), re.MULTILINE), "no stack of the request")
        self.assertRegex(stack.group(1), r'processes\.py.*in app.*await anyio\.sleep.*in sleep')
        for _ in range(2):
            self.dump(service)
            self.assertEqual(service.ask().status, 200)


if __name__ == "__main__":
    unittest.main()
