"""HTTP/2 in clear text: curl, nghttp, h2load and httpx, HAProxy and nginx in front, and gRPC."""

import json
import os
import re
import subprocess
import unittest

from nginx import CONFIGURATION
from processes import free_port
from python_apps import ALL, GRPC, PythonTestCase, environment
from requirements import require_programs
from shipped import Proxy

FOLDER = os.path.dirname(os.path.abspath(__file__))

HAPROXY = """
global
    log stderr local0 warning
defaults
    mode http
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend plain
    bind 127.0.0.1:{plain}
    default_backend app
frontend http2
    bind 127.0.0.1:{http2} proto h2
    default_backend app
backend app
    http-reuse always
    server app unix@{socket} proto h2 {flags}
"""

NGINX = """http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    upstream app {{ server unix:{socket}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port} http2;
        client_max_body_size 0;
        location / {{ grpc_pass grpc://app; grpc_set_header x-from nginx; }}
    }}
}}"""


def output(*command, expected=0):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    if done.returncode != expected:
        raise AssertionError("{} ended with {}: {}{}".format(command, done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
    return done.stdout


def grpc(address):
    """What a client of gRPC makes of every kind of call."""
    python = os.path.join(environment(GRPC), "bin", "python")
    return json.loads(output(python, os.path.join(FOLDER, "grpc_client.py"), address))


EXPECTED = {
    "unary": "cba", "large": True, "server streaming": True, "client streaming": "300000", "both": ["ONE", "TWO", "THREE"],
    "Fail": ["NOT_FOUND", "no such thing"], "Missing": ["UNIMPLEMENTED", ""], "deadline": "DEADLINE_EXCEEDED", "cancelled": True, "afterwards": "llits",
}


class HTTP2TestCase(PythonTestCase):
    requirements = ALL

    def serve(self, *flags, worker_class="asyncio"):
        server = self.start("http2:app", "--early-hints", "--disconnect-grace", "300ms", "--worker-class", worker_class, *flags)
        return server.wait_until_ready()

    def serve_tcp(self, *flags, worker_class="asyncio"):
        self.port = free_port()
        return self.start(
            "http2:app", "--early-hints", "--disconnect-grace", "300ms", "--worker-class", worker_class, *flags,
            binds=["127.0.0.1:{}".format(self.port)]).wait_until_ready()


class ClientTests(HTTP2TestCase):
    def test_curl(self):
        require_programs("curl")
        server = self.serve("--access-logfile", "-", "--access-log-format", "%(H)s %(m)s %(U)s %(s)s")
        curl = ("curl", "--silent", "--show-error", "--http2-prior-knowledge", "--unix-socket", server.socket)
        seen = json.loads(output(*curl, "http://hello.example/scope", "-H", "cookie: a=1"))
        self.assertEqual((seen["http_version"], seen["scheme"], seen["method"], seen["client"]), ("2", "http", "GET", None))
        self.assertIn(["host", "hello.example"], seen["headers"])
        self.assertIn("http.response.trailers", seen["extensions"])
        path = server.path("upload")
        with open(path, "wb") as file:
            file.write(os.urandom(3 << 20))
        output(*curl, "--data-binary", "@" + path, "-o", path + ".back", "http://hello.example/echo")
        with open(path, "rb") as sent, open(path + ".back", "rb") as returned:
            self.assertEqual(sent.read(), returned.read())
        self.assertEqual(output(*curl, "-w", "%{http_version} %{http_code}", "-o", "/dev/null", "http://hello.example/trailers"), b"2 200")
        self.assertEqual(output(*curl, "--head", "http://hello.example/trailers").split(b"\r\n")[0], b"HTTP/2 200 ")
        # 92: the stream was reset.
        output(*curl, "http://hello.example/fail", expected=92)
        server.wait_for_output("^HTTP/2 GET /scope 200$")
        server.wait_for_output("^HTTP/2 POST /echo 200$")

    def test_an_upgrade_is_answered_over_http_1(self):
        require_programs("curl")
        server = self.serve()
        curl = ("curl", "--silent", "--http2", "--unix-socket", server.socket, "-w", " %{http_version}", "http://hello.example/trailers")
        self.assertEqual(output(*curl), b"body 1.1")

    def test_switched_off(self):
        require_programs("curl")
        server = self.serve("--no-http2")
        curl = ("curl", "--silent", "--unix-socket", server.socket, "http://hello.example/scope")
        self.assertNotEqual(subprocess.run([*curl, "--http2-prior-knowledge"], stdout=subprocess.DEVNULL).returncode, 0)
        self.assertEqual(json.loads(output(*curl))["http_version"], "1.1")

    def test_nghttp_sees_hints_and_trailer_fields(self):
        require_programs("nghttp")
        self.serve_tcp()
        base = "http://127.0.0.1:{}".format(self.port)
        said = output("nghttp", "--verbose", base + "/hints", base + "/trailers").decode()
        self.assertRegex(said, r":status: 103")
        self.assertRegex(said, r"link: </style.css>; rel=preload")
        self.assertRegex(said, r"x-sum: 4")

    def test_h2load(self):
        require_programs("h2load")
        self.serve_tcp()
        said = output("h2load", "-n", "2000", "-c", "8", "-m", "10", "http://127.0.0.1:{}/trailers".format(self.port)).decode()
        self.assertIn("2000 succeeded, 0 failed, 0 errored, 0 timeout", said)

    def test_the_server_stops_while_clients_ask(self):
        require_programs("h2load")
        server = self.serve_tcp()
        load = subprocess.Popen(["h2load", "-D", "4", "-c", "4", "-m", "5", "http://127.0.0.1:{}/trailers".format(self.port)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(load.communicate)
        server.wait_for(lambda: json.loads(output("curl", "-s", "http://127.0.0.1:{}/scope".format(self.port))), "no answer")
        self.assertEqual(server.terminate().wait(), 0)
        self.assertNotIn("error", re.sub("on purpose", "", server.output()))


class LoopBehaviour:
    """The same with each loop of Python's."""

    worker_class = None

    def test_streams_trailers_and_disconnects(self):
        server = self.serve(worker_class=self.worker_class)
        script = os.path.join(FOLDER, "httpx_client.py")
        found = json.loads(output(os.path.join(environment(ALL), "bin", "python"), script, server.socket))
        self.assertEqual(found, {"version": "HTTP/2", "echo": True, "at once": True, "trailers": "body", "failed": True, "begun": "begun"})
        server.wait_for_event("disconnected")

    def test_large_bodies_at_once_on_one_connection(self):
        require_programs("h2load")
        server = self.serve(worker_class=self.worker_class)
        path = server.path("upload")
        with open(path, "wb") as file:
            file.write(os.urandom(3 << 20))
        said = output("h2load", "-n", "20", "-c", "1", "-m", "5", "-d", path, "-B", "unix:" + server.socket, "http://hello.example/echo").decode()
        self.assertIn("20 succeeded, 0 failed, 0 errored, 0 timeout", said)
        self.assertIn("({}) data".format(20 * (3 << 20)), said)

    def test_grpc(self):
        server = self.serve(worker_class=self.worker_class)
        self.assertEqual(grpc("unix:" + server.socket), EXPECTED)
        server.wait_for(lambda: server.events().count("call ended by its client") == 2, "the app is not told that its clients have gone")
        self.assertNotIn("Traceback", server.output())


class AsyncioTests(LoopBehaviour, HTTP2TestCase):
    worker_class = "asyncio"


class UvloopTests(LoopBehaviour, HTTP2TestCase):
    worker_class = "uvloop"


class TrioTests(LoopBehaviour, HTTP2TestCase):
    worker_class = "trio"


class ProxyTests(HTTP2TestCase):
    def haproxy(self, server, flags=""):
        require_programs("haproxy")
        proxy = Proxy(self)
        proxy.ports = {"plain": free_port(), "http2": free_port()}
        proxy.write("haproxy.cfg", HAPROXY.format(socket=server.socket, flags=flags, **proxy.ports))
        proxy.start(["haproxy", "-db", "-f", proxy.path("haproxy.cfg")], *proxy.ports.values())
        return proxy

    def test_haproxy(self):
        server = self.serve()
        proxy = self.haproxy(server)
        for flags in ((), ("--http2-prior-knowledge",)):
            port = proxy.ports["http2" if flags else "plain"]
            seen = json.loads(output("curl", "--silent", *flags, "http://127.0.0.1:{}/scope".format(port)))
            self.assertEqual((seen["http_version"], seen["client"]), ("2", None))
        self.assertEqual(grpc("127.0.0.1:{}".format(proxy.ports["http2"])), EXPECTED)
        server.wait_for(lambda: server.events().count("call ended by its client") == 2, "the app is not told that its clients have gone")

    def test_haproxy_with_a_proxy_header(self):
        server = self.serve("--proxy-protocol", "v2")
        proxy = self.haproxy(server, "send-proxy-v2")
        curl = ("curl", "--silent", "--interface", "127.0.0.5", "http://127.0.0.1:{}/scope".format(proxy.ports["plain"]))
        seen = json.loads(output(*curl))
        self.assertEqual((seen["http_version"], seen["client"][0]), ("2", "127.0.0.5"))
        self.assertEqual(grpc("127.0.0.1:{}".format(proxy.ports["http2"])), EXPECTED)

    def test_nginx(self):
        require_programs("nginx")
        server = self.serve()
        proxy, port = Proxy(self), free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        proxy.write("nginx.conf", CONFIGURATION.format(user=user, modules="", sites=NGINX.format(socket=server.socket, port=port)))
        proxy.start(["nginx", "-p", proxy.directory, "-c", "nginx.conf", "-e", "stderr"], port)
        seen = json.loads(output("curl", "--silent", "--http2-prior-knowledge", "http://127.0.0.1:{}/scope".format(port)))
        self.assertEqual(seen["http_version"], "2")
        self.assertIn(["x-from", "nginx"], seen["headers"])
        self.assertEqual(grpc("127.0.0.1:{}".format(port)), EXPECTED)
        server.wait_for(lambda: server.events().count("call ended by its client") == 2, "the app is not told that its clients have gone")


if __name__ == "__main__":
    unittest.main()
