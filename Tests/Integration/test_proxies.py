"""Who is calling, through nginx and HAProxy with the shipped configurations."""

import os
import socket
import ssl
import subprocess
import time
import unittest

from calling import HOST, LIES, ProxyTestCase, Seen, exchange, loopback, request, v1, v2
from certificates import Authority
from clients import Connection, ask, unix
from haproxy import Haproxy
from installation import InstalledTestCase
from nginx import Nginx, NginxStream
from processes import free_port
from requirements import deploy, require_programs
from shipped import replace

CLIENT_NAME = "Zoë, Lovelace & Co"
NOBODY = 65534
TLS_1_3, TLS_1_2 = 0x0304, 0x0303
# The TLVs of PROXY version 2, and HAProxy's flags for what the client did.
ALPN, AUTHORITY, CRC32C, UNIQUE_ID, SSL = 0x01, 0x02, 0x03, 0x05, 0x20
CLIENT_SSL, CLIENT_CERTIFICATE_ON_CONNECTION, CLIENT_CERTIFICATE_IN_SESSION = 1, 2, 4


def setUpModule():
    global authority, server_certificate, client_certificate
    authority = Authority()
    unittest.addModuleCleanup(authority.remove)
    server_certificate, client_certificate = authority.sign(HOST, host=HOST), authority.sign(CLIENT_NAME)


def through_tls(connector, certificate=None, alpn=()):
    """Connects by `connector` and speaks TLS there."""
    context = authority.client_context(certificate, alpn)
    return lambda: context.wrap_socket(connector(), server_hostname=HOST)


class NginxBehaviour:
    """nginx reads the requests and names the client in header fields."""

    def nginx(self, *flags):
        self.serve(*flags)
        return Nginx(self, self.socket).port

    def test_nginx_names_the_client(self):
        port = self.nginx("--forwarded-allow-ips", "unix:")
        for client in ("127.0.0.5", "127.0.0.6", "127.1.2.3"):
            seen = self.ask(loopback(port, client))
            self.assertEqual((seen.client, seen.port, seen.scheme, seen.host), (client, 0, "http", HOST))
            self.assertNotIn("proxy_protocol", seen.extensions)
            self.assertNotIn("tls", seen.extensions)
            self.assertEqual(seen.extensions["roost.peer"]["uid"], os.geteuid())

    def test_a_client_cannot_lie_to_nginx(self):
        port = self.nginx("--forwarded-allow-ips", "unix:")
        seen = self.ask(loopback(port, "127.0.0.5"), headers=LIES)
        self.assert_is_honest(seen, "127.0.0.5")
        self.assertNotIn("forwarded", seen.headers)

    def test_the_nearest_host_that_is_not_trusted_counts_when_everyone_is(self):
        port = self.nginx("--forwarded-allow-ips", "*")
        self.assert_is_honest(self.ask(loopback(port, "127.0.0.5"), headers=LIES), "127.0.0.5")

    def test_a_number_of_hops_instead_of_addresses(self):
        port = self.nginx("--forwarded-hops", "1")
        self.assert_is_honest(self.ask(loopback(port, "127.0.0.5"), headers=LIES), "127.0.0.5")

    def test_several_requests_of_one_connection_are_the_clients(self):
        port = self.nginx("--forwarded-allow-ips", "unix:")
        clients = ["127.0.0.5", "127.0.0.6"]
        connections = [Connection(loopback(port, client)) for client in clients]
        for connection in connections:
            self.addCleanup(connection.close)
        for _ in range(5):
            # In turns, on connections to the app that nginx uses for both.
            self.assertEqual([self.ask(connection).client for connection in connections], clients)

    def test_a_proxy_that_is_not_trusted_is_not_believed(self):
        port = self.nginx()
        seen = self.ask(loopback(port, "127.0.0.5"))
        self.assertEqual((seen.client, seen.scheme), (None, "http"))
        self.assertEqual(seen.headers["x-forwarded-for"], "127.0.0.5")

    def test_the_request_id_is_nginx_s(self):
        port = self.nginx("--forwarded-allow-ips", "unix:")
        with Connection(loopback(port)) as connection:
            ids = set()
            for _ in range(3):
                seen = self.ask(connection, headers={"X-Request-ID": "evil-id"})
                self.assertEqual(seen.headers["x-request-id"], seen.request_id)
                self.assertRegex(seen.request_id, "^[0-9a-f]{32}$")
                ids.add(seen.request_id)
        self.assertEqual(len(ids), 3)


class StreamBehaviour:
    """Proxies that pass TCP on and begin it with a PROXY header."""

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.address = "127.0.0.1:{}".format(self.port)

    def binds(self, protocol):
        """Each kind of bind: what Roost is told, what the proxy is told, and whether it is a Unix socket."""
        return (("unix:{}?proxy_protocol={}".format(self.socket, protocol), self.socket, True),
                ("{}?proxy_protocol={}".format(self.address, protocol), self.address, False))

    def expect_client(self, connector, version, is_unix, requests=3):
        """Several requests on one connection from 127.0.0.5, with lies; gives what the app saw of each."""
        with Connection(connector) as connection:
            connection.connect()
            own, other = list(connection.sock.getsockname()), list(connection.sock.getpeername())
            first, all_seen = connection.sock, []
            for _ in range(requests):
                seen = self.ask(connection, headers=LIES)
                self.assertIs(connection.sock, first, "the connection was not kept")
                self.assert_is_honest(seen, own[0], seen.scheme)
                self.assertEqual(seen.port, own[1])
                proxy = seen.proxy
                self.assertEqual((proxy["version"], proxy["command"], proxy["source"], proxy["destination"]),
                                 (version, "proxy", own, other))
                self.assertEqual(seen.server, tuple(other))
                self.assertEqual("roost.peer" in seen.extensions, is_unix)
                all_seen.append(seen)
        self.assertEqual(own[0], "127.0.0.5")
        return all_seen

    def test_nginx_stream_sends_version_1(self):
        for bind, app, is_unix in self.binds("v1"):
            with self.subTest(bind=bind):
                self.serve(binds=[bind])
                port = NginxStream(self, app).port
                for seen in self.expect_client(loopback(port, "127.0.0.5"), 1, is_unix):
                    self.assertEqual((seen.scheme, seen.proxy["tlvs"]), ("http", []))
                    self.assertNotIn("tls", seen.extensions)
                    self.assertRegex(seen.request_id, "^[0-9a-f]{32}$")

    def test_haproxy_sends_version_1(self):
        for bind, app, is_unix in self.binds("v1"):
            with self.subTest(bind=bind):
                self.serve(binds=[bind])
                port = self.haproxy(plain=app).ports["plain"]
                for seen in self.expect_client(loopback(port, "127.0.0.5"), 1, is_unix):
                    self.assertEqual((seen.scheme, seen.proxy["tlvs"]), ("http", []))

    def haproxy(self, is_checking=False, **apps):
        return Haproxy(self, authority, server_certificate, apps, is_checking=is_checking)

    def haproxy_tls(self, is_unix):
        bind, app, _ = self.binds("v2")[0 if is_unix else 1]
        self.serve(binds=[bind])
        way = "tls" if is_unix else "tls_tcp"
        return loopback(self.haproxy(**{way: app}).ports[way], "127.0.0.5")

    def test_haproxy_ends_tls_and_tells_all_it_knows_in_version_2(self):
        for is_unix in (True, False):
            with self.subTest(unix=is_unix):
                connector = through_tls(self.haproxy_tls(is_unix), client_certificate, ("http/1.1",))
                all_seen = self.expect_client(connector, 2, is_unix)
                for number, seen in enumerate(all_seen, 1):
                    self.assertEqual(seen.scheme, "https")
                    self.assertEqual(seen.proxy["alpn"], "http/1.1")
                    self.assertEqual(seen.proxy["authority"], HOST)
                    self.assertEqual({kind for kind, _ in seen.proxy["tlvs"]}, {ALPN, AUTHORITY, CRC32C, UNIQUE_ID, SSL})
                    told = seen.proxy["ssl"]
                    self.assertEqual(told["client"], CLIENT_SSL | CLIENT_CERTIFICATE_ON_CONNECTION | CLIENT_CERTIFICATE_IN_SESSION)
                    self.assertEqual((told["verify"], told["cn"], told["version"]), (0, CLIENT_NAME, "TLSv1.3"))
                    self.assertEqual((told["key_alg"], told["sig_alg"]), ("EC256", "ecdsa-with-SHA256"))
                    tls = seen.extensions["tls"]
                    self.assertEqual(tls["tls_version"], TLS_1_3)
                    self.assertIn(tls["cipher_suite"], (0x1301, 0x1302, 0x1303))
                    self.assertEqual(tls["client_cert_name"], "CN=" + CLIENT_NAME.replace(",", "\\,"))
                    self.assertNotIn("client_cert_error", tls)
                    # HAProxy's id names the connection, and Roost tells its requests apart.
                    unique = seen.proxy["unique_id"]
                    self.assertRegex(unique, "^7F000005:")
                    self.assertEqual(seen.request_id, unique if number == 1 else "{}-{}".format(unique, number))

    def test_haproxy_offers_http_2_which_roost_speaks(self):
        require_programs("curl")
        for is_unix in (True, False):
            with self.subTest(unix=is_unix):
                bind, app, _ = self.binds("v2")[0 if is_unix else 1]
                self.serve(binds=[bind])
                way = "tls" if is_unix else "tls_tcp"
                port = self.haproxy(**{way: app}).ports[way]
                done = subprocess.run(
                    ["curl", "-sS", "--http2", "--max-time", "60", "--cacert", authority.certificate, "--interface", "127.0.0.5",
                     "--resolve", "{}:{}:127.0.0.1".format(HOST, port), "-w", "%{stderr}%{http_version}", "https://{}:{}/".format(HOST, port)],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
                seen = Seen.of(done.stdout)
                self.assertEqual((done.stderr, seen.proxy["alpn"], seen.client, seen.scheme), (b"2", "h2", "127.0.0.5", "https"))

    def test_a_tls_client_without_a_certificate(self):
        connector = self.haproxy_tls(is_unix=True)
        context = authority.client_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        for seen in self.expect_client(lambda: context.wrap_socket(connector(), server_hostname=HOST), 2, True):
            self.assertEqual((seen.scheme, seen.proxy["ssl"]["client"]), ("https", CLIENT_SSL))
            self.assertNotIn("alpn", seen.proxy)
            tls = seen.extensions["tls"]
            self.assertEqual((tls["tls_version"], tls["client_cert_chain"]), (TLS_1_2, []))
            # One of those with ECDSA that the shipped file allows.
            self.assertIn(tls["cipher_suite"], (0xC02B, 0xC02C, 0xCCA9))
            self.assertNotIn("client_cert_name", tls)

    def test_a_certificate_of_another_authority_is_none(self):
        stranger = Authority("Another Authority")
        self.addCleanup(stranger.remove)
        connector = through_tls(self.haproxy_tls(is_unix=True), stranger.sign("mallory"))
        token = self.token()
        with self.assertRaises((ssl.SSLError, OSError)):
            ask(connector, "/" + token)
        self.assert_unheard(token, unix(self.socket), v2(("192.0.2.1", 1)))

    def test_haproxy_in_http_mode_names_the_client_in_fields(self):
        self.serve("--forwarded-allow-ips", "unix:")
        port = self.haproxy(http=self.socket).ports["http"]
        for client in ("127.0.0.5", "127.0.0.6"):
            with Connection(loopback(port, client)) as connection:
                for _ in range(3):
                    seen = self.ask(connection, headers=LIES)
                    self.assert_is_honest(seen, client)
                    self.assertNotIn("forwarded", seen.headers)
                    for name in ("host", "port", "prefix"):
                        self.assertNotIn("x-forwarded-" + name, seen.headers)
                    self.assertEqual(seen.headers["x-request-id"], seen.request_id)
                    self.assertRegex(seen.request_id, "^7F00000[56]:")

    def test_nginx_before_haproxy(self):
        """The PROXY header names nginx, which is trusted, and so its fields name the client."""
        self.serve("--forwarded-allow-ips", "127.0.0.1",
                   binds=["unix:{}?proxy_protocol=v2".format(self.socket)])
        haproxy = self.haproxy(tls=self.socket).ports["tls"]
        nginx = Nginx(self, "127.0.0.1:{}".format(haproxy), edits=[(r"http://roost_hello;", "https://roost_hello;")])
        with Connection(loopback(nginx.port, "127.0.0.5")) as connection:
            for _ in range(3):
                seen = self.ask(connection, headers=LIES)
                self.assert_is_honest(seen, "127.0.0.5")
                self.assertEqual(seen.port, 0)
                self.assertEqual((seen.proxy["version"], seen.proxy["source"][0]), (2, "127.0.0.1"))
        # Who goes past nginx is not trusted.
        direct = through_tls(loopback(haproxy, "127.0.0.6"))
        self.assert_is_honest(self.ask(direct, headers=LIES), "127.0.0.6", "https")

    def test_health_checks_of_haproxy_are_answered(self):
        plain, http = os.path.join(self.directory, "v1.sock"), os.path.join(self.directory, "http.sock")
        self.serve(binds=["unix:{}?proxy_protocol=v2".format(self.socket), self.address + "?proxy_protocol=v2",
                          "unix:{}?proxy_protocol=v1".format(plain), "unix:{}?forwarded_allow_ips=unix:".format(http)])
        haproxy = self.haproxy(is_checking=True, tls=self.socket, tls_tcp=self.address, plain=plain, http=http)
        for way in ("tls", "tls_tcp", "plain", "http"):
            good = "server hello_{}/hello succeeded".format(way)
            self.wait_for(lambda: good in haproxy.output(), "not checked: " + good + "\n" + haproxy.output())
        self.wait_for(lambda: len(self.access_lines()) >= 4, "checks are missing")
        for line in self.access_lines():
            self.assertIn('"GET / ', line)
            self.assertIn(" 200 ", line)
        # HAProxy asks for itself: on a Unix socket that is nobody with an address, on TCP it is its own.
        self.assertEqual({line.split(" ")[0] for line in self.access_lines()} - {"-", "unix:"}, {"127.0.0.1"})
        self.assertEqual(self.log_lines("400|malformed|refused"), [])
        self.assertEqual(self.ask(loopback(haproxy.ports["plain"], "127.0.0.5")).client, "127.0.0.5")

    def test_a_header_that_roost_was_not_told_of_is_a_400_with_one_line(self):
        self.serve()
        port = NginxStream(self, self.socket).port
        # Trying whether nginx is there was a connection with a header as well.
        before = len(self.wait_for_lines("proxy_protocol"))
        token = self.token()
        self.assertEqual(ask(loopback(port), "/" + token).status, 400)
        self.assert_unheard(token, unix(self.socket))
        self.assertEqual(len(self.wait_for_lines("proxy_protocol", before + 1)), before + 1)

    def test_a_header_that_is_missing_is_refused_with_a_line(self):
        for protocol in ("v1", "v2", "required"):
            with self.subTest(protocol=protocol):
                self.serve(binds=["unix:{}?proxy_protocol={}".format(self.socket, protocol)])
                port = Nginx(self, self.socket).port
                token = self.token()
                self.assertIn(ask(loopback(port), "/" + token).status, (400, 502))
                header = (v1 if protocol == "v1" else v2)(("192.0.2.1", 1))
                self.assert_unheard(token, unix(self.socket), header)
                self.wait_for_lines("proxy_protocol")
                self.roost.terminate().wait()

    def test_the_other_version_is_refused(self):
        for protocol, header, right in (("v1", v2, v1), ("v2", v1, v2)):
            with self.subTest(protocol=protocol):
                self.serve(binds=["unix:{}?proxy_protocol={}".format(self.socket, protocol)])
                token = self.token()
                self.assert_refused(exchange(unix(self.socket), header(("192.0.2.1", 1)) + request("/" + token)))
                self.assert_unheard(token, unix(self.socket), right(("192.0.2.1", 1)))
                self.wait_for_lines("proxy_protocol")
                self.roost.terminate().wait()


class NginxASGITests(NginxBehaviour, ProxyTestCase):
    app = "builtin:echo"


class NginxWSGITests(NginxBehaviour, ProxyTestCase):
    app = "builtin:echo-wsgi"


class StreamASGITests(StreamBehaviour, ProxyTestCase):
    app = "builtin:echo"


class StreamWSGITests(StreamBehaviour, ProxyTestCase):
    app = "builtin:echo-wsgi"


class ShippedFileTests(unittest.TestCase):
    def test_haproxy_finds_nothing_wrong_with_the_configuration(self):
        self.assertEqual(Haproxy(self, authority, server_certificate, {}).verdict(), "Configuration file is valid")


class InstalledTests(InstalledTestCase):
    """The shipped files on the throw-away systemd, every one as it is."""

    def hello(self, edit):
        """The app hello with the shipped configuration, but for the echo app and for what `edit` makes of it; afterwards as it was."""
        shipped = deploy("examples", "hello.toml")
        self.addCleanup(self.machine.install, shipped, "/etc/roost/hello.toml")
        with open(shipped) as file:
            configuration = replace("builtin:hello", "builtin:echo", file.read())
        app = self.app("hello", edit(configuration))
        self.machine.systemctl("start", app.socket)
        return app

    def expecting(self, protocol):
        """An edit: the address takes PROXY headers of this version."""
        bind = 'bind = [{{ address = "systemd:", proxy_protocol = "{}" }}]'.format(protocol)
        return lambda configuration: replace(r'^bind = \["systemd:"\]$', bind, configuration)

    def restart(self, service):
        self.addCleanup(self.machine.systemctl, "stop", service)
        self.machine.systemctl("restart", service)

    def connector(self, port, source="127.0.0.5"):
        def connect():
            made = self.machine.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                made.settimeout(30)
                made.bind((source, 0))
                made.connect(("127.0.0.1", port))
            except BaseException:
                made.close()
                raise
            return made
        return connect

    def test_haproxy_ends_tls(self):
        require_programs("haproxy")
        self.hello(self.expecting("v2"))
        self.machine.install(deploy("haproxy", "hello.cfg"), "/etc/haproxy/haproxy.cfg")
        self.machine.install(server_certificate, "/etc/haproxy/hello.example.pem", 0o600)
        self.machine.install(authority.certificate, "/etc/haproxy/clients.pem")
        self.restart("haproxy.service")
        seen = Seen.of(ask(through_tls(self.connector(443), client_certificate)).body)
        self.assertEqual((seen.client, seen.scheme), ("127.0.0.5", "https"))
        self.assertEqual(seen.proxy["ssl"]["cn"], CLIENT_NAME)
        # To a service with PrivateUsers= all users but its own and root are this one.
        self.assertEqual(seen.extensions["roost.peer"]["uid"], NOBODY)
        # HAProxy's own log is found under its unit, with the right priority.
        deadline = time.monotonic() + 10
        while True:
            lines = [entry for entry in self.machine.journal("haproxy.service") if "hello_tls/hello" in entry["MESSAGE"]
                     and entry["MESSAGE"].startswith("127.0.0.5:")]
            if lines or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.assertEqual([line["PRIORITY"] for line in lines], ["6"], self.machine.log("haproxy.service"))

    def test_nginx_passes_tcp_on(self):
        require_programs("nginx")
        self.hello(self.expecting("v1"))
        self.machine.install(deploy("nginx", "hello-stream.conf"), "/etc/nginx/hello-stream.conf")
        # Debian's own site has port 80.
        default = "/etc/nginx/sites-enabled/default"
        if os.path.lexists(self.machine.path(default)):
            self.machine.run("mv", default, "/etc/nginx/default.away")
            self.addCleanup(self.machine.run, "mv", "/etc/nginx/default.away", default)
        with open(self.machine.path("/etc/nginx/nginx.conf")) as file:
            configuration = file.read()
        self.addCleanup(self.machine.write, "/etc/nginx/nginx.conf", configuration)
        self.machine.write("/etc/nginx/nginx.conf", configuration + "\ninclude hello-stream.conf;\n")
        self.restart("nginx.service")
        seen = Seen.of(ask(self.connector(80)).body)
        self.assertEqual((seen.client, seen.scheme, seen.proxy["version"]), ("127.0.0.5", "http", 1))

    def test_nginx_names_the_client(self):
        require_programs("nginx")
        self.hello(lambda configuration: configuration)
        self.machine.install(deploy("nginx", "hello.conf"), "/etc/nginx/conf.d/hello.conf")
        self.addCleanup(self.machine.remove, "/etc/nginx/conf.d/hello.conf")
        self.restart("nginx.service")
        seen = Seen.of(ask(self.connector(80), headers=LIES).body)
        self.assertEqual((seen.client, seen.scheme, seen.host, seen.prefix), ("127.0.0.5", "http", HOST, ""))
        self.assertEqual(seen.request_id, seen.headers["x-request-id"])


if __name__ == "__main__":
    unittest.main()
