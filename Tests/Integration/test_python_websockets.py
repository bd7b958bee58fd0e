"""WebSockets of ASGI apps in Python, on asyncio, uvloop and trio: the app's side of every event."""

import json
import os
import socket
import time
import unittest

from nginx import Nginx
from python_apps import MIB, PythonTestCase, ServedTestCase
from sockets import HTTP2Socket, ending, opened, refusal

FLAGS = ("--disconnect-grace", "300ms", "--forwarded-allow-ips", "unix:")
LOOPS = ("asyncio", "uvloop", "trio")


class WebSocketBehaviour:
    """With any loop. The app does everything by hand."""

    app = "sockets:app"
    requirements = "requirements-core.txt"

    def open(self, path, **options):
        return opened(self.server.connector, path, **options)

    def refused(self, path, **options):
        response = refusal(self.server.connector, path, **options)
        return response.status_code, response

    def say(self, path, **options):
        with self.open(path, **options) as client:
            return json.loads(client.recv(timeout=30))

    # MARK: scope

    def test_the_scope_says_all_of_the_request(self):
        fields = {"X-One": "1", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
        scope = self.say("/caf%C3%A9/a%20b/%25?q=%20+", additional_headers=fields, subprotocols=["chat", "superchat"])
        self.assertEqual((scope["type"], scope["http_version"], scope["scheme"]), ("websocket", "1.1", "wss"))
        self.assertEqual(scope["asgi"]["version"], "3.0")
        self.assertIn(scope["asgi"]["spec_version"], ("2.4", "2.5"))
        self.assertEqual((scope["path"], scope["raw_path"]), ("/caf\u00e9/a b/%", {"bytes": "/caf%C3%A9/a%20b/%25"}))
        self.assertEqual((scope["query_string"], scope["root_path"]), ({"bytes": "q=%20+"}, ""))
        self.assertIn([{"bytes": "x-one"}, {"bytes": "1"}], scope["headers"])
        self.assertIn([{"bytes": "sec-websocket-version"}, {"bytes": "13"}], scope["headers"])
        self.assertEqual(scope["subprotocols"], ["chat", "superchat"])
        self.assertEqual(scope["client"][0], "192.0.2.7")
        self.assertNotIn("method", scope)
        self.assertEqual(scope["state"]["started"], "trio" if self.worker_class == "trio" else "asyncio")
        self.assertEqual(scope["extensions"]["websocket.http.response"], {})
        self.assertRegex(scope["extensions"]["roost.request_id"]["id"], ".+")
        self.assertEqual(scope["extensions"]["roost.peer"]["pid"], os.getpid())
        self.assertEqual([name for name in scope["extensions"] if name.startswith("http.")], [])

    def test_without_a_proxys_word_it_is_in_clear_text(self):
        scope = self.say("/scope")
        self.assertEqual((scope["scheme"], scope["client"], scope["server"]), ("ws", None, [self.server.socket, None]))
        self.assertEqual((scope["query_string"], scope["subprotocols"]), ({"bytes": ""}, []))

    def test_a_scope_is_changed_by_its_own_websocket_only(self):
        self.assertEqual([self.say("/spoil") for _ in range(3)], [[]] * 3)

    # MARK: messages

    def test_messages_come_back_whole(self):
        messages = ["", "hello", "caf\u00e9 \u2615 \U0001f600", b"", b"\0\xff", "x" * 125, "y" * 126, "z" * 65535, "\u00e9" * 50000,
                    os.urandom(65536), os.urandom(3 * MIB)]
        for compression in (None, "deflate"):
            with self.subTest(compression=compression), self.open("/echo", compression=compression, max_size=None) as client:
                for message in messages:
                    client.send(message)
                    self.assertEqual(client.recv(timeout=60), message)
                # And many that were sent before the first is taken.
                for message in messages[:7] * 20:
                    client.send(message)
                for message in messages[:7] * 20:
                    self.assertEqual(client.recv(timeout=60), message)

    def test_a_message_in_pieces_is_one(self):
        with self.open("/echo") as client:
            client.send(iter(["caf", "\u00e9", "", "!"]))
            self.assertEqual(client.recv(timeout=30), "caf\u00e9!")

    def test_a_ping_is_answered(self):
        with self.open("/idle") as client:
            self.assertTrue(client.ping(b"anybody?").wait(30))

    def test_one_task_sends_while_another_receives(self):
        with self.open("/chat") as client:
            sent = [b"%d" % number for number in range(100)]
            for message in sent:
                client.send(message)
            received = [client.recv(timeout=30) for _ in range(200)]
            self.assertEqual([one for one in received if isinstance(one, bytes)], sent)
            self.assertEqual([one for one in received if isinstance(one, str)], [str(number) for number in range(100)])

    def test_each_websocket_has_a_context_of_its_own(self):
        with self.open("/context") as one, self.open("/context") as other:
            for client, text, expected in ((one, "a", [None, "a"]), (other, "b", [None, "b"]), (one, "c", [None, "c"])):
                client.send(text)
                self.assertEqual(json.loads(client.recv(timeout=30)), expected)

    def test_receive_in_tasks(self):
        if self.worker_class == "trio":
            self.skipTest("asyncio's tasks")
        with self.open("/task") as client:
            self.assertEqual(json.loads(client.recv(timeout=30)), "cancelled")
            client.send("one")
            client.send("two")
            self.assertEqual(json.loads(client.recv(timeout=30)), ["one", "two"])

    def test_a_receive_that_is_given_up_loses_no_message(self):
        with self.open("/timeout") as client:
            self.assertEqual(json.loads(client.recv(timeout=30)), "tired of waiting")
            client.send("here")
            self.assertEqual(json.loads(client.recv(timeout=30)), "here")
        self.assertNotIn("received", self.server.events())

    # MARK: accepting and refusing

    def test_accepting_with_a_subprotocol_and_fields(self):
        with self.open("/accept?subprotocol=superchat", subprotocols=["chat", "superchat"]) as client:
            self.assertEqual(client.subprotocol, "superchat")
            self.assertEqual((client.response.headers["x-one"], client.response.headers["x-two"].encode("latin-1")[:3]), ("1", b"caf"))
        with self.open("/accept", subprotocols=["chat"]) as client:
            self.assertIsNone(client.subprotocol)

    def test_a_close_instead_of_accept_is_a_403(self):
        status, _ = self.refused("/refuse")
        self.assertEqual(status, 403)
        self.server.wait_for_event("refused websocket.disconnect 1006")

    def test_a_denial_is_the_apps_own_response(self):
        status, response = self.refused("/deny")
        self.assertEqual((status, response.headers["retry-after"], response.body), (429, "7", b"not now"))

    def test_what_goes_wrong_before_accept_is_a_500(self):
        self.assertEqual(self.refused("/raise-first")[0], 500)
        self.server.wait_for_output("raised before it was open")
        self.assertEqual(self.refused("/return-first")[0], 500)
        self.server.wait_for_output("returned without")

    # MARK: the end

    def test_what_goes_wrong_later_closes_with_1011(self):
        with self.open("/raise-later") as client:
            self.assertEqual(ending(client)[0], 1011)
        self.server.wait_for_output("raised while it was open")
        with self.open("/return-later") as client:
            self.assertEqual(ending(client)[0], 1000)

    def test_the_app_closes_with_a_code_and_a_reason(self):
        for query, expected, event in (("", (1000, ""), "1000 "), ("?code=4321&reason=caf%C3%A9", (4321, "caf\u00e9"), "4321 caf\u00e9")):
            with self.subTest(query=query), self.open("/close" + query) as client:
                self.assertEqual(ending(client), expected)
                self.server.wait_for_event("disconnect " + event)

    def test_the_client_closes_with_a_code_and_a_reason(self):
        with self.open("/echo") as client:
            client.close(4567, "caf\u00e9")
        self.server.wait_for_event("disconnect 4567 caf\u00e9")

    def test_a_client_that_is_gone_without_a_word_is_a_1006(self):
        client = self.open("/echo")
        client.send("hello")
        self.assertEqual(client.recv(timeout=30), "hello")
        client.socket.shutdown(socket.SHUT_RDWR)
        self.server.wait_for_event("disconnect 1006 ")

    def test_a_failure_after_the_client_has_gone_is_a_warning(self):
        with self.open("/raise-at-the-end"):
            pass
        line = self.server.wait_for_output(r"^.*failed after its client had gone: ValueError: there is nobody any more.*$").group()
        self.assertRegex(line, r"\A\S+ warning ")

    def test_what_breaks_the_protocol_is_told_to_both(self):
        with self.open("/echo") as client:
            # A frame that is not masked.
            client.socket.sendall(b"\x81\x01a")
            self.assertEqual(ending(client)[0], 1002)
        self.server.wait_for_event("disconnect 1002 .*")

    def test_wrong_messages_raise_and_change_nothing(self):
        raised = self.say("/wrong")
        expected = {
            "early": ("RuntimeError", "before websocket.accept"), "subprotocol": ("RuntimeError", "never-offered"), "no-type": ("RuntimeError", "type"),
            "type": ("RuntimeError", "websocket.sent"), "http": ("RuntimeError", "http.response.start"), "neither": ("RuntimeError", "neither"),
            "neither-none": ("RuntimeError", "neither"), "text": ("TypeError", "str"), "bytes": ("TypeError", "bytes"),
            "surrogate": ("UnicodeEncodeError", "surrogates"), "code": ("TypeError", "int"), "bad-code": ("RuntimeError", "1005"),
            "large-code": ("RuntimeError", str(1 << 40)), "reason": ("TypeError", "str"), "again": ("RuntimeError", "second time"),
            "late-denial": ("RuntimeError", "after websocket.accept"), "list": ("TypeError", "dict"),
        }
        for name, (kind, text) in expected.items():
            with self.subTest(name=name):
                self.assertEqual(raised[name][0], kind)
                self.assertIn(text, raised[name][1])
        self.assertEqual(set(raised), set(expected))

    def test_a_send_after_close_raises(self):
        with self.open("/send-after-close") as client:
            self.assertEqual(ending(client)[0], 3001)
        self.server.wait_for_event("raised RuntimeError")

    def test_a_send_to_a_client_that_is_gone_raises_and_leaves_time_to_clean_up(self):
        for query, leave in (("", lambda client: client.close()), ("?raise=1", lambda client: client.socket.shutdown(socket.SHUT_RDWR))):
            with self.subTest(query=query):
                self.server.forget_events()
                client = self.open("/push" + query)
                client.recv(timeout=30)
                leave(client)
                self.server.wait_for_event("push ends ClientDisconnected .*")
                self.server.wait_for_event("cleaned up")
        self.assertNotIn("ClientDisconnected", self.server.output())

    def test_an_app_that_does_not_notice_is_cancelled(self):
        with self.open("/idle"):
            pass
        self.server.wait_for_event("idle ends Cancel.*")

    def test_accepting_a_client_that_is_gone_goes_nowhere(self):
        with self.server.connector() as client:
            client.sendall(b"GET /late HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        time.sleep(0.05)
        self.server.sign()
        self.server.wait_for_event("nobody")
        self.server.wait_for_event("disconnect 1006 ")

    # MARK: back-pressure

    def test_an_app_that_sends_waits_for_its_client(self):
        with self.open("/flood?size=65536&count=800", max_queue=1) as client:
            self.server.wait_for_event("had to wait after .*")
            self.assertNotIn("all sent", self.server.events())
            self.server.sign()
            for _ in range(800):
                self.assertEqual(len(client.recv(timeout=30)), 65536)
        self.server.wait_for_event("all sent")

    def test_a_client_waits_for_its_app(self):
        before = self.server.memory.now
        self.server.memory.forget_peak()
        piece, count = bytes(65536), 800
        with self.open("/slow") as client:
            client.socket.settimeout(1)
            sent = 0
            try:
                while sent < count:
                    client.send(piece)
                    sent += 1
            except Exception:
                # The client gives up: its buffers and the server's are full.
                pass
            self.assertLess(sent, count)
            self.assertLess(self.server.memory.peak - before, 16 * MIB)
        self.server.sign()
        with self.open("/slow") as client:
            for _ in range(count):
                client.send(piece)
            client.send("done")
            self.assertEqual(json.loads(client.recv(timeout=60)), [count, count * len(piece)])

    # MARK: HTTP/2

    def test_a_stream_of_http2_carries_a_websocket(self):
        with HTTP2Socket(self.server.connector, "/accept?subprotocol=chat", [("sec-websocket-protocol", "chat, other")]) as client:
            self.assertEqual((client.headers[":status"], client.headers["sec-websocket-protocol"], client.headers["x-one"]), ("200", "chat", "1"))
        with HTTP2Socket(self.server.connector, "/echo") as client:
            for opcode, payload in ((1, "caf\u00e9".encode()), (2, b"\0\xff"), (1, b"")):
                client.send(opcode, payload)
                self.assertEqual(client.receive(), (opcode, payload))
            client.send(8, b"\x0f\xa1bye")
            self.assertEqual(client.receive()[0], 8)
            client.body()
        self.server.wait_for_event("disconnect 4001 bye")
        with HTTP2Socket(self.server.connector, "/deny") as client:
            self.assertEqual((client.headers[":status"], client.headers["retry-after"], client.body()), ("429", "7", b"not now"))
        with HTTP2Socket(self.server.connector, "/scope-of-none") as client:
            self.assertEqual(client.headers[":status"], "500")


class AsyncioTests(WebSocketBehaviour, ServedTestCase):
    worker_class = "asyncio"
    flags = FLAGS + ("--worker-class", worker_class)


class UvloopTests(WebSocketBehaviour, ServedTestCase):
    worker_class = "uvloop"
    flags = FLAGS + ("--worker-class", worker_class)


class TrioTests(WebSocketBehaviour, ServedTestCase):
    worker_class = "trio"
    flags = FLAGS + ("--worker-class", worker_class)


class EndOfServiceTests(PythonTestCase):
    requirements = "requirements-core.txt"

    def test_a_stop_closes_with_1012_and_tells_the_app(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("sockets:app", *FLAGS, "--worker-class", loop)
                with opened(server.connector, "/echo") as client, opened(server.connector, "/push") as pushed:
                    client.send("hello")
                    self.assertEqual(client.recv(timeout=30), "hello")
                    stopped = server.terminate()
                    self.assertEqual((ending(client)[0], ending(pushed)[0]), (1012, 1012))
                    server.wait_for_event("disconnect 1012 ")
                    server.wait_for_event("push ends ClientDisconnected .*")
                self.assertEqual(stopped.wait(), 0)

    def test_an_app_of_asgi_2(self):
        server = self.serve("sockets:ASGI2", *FLAGS)
        with opened(server.connector, "/echo") as client:
            client.send("hello")
            self.assertEqual(client.recv(timeout=30), "hello")


class BehindNginxTests(PythonTestCase):
    """nginx passes the upgrade on."""

    requirements = "requirements-core.txt"

    def test_messages_codes_and_refusals_pass_through(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("sockets:app", *FLAGS, "--worker-class", loop)
                nginx = Nginx(self, server.socket)
                with opened(nginx.connector, "/echo", compression="deflate", max_size=None) as client:
                    for message in ("caf\u00e9", os.urandom(3 * MIB), "z" * 70000):
                        client.send(message)
                        self.assertEqual(client.recv(timeout=60), message)
                    client.close(4001, "bye")
                server.wait_for_event("disconnect 4001 bye")
                with opened(nginx.connector, "/scope", additional_headers={"X-Forwarded-For": "203.0.113.9"}) as client:
                    scope = json.loads(client.recv(timeout=30))
                    self.assertEqual((scope["client"][0], scope["scheme"]), ("127.0.0.1", "ws"))
                with opened(nginx.connector, "/close?code=4321&reason=enough") as client:
                    self.assertEqual(ending(client), (4321, "enough"))
                self.assertEqual(refusal(nginx.connector, "/deny").status_code, 429)
                self.assertEqual(refusal(nginx.connector, "/refuse").status_code, 403)


class FrameworkBehaviour:
    """A framework's own WebSockets, on the app's socket and through nginx."""

    flags = FLAGS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cleanups = type("Cleanups", (), {"addCleanup": staticmethod(cls.addClassCleanup)})
        nginx = Nginx(cleanups, cls.server.socket)
        cls.connectors = [cls.server.connector, nginx.connector]

    def say(self, client, text, expected):
        client.send(text)
        self.assertEqual(client.recv(timeout=30), expected)


class FastAPITests(FrameworkBehaviour, ServedTestCase):
    app = "fastapi_site:app"

    def test_its_tutorials_echo(self):
        for connector in self.connectors:
            with opened(connector, "/ws") as client:
                self.say(client, "caf\u00e9", "Message text was: caf\u00e9")

    def test_dependencies_refuse_and_let_in(self):
        for connector in self.connectors:
            self.assertEqual(refusal(connector, "/items/pear/ws").status_code, 403)
            with opened(connector, "/items/pear/ws?limit=5", additional_headers={"Cookie": "session=me"}) as client:
                client.send("hello")
                self.assertEqual(json.loads(client.recv(timeout=30)), {"item": "pear", "limit": 5, "who": "me", "text": "hello"})

    def test_a_chat(self):
        for connector in self.connectors:
            with opened(connector, "/chat/ann") as ann, opened(connector, "/chat/bob") as bob:
                ann.send("first")
                self.assertEqual(ann.recv(timeout=30), "ann: first")
                self.assertEqual(bob.recv(timeout=30), "ann: first")
                bob.close(4002)
                self.assertEqual(ann.recv(timeout=30), "bob left (4002)")

    def test_an_unknown_path_is_refused(self):
        for connector in self.connectors:
            self.assertEqual(refusal(connector, "/nowhere").status_code, 403)


class StarletteTests(FrameworkBehaviour, ServedTestCase):
    app = "starlette_sockets:app"
    flags = FLAGS + ("--worker-class", "uvloop")

    def test_an_endpoint_with_a_subprotocol(self):
        for connector in self.connectors:
            self.server.forget_events()
            with opened(connector, "/sockets/echo/caf%C3%A9?x=1", subprotocols=["chat", "other"]) as client:
                self.assertEqual((client.subprotocol, client.response.headers["x-endpoint"]), ("chat", "echo"))
                client.send('{"a": [1]}')
                self.assertEqual(json.loads(client.recv(timeout=30)), {
                    "said": {"a": [1]}, "url": "ws://hello.example/sockets/echo/caf\u00e9?x=1", "path": "caf\u00e9"})
                client.close(1001)
            self.server.wait_for_event("endpoint left 1001")
            with opened(connector, "/sockets/echo/a") as client:
                client.send("no JSON")
                self.assertEqual(ending(client)[0], 1003)

    def test_bytes(self):
        for connector in self.connectors:
            with opened(connector, "/sockets/bytes", max_size=None) as client:
                message = os.urandom(MIB)
                self.say(client, message, message[::-1])
                client.send("text")
                self.assertEqual(ending(client)[0], 1003)

    def test_a_denial(self):
        for connector in self.connectors:
            response = refusal(connector, "/sockets/deny")
            self.assertEqual((response.status_code, response.headers["retry-after"], json.loads(response.body)), (503, "9", {"detail": "no room"}))

    def test_who_only_sends_hears_that_the_client_is_gone(self):
        for connector in self.connectors:
            self.server.forget_events()
            client = opened(connector, "/sockets/push")
            client.recv(timeout=30)
            client.socket.shutdown(socket.SHUT_RDWR)
            self.server.wait_for_event("push ends 1006")


class ChannelsTests(FrameworkBehaviour, ServedTestCase):
    app = "channels_site:application"

    def test_its_tutorials_chat(self):
        for connector in self.connectors:
            lobby, attic = "/ws/chat/lobby/", "/ws/chat/attic/"
            with opened(connector, lobby) as one, opened(connector, lobby) as other, opened(connector, attic) as attic:
                one.send(json.dumps({"message": "caf\u00e9"}))
                for client in (one, other):
                    self.assertEqual(json.loads(client.recv(timeout=30)), {"message": "caf\u00e9"})
                other.close(4003)
                self.assertEqual(json.loads(one.recv(timeout=30)), {"message": "one left (4003)"})
                attic.send(json.dumps({"message": "alone"}))
                self.assertEqual(json.loads(attic.recv(timeout=30)), {"message": "alone"})

    def test_a_consumer_in_a_thread(self):
        for connector in self.connectors:
            with opened(connector, "/ws/sync/", subprotocols=["other", "chat"]) as client:
                self.assertEqual(client.subprotocol, "chat")
                self.say(client, "hello", "hello")
                self.say(client, b"\0\xff", b"\0\xff")
                client.send("bye")
                self.assertEqual(ending(client), (4001, "you said bye"))
            self.assertEqual(refusal(connector, "/ws/sync/?refuse").status_code, 403)

    def test_http_goes_on_beside_it(self):
        self.assertEqual(self.ask("/").status, 200)


class QuartTests(FrameworkBehaviour, ServedTestCase):
    app = "quart_site:app"

    def test_messages_and_a_refusal(self):
        for connector in self.connectors:
            with opened(connector, "/ws", subprotocols=["chat"]) as client:
                self.assertEqual((client.subprotocol, client.response.headers["x-served-by"]), ("chat", "quart"))
                self.say(client, "caf\u00e9", "caf\u00e9")
                self.say(client, b"\0\xff", b"\0\xff")
            self.assertEqual(refusal(connector, "/private").status_code, 401)


class LitestarTests(FrameworkBehaviour, ServedTestCase):
    app = "litestar_site:app"

    def test_a_listener_and_a_socket(self):
        for connector in self.connectors:
            with opened(connector, "/ws") as client:
                client.send(json.dumps({"name": "pear"}))
                self.assertEqual(json.loads(client.recv(timeout=30)), {"name": "PEAR"})
            with opened(connector, "/raw", subprotocols=["chat"]) as client:
                self.say(client, b"\0\xff", b"\0\xff")
                self.assertEqual(ending(client), (4000, "done"))


if __name__ == "__main__":
    unittest.main()
