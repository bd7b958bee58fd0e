"""What is counted, of services of one process and of several: Prometheus' text, read by its own library for Python, and StatsD's datagrams."""

import collections
import os
import signal
import socket
import tempfile
import unittest

from admin import ObservedService, each
from clients import Connection, ask, crowd
from nginx import Nginx
from processes import free_port
from requirements import binary
from services import ASYNCIO, SWIFT, WSGI, Service, wait_for

HISTOGRAMS = ("roost_request_duration_seconds", "roost_request_queue_seconds", "roost_event_loop_lag_seconds")
FAMILIES = {
    "roost_requests": "counter", "roost_request_duration_seconds": "histogram", "roost_request_queue_seconds": "histogram",
    "roost_requests_in_flight": "gauge", "roost_requests_refused": "counter", "roost_proxy_headers_refused": "counter",
    "roost_connections": "gauge", "roost_websockets": "gauge", "roost_connections_accepted": "counter", "roost_received_bytes": "counter", "roost_sent_bytes": "counter",
    "roost_event_loop_lag_seconds": "histogram", "roost_workers": "gauge", "roost_worker_restarts": "counter",
    "roost_worker_resident_memory_bytes": "gauge", "roost_ready": "gauge", "roost_build_info": "gauge", "process_cpu_seconds": "counter",
    "process_resident_memory_bytes": "gauge", "roost_log_lines_dropped": "counter",
    "roost_tls_handshakes_failed": "counter", "roost_tls_certificate_expiry_timestamp_seconds": "gauge",
}
# Those that tell of what this service does not do, or what has not happened to it.
ABSENT = {"roost_proxy_headers_refused", "roost_tls_handshakes_failed", "roost_tls_certificate_expiry_timestamp_seconds"}
# How often each of these is asked for: method, path, class of status.
ASKED = {("GET", "/", "2xx"): 40, ("POST", "/", "2xx"): 7, ("HEAD", "/", "2xx"): 5, ("GET", "/status/301", "3xx"): 3,
         ("GET", "/status/404", "4xx"): 4, ("GET", "/fail", "5xx"): 2, ("DELETE", "/", "2xx"): 1, ("BREW", "/", "2xx"): 6}


class MetricsTestCase(unittest.TestCase):
    def serve(self, kind, workers, *flags, **options):
        return ObservedService(self, kind, "--workers={}".format(workers), *flags, **options).wait_until_ready()

    def wait_for(self, service, name, expected, **labels):
        """Until a metric has this value; workers tell theirs once a second."""
        wait_for(lambda: service.admin.metrics().value(name, **labels) == expected,
                 lambda: "{} {} is not {}:\n{}\n{}".format(name, labels, expected, service.admin.metrics().text, service.output()), pause=0.1)


class PrometheusTests(MetricsTestCase):
    @each(SWIFT, ASYNCIO, WSGI)
    def test_everything_is_counted_once(self, kind, workers):
        service = self.serve(kind, workers)
        connections = 0

        def connect():
            nonlocal connections
            connections += 1
            return service.connector()

        with Connection(connect) as kept:
            for (method, path, _), times in ASKED.items():
                for number in range(times):
                    if number % 2:
                        kept.ask(path, method=method)
                    else:
                        ask(connect, path, method=method)
            refused = connect()
            refused.sendall(b"GET / HTTP/1.1\r\nbroken\r\n\r\n")
            while refused.recv(4096):
                pass
            refused.close()
            service.hang()
            app = service.admin.status()["app"]
            total = sum(ASKED.values())
            self.wait_for(service, "roost_requests_total", total, app=app)
            self.wait_for(service, "roost_connections", 1, protocol="http/1", state="active")
            self.wait_for(service, "roost_connections", 1, protocol="http/1", state="idle")
            found = service.admin.metrics()

        expected = collections.Counter()
        for (method, _, status), times in ASKED.items():
            expected["other" if method == "BREW" else method, status] += times
        self.assertEqual({(labels["method"], labels["status"]): found.value("roost_requests_total", **labels)
                          for labels in (dict(key[1]) for key in found.samples if key[0] == "roost_requests_total")}, dict(expected))
        self.assertEqual(found.value("roost_requests_refused_total", status="400"), 1)
        self.assertEqual(found.value("roost_requests_in_flight"), 1)
        self.assertEqual(found.value("roost_connections_accepted_total"), connections + 1)
        self.assertEqual(found.value("roost_request_duration_seconds_count"), total)
        self.assertGreater(found.value("roost_received_bytes_total"), total * len("GET / HTTP/1.1\r\n\r\n"))
        self.assertGreater(found.value("roost_sent_bytes_total"), total * len("HTTP/1.1 200 OK\r\n\r\n"))
        self.assertEqual((found.value("roost_workers"), found.value("roost_ready"), found.value("roost_worker_restarts_total")), (workers, 1, 0))
        self.assertGreater(found.value("process_cpu_seconds_total"), 0)
        self.check_families(found)
        self.check_histograms(found)

    def check_families(self, found):
        for name, family in found.families.items():
            self.assertEqual(family.type, FAMILIES.get(name), name)
            self.assertNotEqual(family.documentation, "", name)
            self.assertTrue(family.samples, name)
        self.assertEqual(set(FAMILIES) - set(found.families), ABSENT)

    def check_histograms(self, found):
        for name in HISTOGRAMS:
            buckets = [(dict(labels)["le"], value) for (other, labels), value in found.samples.items() if other == name + "_bucket"]
            bounds = [float(bound) for bound, _ in buckets]
            self.assertEqual((bounds, bounds[-1]), (sorted(bounds), float("inf")), name)
            counts = [count for _, count in buckets]
            self.assertEqual(counts, sorted(counts), name)
            self.assertEqual(counts[-1], found.value(name + "_count"), name)
            self.assertGreaterEqual(found.value(name + "_sum"), 0)

    @each(SWIFT)
    def test_names_are_escaped(self, kind, workers):
        directory = self.enterContext(tempfile.TemporaryDirectory())
        name = 'a "quoted" \\ name'
        os.symlink(binary("INTEGRATION_APP_BIN"), os.path.join(directory, name))
        service = self.serve(kind, workers, command=[os.path.join(directory, name)])
        service.ask()
        self.wait_for(service, "roost_requests_total", 1, app=name)
        self.assertEqual(service.admin.status()["app"], name)

    def test_bytes_are_those_of_the_connections(self):
        service = self.serve(SWIFT, 2)
        request = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n" + b"x" * 5000
        sent = received = 0
        for _ in range(6):
            with service.connector() as connection:
                connection.sendall(request)
                sent += len(request)
                while True:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    received += len(piece)
        self.wait_for(service, "roost_received_bytes_total", sent)
        self.wait_for(service, "roost_sent_bytes_total", received)

    @each(SWIFT)
    def test_refused_proxy_headers_are_counted(self, kind, workers):
        service = self.serve(kind, workers, binds=["unix:{}?proxy_protocol=v2&proxy_allow_from=unix:"])
        for _ in range(3):
            with service.connector() as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                self.assertIn(connection.recv(4096)[:13], (b"", b"HTTP/1.1 400 "))
        self.wait_for(service, "roost_proxy_headers_refused_total", 3)
        self.assertEqual(service.admin.metrics().value("roost_requests_total"), None)

    @each(SWIFT, ASYNCIO)
    def test_the_time_in_the_proxys_queue(self, kind, workers):
        edits = [(r"proxy_set_header Host \$http_host;", 'proxy_set_header Host $http_host; proxy_set_header X-Request-Start "t=${msec}";')]
        for trusted, expected in ((["--forwarded-allow-ips=unix:"], 5), ([], 0)):
            service = self.serve(kind, workers, *trusted)
            nginx = Nginx(self, service.socket, edits)
            for _ in range(5):
                self.assertEqual(ask(nginx.connector, "/").status, 200)
            self.wait_for(service, "roost_requests_total", 5)
            found = service.admin.metrics()
            self.assertEqual(found.value("roost_request_queue_seconds_count"), expected)
            # In seconds: a wrong unit would make days of it.
            self.assertLess(found.value("roost_request_queue_seconds_sum"), 600)
            service.ask()

    @each(SWIFT, ASYNCIO, workers=[2])
    def test_counters_never_go_back(self, kind, workers):
        """Whatever becomes of workers; of a process without a supervisor nothing remains after its end."""
        service = self.serve(kind, workers)
        before = {}

        def check():
            found = service.admin.metrics().counters()
            for key, value in before.items():
                self.assertGreaterEqual(found.get(key, -1), value, key)
            before.update(found)

        def ask_all(total):
            for _ in range(20):
                service.ask()
            service.wait(lambda: check() or service.admin.metrics().value("roost_requests_total") == total,
                         "not {}: {}".format(total, before), pause=0.1)

        def replaced(act, restarts):
            old = service.workers()
            act(old)

            def look():
                check()
                found = service.admin.metrics()
                # A service manager that hears nothing would hold everything up.
                return service.manager.states() and len(service.workers()) == 2 and found.value("roost_workers") == 2 and \
                    found.value("roost_worker_restarts_total") == restarts

            service.wait(look, "they were not replaced", pause=0.1)

        ask_all(20)
        replaced(lambda old: os.kill(min(old), signal.SIGKILL), 1)
        ask_all(40)
        replaced(lambda old: service.signal(signal.SIGHUP), 3)
        ask_all(60)


# MARK: StatsD

class Receiver:
    """A StatsD server: keeps what it gets."""

    def __init__(self, test):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        test.addCleanup(self._socket.close)
        self.address = "127.0.0.1:{}".format(self._socket.getsockname()[1])
        self.lines = []

    def receive(self):
        while True:
            try:
                self.lines += self._socket.recv(65536).decode().split("\n")
            except BlockingIOError:
                return self.lines

    def count(self, name):
        """The sum of a counter."""
        return sum(int(line.split(":")[1].split("|")[0]) for line in self.receive() if line.startswith(name + ":"))


class StatsDTests(MetricsTestCase):
    @each(SWIFT, ASYNCIO, WSGI)
    def test_a_server_is_told_of_every_request(self, kind, workers):
        receiver = Receiver(self)
        service = Service(self, kind, "--workers={}".format(workers), "--statsd-host=" + receiver.address, "--statsd-prefix=shop.",
                          "--dogstatsd-tags=env:test,team:web").wait_until_ready()
        for _ in range(50):
            service.ask()
        ask(service.connector, "/status/404")
        wait_for(lambda: receiver.count("shop.roost.requests") >= 51, lambda: receiver.lines)
        self.assertEqual(receiver.count("shop.roost.requests"), 51)
        self.assertEqual(receiver.count("shop.roost.request.status.200"), 50)
        self.assertEqual(receiver.count("shop.roost.request.status.404"), 1)
        times = [line for line in receiver.lines if line.startswith("shop.roost.request.duration:")]
        self.assertEqual(len(times), 51)
        for line in times:
            self.assertRegex(line, r"^shop\.roost\.request\.duration:\d+\.\d{3}\|ms\|#env:test,team:web$")
        for line in receiver.lines:
            self.assertRegex(line, r"^shop\.roost\.[a-z0-9.]+:[\d.]+\|(c|ms)\|#env:test,team:web$")

        self.assertEqual(ask(service.connector, "/fail").status, 500)
        wait_for(lambda: receiver.count("shop.roost.log.error") == 1, lambda: receiver.lines)
        # What is left is sent at the end.
        service.ask()
        service.stop()
        wait_for(lambda: receiver.count("shop.roost.requests") == 53, lambda: receiver.lines)

    @each(SWIFT, ASYNCIO)
    def test_nobody_listens(self, kind, workers):
        service = Service(self, kind, "--workers={}".format(workers), "--statsd-host=127.0.0.1:{}".format(free_port())).wait_until_ready()
        # More than one datagram holds, so that the refusal of the first is met by the second.
        for answer in crowd(service.connector, 4, 40):
            self.assertEqual(answer.status, 200)
        service.stop()
        self.assertNotIn("error", service.output())

    def test_a_host_that_is_not_there(self):
        service = Service(self, SWIFT, "--statsd-host=no.such.host.invalid")
        self.assertEqual(service.ended(), 2)
        self.assertIn("statsd_host", service.output())


if __name__ == "__main__":
    unittest.main()
