"""WebSockets of an app in Swift: through nginx and HAProxy with the shipped configurations, over TLS, in a browser, and over the ends of processes."""

import os
import signal
import socket
import struct
import unittest

from browser import Browser
from calling import HOST, ProxyTestCase, loopback, v2
from certificates import Authority
from clients import ask, unix
from haproxy import Haproxy
from nginx import Nginx
from processes import free_port
from python_apps import MIB, tool
from services import SWIFT, Load, Service
from sockets import PlainSocket, ending, opened

MESSAGES = ("", "hello", "caf\u00e9 \u2615 \U0001f600", b"", b"\0\xff", "x" * 125, "y" * 126, "z" * 65536, "\u00e9" * (MIB // 2), os.urandom(MIB))
CLOSE, PING, PONG = 8, 9, 10


def setUpModule():
    global authority, certificate
    authority = Authority()
    unittest.addModuleCleanup(authority.remove)
    certificate = authority.sign(HOST, host=HOST)


def compression(client):
    """Whether permessage-deflate was agreed upon."""
    return [extension.name for extension in client.protocol.extensions] == ["permessage-deflate"]


class SocketTestCase(ProxyTestCase):
    app = "builtin:echo"

    def connect(self):
        return unix(self.socket, timeout=60)()

    def echo(self, client):
        for message in MESSAGES:
            client.send(message)
            self.assertEqual(client.recv(timeout=60), message)
        # And many that were sent before the first is taken.
        for message in MESSAGES[:7] * 20:
            client.send(message)
        for message in MESSAGES[:7] * 20:
            self.assertEqual(client.recv(timeout=60), message)

    def echo_all(self, connector, **options):
        """Messages of all kinds, as they are and compressed; gives the lines of the access log."""
        lines = []
        for kind in (None, "deflate"):
            with self.subTest(compression=kind):
                token = self.token()
                with opened(connector, "/" + token, compression=kind, max_size=None, **options) as client:
                    self.assertEqual((client.response.status_code, compression(client)), (101, kind == "deflate"))
                    self.echo(client)
                    client.close(4001, "bye")
                    self.assertEqual(client.protocol.close_rcvd.code, 4001)
                lines.append(self.logged(token))
        return lines

    def haproxy(self, **apps):
        return Haproxy(self, authority, certificate, apps, is_checking=False)


class ProxyTests(SocketTestCase):
    """Each with the configuration that is shipped."""

    def assert_client(self, lines, client):
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertEqual(line.split(" ")[0], client, line)
            self.assertIn(" 101 ", line)

    def test_without_a_proxy(self):
        self.serve()
        self.echo_all(self.connect)

    def test_nginx(self):
        self.serve("--forwarded-allow-ips", "unix:")
        nginx = Nginx(self, self.socket)
        self.assert_client(self.echo_all(loopback(nginx.port, "127.0.0.5")), "127.0.0.5")

    def test_nginx_changes_to_nothing_else_and_lets_connections_open(self):
        self.serve("--forwarded-allow-ips", "unix:")
        nginx = Nginx(self, self.socket)
        for upgrade in (None, "h2c", "websockets"):
            seen = self.ask(loopback(nginx.port), headers={"Upgrade": upgrade, "Connection": "Upgrade"} if upgrade else {})
            self.assertNotIn("connection", seen.headers)
        # A word in any case is one.
        answer = ask(loopback(nginx.port), headers={
            "Upgrade": "WebSocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        self.assertEqual((answer.status, answer.headers["upgrade"]), (101, "websocket"))

    def test_haproxy_that_reads_requests(self):
        self.serve("--forwarded-allow-ips", "unix:")
        self.assert_client(self.echo_all(loopback(self.haproxy(http=self.socket).ports["http"], "127.0.0.5")), "127.0.0.5")

    def test_haproxy_that_ends_tls_and_sends_a_proxy_header(self):
        self.serve(binds=["unix:{}?proxy_protocol=v2".format(self.socket)])
        port = self.haproxy(tls=self.socket).ports["tls"]
        lines = self.echo_all(loopback(port, "127.0.0.5"), tls=authority.client_context(alpn=["http/1.1"]))
        self.assert_client(lines, "127.0.0.5")

    def test_a_proxy_header(self):
        self.serve(binds=["unix:{}?proxy_protocol=v2".format(self.socket)])

        def connect():
            made = self.connect()
            made.sendall(v2(("192.0.2.7", 4000)))
            return made

        self.assert_client(self.echo_all(connect), "192.0.2.7")

    def test_tls(self):
        port = free_port()
        self.serve("--certfile", certificate, binds=["127.0.0.1:{}".format(port)])
        lines = self.echo_all(loopback(port, "127.0.0.5"), tls=authority.client_context(alpn=["http/1.1"]))
        self.assert_client(lines, "127.0.0.5")


class SettingTests(SocketTestCase):
    def test_a_client_that_answers_pings_stays(self):
        self.serve("--websocket-ping-interval", "100ms", "--websocket-ping-timeout", "60s")
        with PlainSocket(self.connect, "/") as client:
            for _ in range(5):
                opcode, payload = client.receive()
                self.assertEqual(opcode, PING)
                client.send(PONG, payload)
            client.send(1, b"here")
            received = client.receive()
            while received[0] == PING:
                client.send(PONG, received[1])
                received = client.receive()
            self.assertEqual(received, (1, b"here"))

    def test_a_client_that_does_not_answer_is_given_up(self):
        self.serve("--websocket-ping-interval", "100ms", "--websocket-ping-timeout", "300ms")
        token = self.token()
        with PlainSocket(self.connect, "/" + token) as client:
            self.assertEqual(client.receive()[0], PING)
            opcode, payload = client.receive()
            self.assertEqual((opcode, payload[:2]), (CLOSE, struct.pack("!H", 1011)), payload)
            # The client has not closed; the server is done with it all the same.
            self.logged(token)

    def test_a_message_that_is_too_long(self):
        self.serve("--websocket-max-message-size", "1KiB")
        for kind in (None, "deflate"):
            with self.subTest(compression=kind), opened(self.connect, "/", compression=kind) as client:
                client.send(bytes(1024))
                self.assertEqual(client.recv(timeout=60), bytes(1024))
                client.send(bytes(1025))
                self.assertEqual(ending(client, 60)[0], 1009)

    def test_without_compression(self):
        self.serve("--no-websocket-per-message-deflate")
        with opened(self.connect, "/", compression="deflate") as client:
            self.assertFalse(compression(client))
            client.send("hello")
            self.assertEqual(client.recv(timeout=60), "hello")

    def test_a_client_that_vanishes(self):
        self.serve()
        token = self.token()
        client = opened(self.connect, "/" + token)
        client.send("hello")
        self.assertEqual(client.recv(timeout=60), "hello")
        client.socket.shutdown(socket.SHUT_RDWR)
        self.logged(token)
        with opened(self.connect, "/") as another:
            another.send("hello")
            self.assertEqual(another.recv(timeout=60), "hello")
        self.assertEqual(self.log_lines("error|warning"), [])


class EndOfProcessTests(unittest.TestCase):
    """Whose clients are told 1012: come again."""

    def opened(self, service, number):
        clients = [opened(service.connector, "/", timeout=60) for _ in range(number)]
        for client in clients:
            self.addCleanup(client.close)
            self.assertTrue(self.hears_itself(client, "hello"))
        return clients

    def hears_itself(self, client, text):
        """False if it is sent away instead."""
        try:
            client.send(text)
            self.assertEqual(client.recv(timeout=60), text)
            return True
        except tool("websockets.exceptions").ConnectionClosed as closed:
            self.assertEqual(closed.rcvd and closed.rcvd.code, 1012)
            return False

    def come_again(self, service):
        """A WebSocket that echoes. Being sent away once more is no failure, but anything else is."""
        while True:
            client = opened(service.connector, "/", timeout=60)
            self.addCleanup(client.close)
            if self.hears_itself(client, "hello"):
                return client

    def test_a_stop(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                service = Service(self, SWIFT, "--workers={}".format(workers)).wait_until_ready()
                clients = self.opened(service, 8)
                service.program.terminate()
                self.assertEqual({ending(client, 60)[0] for client in clients}, {1012})
                self.assertEqual(service.ended(), 0)
                service.wait_until_gone()

    def test_a_reload(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                service = Service(self, SWIFT, "--workers={}".format(workers)).wait_until_ready()
                clients, old = self.opened(service, 8), service.family()
                with Load(service.connector) as load:
                    service.behave("2")
                    service.signal(signal.SIGHUP)
                    self.assertEqual({ending(client, 60)[0] for client in clients}, {1012})
                    # Each that was sent away comes again at once.
                    again = [self.come_again(service) for _ in clients]
                    service.wait_for_version("2")
                    load.wait_for_more()
                gone = old - {service.program.pid} if workers > 1 else old
                service.wait(lambda: not service.family() & gone, "old processes stay")
                for client in again:
                    if self.hears_itself(client, "still here"):
                        continue
                    # It had come to the other old process.
                    self.assertTrue(self.hears_itself(self.come_again(service), "still here"))


SCRIPT = """
(() => {
    const socket = new WebSocket(location.href.replace("http", "ws"));
    socket.binaryType = "arraybuffer";
    const text = "caf\\u00e9", long = "z".repeat(1 << 20), bytes = Uint8Array.from([0, 255]);
    const received = [];
    document.title = "connecting";
    socket.onopen = () => { for (const message of [text, long, bytes]) socket.send(message); };
    socket.onmessage = ({data}) => {
        received.push(data === text ? "text" : data === long ? "long" : String(new Uint8Array(data)));
        document.title = [socket.extensions.split(";")[0], ...received].join("|");
    };
    socket.onclose = ({code, wasClean}) => { document.title = ["closed", code, wasClean].join("|"); };
})()
"""


class BrowserTests(SocketTestCase):
    def page(self, address, trusting=False):
        """A page that opens a WebSocket and writes what it gets in its title, which this waits for."""
        browser = Browser(self)
        if trusting:
            browser.trust()
        browser.open(address)
        browser.wait_for("document.body && document.body.innerText.includes('body_len')", "the page does not come")
        browser.value(SCRIPT)
        browser.wait_for("document.title == 'permessage-deflate|text|long|0,255'", "the messages do not come back")
        return browser

    def stop(self, browser):
        self.roost.terminate()
        browser.wait_for("document.title == 'closed|1012|true'", "the page is not told")
        self.assertEqual(self.roost.wait(), 0)

    def test_through_nginx(self):
        self.serve("--forwarded-allow-ips", "unix:")
        browser = self.page("http://127.0.0.1:{}/token-page".format(Nginx(self, self.socket).port))
        self.stop(browser)
        self.assertIn(" 101 ", self.wait_for(lambda: [line for line in self.access_lines() if " 101 " in line], "not logged")[0])

    def test_on_the_pages_own_connection_of_http_2(self):
        port = free_port()
        self.serve("--certfile", certificate, binds=["127.0.0.1:{}".format(port)])
        browser = self.page("https://127.0.0.1:{}/token-page".format(port), trusting=True)
        self.stop(browser)
        self.wait_for(lambda: len(self.access_lines()) == 2, "not logged")
        # The page and its WebSocket, which is a stream (RFC 8441).
        for line in self.access_lines():
            self.assertIn('"GET /token-page HTTP/2" 200 ', line)


if __name__ == "__main__":
    unittest.main()
