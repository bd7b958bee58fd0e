"""nginx in front of Roost over a Unix socket, with the shipped site."""

import hashlib
import json
import os
import tempfile
import unittest

from clients import Later, ask, crowd
from installation import InstalledTestCase
from nginx import Nginx
from processes import Program
from requirements import binary, deploy, require_programs

CLIENTS = 50


class LoopbackTests(unittest.TestCase):
    """Both started by hand, on a free port."""

    def serve(self, app):
        directory = tempfile.TemporaryDirectory(prefix="roost-app-")
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "app.sock")
        self.roost = Program(self, binary("ROOST_BIN"), "serve", app, "--bind", "unix:" + path).wait_until_ready()
        return Nginx(self, path).connector

    def test_fifty_clients_at_once(self):
        connector = self.serve("builtin:hello")
        answers = crowd(connector, CLIENTS, 20)
        self.assertEqual(len(answers), CLIENTS * 20)
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})

    def test_wsgi_apps_behind_it(self):
        connector = self.serve("builtin:hello-wsgi")
        answers = crowd(connector, CLIENTS, 5)
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})

    def test_bodies_arrive_whole_both_ways(self):
        connector = self.serve("builtin:echo")
        body = os.urandom(3 << 20)
        seen = json.loads(ask(connector, "/upload", method="POST", body=body).body)
        self.assertEqual((seen["body_len"], seen["body_sha256"]), (len(body), hashlib.sha256(body).hexdigest()))
        streamed = ask(connector, "/stream/300")
        self.assertEqual((streamed.status, len(streamed.body)), (200, 300 * 1000))

    def test_what_nginx_tells_the_app(self):
        connector = self.serve("builtin:echo")
        forged = {"Forwarded": "for=192.0.2.1", "X-Forwarded-Prefix": "/forged", "X-Forwarded-Host": "forged", "X-Forwarded-Proto": "https",
                  "Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Tracestate": "a=1", "Baggage": "a=1"}
        seen = json.loads(ask(connector, "/a%20b?c=d", headers=forged).body)
        headers = {}
        for name, value in seen["headers"]:
            self.assertNotIn(name, headers, "twice")
            headers[name] = value
        self.assertEqual(seen["http_version"], "1.1")
        self.assertEqual((seen["raw_path"], seen["query_string"]), ("/a%20b", "c=d"))
        self.assertEqual(headers["host"], "hello.example")
        self.assertEqual(headers["x-forwarded-for"], "127.0.0.1")
        self.assertEqual(headers["x-forwarded-proto"], "http")
        self.assertEqual(headers["x-forwarded-host"], "hello.example")
        for name in ("connection", "forwarded", "x-forwarded-prefix", "traceparent", "tracestate", "baggage"):
            self.assertNotIn(name, headers)


class InstalledTests(InstalledTestCase):
    """nginx.service and roost@hello on the throw-away systemd, every shipped file as it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_programs("nginx")
        cls.machine.install(deploy("nginx", "hello.conf"), "/etc/nginx/conf.d/hello.conf")
        cls.machine.systemctl("restart", "nginx.service")

    @classmethod
    def tearDownClass(cls):
        cls.machine.systemctl("stop", "nginx.service")
        cls.machine.remove("/etc/nginx/conf.d/hello.conf")

    def setUp(self):
        self.hello = self.app("hello")
        self.machine.systemctl("start", self.hello.socket)

    def connector(self):
        return self.machine.connect(("127.0.0.1", 80))

    def connections(self):
        """How many connections to the app's socket there are."""
        lines = self.machine.run("cat", "/proc/net/unix").stdout.splitlines()
        CONNECTED = "03"
        return sum(1 for fields in map(str.split, lines) if fields[-1] == self.hello.path and fields[5] == CONNECTED)

    def test_fifty_clients_at_once_and_connections_are_kept(self):
        answers = crowd(self.connector, CLIENTS, 20)
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})
        workers = int(self.machine.run("nproc").stdout)
        self.assertGreaterEqual(self.connections(), 1)
        self.assertLessEqual(self.connections(), 32 * workers)
        kept = self.connections()
        for _ in range(20):
            self.assertEqual(ask(self.connector).status, 200)
        self.assertLessEqual(self.connections(), kept + workers, "each request made a connection of its own")

    def test_a_restart_of_the_app_under_load_is_not_noticed(self):
        self.assertEqual(ask(self.connector).status, 200)
        load = Later(crowd, self.connector, 10, 100)
        self.machine.systemctl("restart", self.hello.service)
        self.assertEqual({answer.status for answer in load.result()}, {200})


if __name__ == "__main__":
    unittest.main()
