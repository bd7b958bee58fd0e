"""ASGI apps in Python, on asyncio, uvloop and trio: the app's side of every request and response, by hand and by Starlette."""

import errno
import hashlib
import http.client
import json
import os
import re
import socket
import tempfile
import time
import unittest
import urllib.parse

from calling import receive_all
from clients import Connection, Later, ask, crowd
from matrix import EXPECTED, MatrixBehaviour, ask_matrix, tests_of
from nginx import Nginx
from pieces import Pieces, body_of, read_length, send_while_taken
from python_apps import CORE, MIB, OLDEST, PythonTestCase, ServedTestCase, environment, interpreters
from sockets import opened

# A loop under test has these besides what one test needs.
FLAGS = ("--max-body-size", "off", "--early-hints", "--disconnect-grace", "300ms", "--forwarded-allow-ips", "unix:")
# What a worker may grow by while a body of any length passes through: buffers on both sides, and what the allocator keeps.
ROOM = 24 * MIB


def asgi_flags(worker_class):
    return FLAGS + ("--worker-class", worker_class)


class ASGIBehaviour:
    """With any loop. The app does everything by hand."""

    app = "plain:app"

    # MARK: scope

    def test_the_scope_says_all_of_the_request(self):
        fields = [("X-One", "1"), ("X-ONE", "2"), ("X-Latin", "caf\u00e9"), ("Cookie", "a=1")]
        with Connection(self.server.connector) as connection:
            connection.putrequest("GET", "/caf%C3%A9/a%20b/%25?q=%20+&%C3%A9", skip_accept_encoding=True)
            for name, value in fields:
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders()
            scope = json.loads(connection.getresponse().read())
        self.assertEqual((scope["type"], scope["http_version"], scope["method"], scope["scheme"]), ("http", "1.1", "GET", "http"))
        self.assertEqual(scope["asgi"]["version"], "3.0")
        self.assertGreaterEqual(tuple(map(int, scope["asgi"]["spec_version"].split("."))), (2, 3))
        self.assertEqual(scope["path"], "/caf\u00e9/a b/%")
        self.assertEqual(scope["raw_path"], {"bytes": "/caf%C3%A9/a%20b/%25"})
        self.assertEqual(scope["query_string"], {"bytes": "q=%20+&%C3%A9"})
        self.assertEqual(scope["root_path"], "")
        self.assertEqual(scope["headers"], [[{"bytes": name}, {"bytes": value}] for name, value in [
            ("host", "hello.example"), ("x-one", "1"), ("x-one", "2"), ("x-latin", "caf\u00e9"), ("cookie", "a=1")]])
        self.assertIsInstance(scope["extensions"], dict)
        self.assertIsInstance(scope["state"], dict)

    def test_on_a_unix_socket_nobody_has_an_address(self):
        scope = self.ask_json("/scope")
        self.assertIsNone(scope["client"])
        self.assertEqual(scope["server"], [self.server.socket, None])

    def test_a_scope_is_changed_by_its_own_request_only(self):
        with self.server.connection() as connection:
            answers = [json.loads(connection.ask("/spoil").body) for _ in range(3)]
        self.assertEqual([answer["spoilt"] for answer in answers], [[]] * 3)
        # The state is copied, what is in it is not.
        self.assertEqual([answer["count"] - answers[0]["count"] for answer in answers], [0, 1, 2])
        self.assertEqual(answers[0]["started"], "trio" if self.worker_class == "trio" else "asyncio")

    def test_the_worker_is_the_venvs_own_python(self):
        found = self.ask_json("/inspect")
        self.assertEqual(found["pid"], self.server.program.pid)
        self.assertEqual(found["prefix"], environment(self.requirements))
        self.assertEqual(os.path.dirname(found["executable"]), os.path.join(found["prefix"], "bin"))

    def test_a_trusted_proxys_client_and_scheme_are_those_of_the_scope(self):
        scope = self.ask_json("/scope", headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7", "X-Forwarded-Proto": "https"})
        self.assertEqual((scope["client"][0], scope["scheme"]), ("192.0.2.7", "https"))

    def test_the_requests_id_is_the_apps_and_the_clients(self):
        answers = [self.ask("/scope") for _ in range(2)]
        ids = [answer.headers["x-request-id"] for answer in answers]
        self.assertNotEqual(*ids)
        for answer, identifier in zip(answers, ids):
            self.assertEqual(json.loads(answer.body)["extensions"]["roost.request_id"], {"id": identifier})
        given = self.ask("/scope", headers={"X-Request-ID": "from-the-proxy"})
        self.assertEqual(given.headers["x-request-id"], "from-the-proxy")
        self.assertEqual(json.loads(given.body)["extensions"]["roost.request_id"], {"id": "from-the-proxy"})

    # MARK: request bodies

    def test_bodies_arrive_whole(self):
        for length in (0, 1, 1000, 16384, 16385, 65536, 1 << 20, 3 << 20):
            body = os.urandom(length)
            for chunked in (False, True):
                with self.subTest(length=length, chunked=chunked):
                    # http.client sends an iterable in chunks, of which an empty one would be the last.
                    sent = (lambda: iter(filter(None, [body[:length // 3], body[length // 3:]]))) if chunked else (lambda: body)
                    found = self.ask_json("/read", method="POST", body=sent())
                    self.assertEqual((found["length"], found["sha256"]), (length, hashlib.sha256(body).hexdigest()))

    def test_bodies_go_both_ways_at_the_same_time(self):
        for length in (0, 1000, 65536, 3 << 20):
            body = os.urandom(length)
            head = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n".format(length).encode()
            with self.subTest(length=length), self.server.connector() as connection:
                sending = Later(connection.sendall, head + body)
                response = http.client.HTTPResponse(connection)
                response.begin()
                self.assertEqual(response.read(), body)
                sending.result()

    def test_a_body_that_comes_byte_by_byte_arrives_whole(self):
        with self.server.connector() as connection:
            connection.sendall(b"POST /read HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 20\r\n\r\n")
            for number in range(20):
                connection.sendall(b"%d" % (number % 10))
                time.sleep(0.002)
            self.assertIn(b'"length": 20', receive_all(connection))

    def test_100_continue_is_sent_when_the_app_wants_the_body_and_only_then(self):
        head = b"POST {} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        with self.server.connector() as connection:
            connection.sendall(head.replace(b"{}", b"/read"))
            self.assertRegex(connection.recv(1000), rb"\AHTTP/1\.1 100 ")
            connection.sendall(b"hello")
            self.assertIn(b'"length": 5', receive_all(connection))
        with self.server.connector() as connection:
            connection.sendall(head.replace(b"{}", b"/unread"))
            self.assertRegex(receive_all(connection), rb"\AHTTP/1\.1 413 ")

    def test_an_app_need_not_read_the_body(self):
        answer = self.ask("/unread", method="POST", body=b"x" * 10000)
        self.assertEqual((answer.status, answer.body), (413, b"no, thank you"))
        self.assertEqual(self.ask("/").status, 200)

    def test_fifty_megabytes_pass_through_in_little_memory(self):
        memory = self.server.memory
        self.ask("/count", method="POST", body=iter([b"x" * 65536] * 16), headers={"Content-Length": str(MIB)})
        memory.forget_peak()
        before = memory.now
        piece = os.urandom(65536)
        digest = hashlib.sha256()
        for _ in range(800):
            digest.update(piece)
        found = self.ask_json("/count", method="POST", body=iter([piece] * 800), headers={"Content-Length": str(800 * 65536)})
        self.assertEqual((found["length"], found["sha256"]), (800 * 65536, digest.hexdigest()))
        self.assertLessEqual(found["largest"], MIB)
        self.assertLess(memory.peak - before, ROOM)

    def test_an_app_that_does_not_read_holds_the_client_up(self):
        memory = self.server.memory
        before = memory.now
        size = 64 * MIB
        with self.server.connector() as connection:
            connection.sendall("POST /slow-count HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n".format(size).encode())
            sent = send_while_taken(connection, size)
            self.assertLess(sent, 8 * MIB, "taken although the app reads nothing")
            self.assertLess(memory.now - before, ROOM)
            self.server.sign()
            left = size - sent
            while left:
                left -= connection.send(b"x" * min(left, MIB))
            self.assertTrue(receive_all(connection).endswith(str(size).encode()))

    # MARK: receive

    def test_receive_can_be_a_task_and_be_cancelled(self):
        for length in (0, 10, 1 << 20):
            self.assertEqual(self.ask_json("/receive-in-a-task", method="POST", body=b"x" * length), length)
        with self.server.connector() as connection:
            connection.sendall(b"POST /receive-in-a-task?still=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 30\r\n\r\n")
            for _ in range(30):
                connection.sendall(b"x")
                time.sleep(0.012)
            self.assertTrue(receive_all(connection).endswith(b"30"))
        if self.worker_class != "trio":
            # Both that wait get their event, and the one that is not yet there leaves them waiting.
            self.server.wait_for_event(r"receive-in-a-task \[False, False\] \['http.disconnect', 'http.disconnect'\]")

    def test_after_the_response_receive_says_disconnect(self):
        with self.server.connection() as connection:
            self.assertEqual(connection.ask("/receive-after-the-end", method="POST", body=b"body").body, b"done")
            self.server.wait_for_event("received after the end( http.disconnect){3}")
            self.assertEqual(connection.ask("/").status, 200)

    def test_a_waiting_receive_hears_that_the_client_has_gone(self):
        with Pieces(self.server.connector, "/wait"):
            self.server.wait_for_event("wait begins")
        self.server.wait_for_event("wait ends http.disconnect")

    def test_a_client_that_goes_within_its_body_is_gone(self):
        with Pieces(self.server.connector, "/count", method="POST", headers="Content-Length: 1000\r\n", body=b"x" * 100):
            time.sleep(0.1)
        self.server.wait_for_event("count disconnected 100")

    def test_a_stream_ends_when_the_client_has_gone(self):
        with Pieces(self.server.connector, "/stream-until-gone") as pieces:
            pieces.until(b"\0\1\2\3")
        self.server.wait_for_event("stream ends( http.disconnect| OSError)+")

    def test_a_stream_that_does_not_listen_is_told_by_send(self):
        """At once, and it is no failure of the app's that it ends by that, whatever it makes of it."""
        with Pieces(self.server.connector, "/send-until-gone") as pieces:
            pieces.until(b"piece ")
        self.server.wait_for_event("send raises ClientDisconnected")
        line = self.server.wait_for_output(r"^.*ended because its client had gone: ValueError: the stream is over.*$").group()
        self.assertRegex(line, r"\A\S+ info ")

    def test_a_stream_of_which_the_client_takes_no_body_ends_when_it_says_no_more(self):
        """Nothing is written by which it could be seen that it has gone altogether."""
        with Pieces(self.server.connector, "/send-until-gone", method="HEAD") as pieces:
            pieces.until(b"\r\n\r\n")
            pieces.socket.shutdown(socket.SHUT_WR)
            self.server.wait_for_event("send raises ClientDisconnected")

    def test_a_whole_response_to_a_client_that_has_gone_goes_nowhere(self):
        with Pieces(self.server.connector, "/answer-when-gone"):
            pass
        self.server.wait_for_event("answered")

    def test_a_failure_after_the_client_has_gone_is_a_warning(self):
        with Pieces(self.server.connector, "/fail-when-gone", method="POST", headers="Content-Length: 1000\r\n", body=b"x" * 100):
            self.server.wait_for_event("a piece has come")
        line = self.server.wait_for_output(r"^.*failed after its client had gone: ValueError: the body is not whole.*$").group()
        self.assertRegex(line, r"\A\S+ warning ")

    def test_an_app_that_does_not_look_is_cancelled_after_the_grace(self):
        with Pieces(self.server.connector, "/ignore-disconnect"):
            self.server.wait_for_event("sleep begins")
        self.server.wait_for_event("sleep ends Cancell?ed(Error)?")
        self.assertEqual(self.ask("/").status, 200)

    # MARK: responses

    def test_pieces_reach_the_client_as_they_are_sent(self):
        with Pieces(self.server.connector, "/pieces", headers="Connection: close\r\n") as pieces:
            pieces.until(b"first ")
            self.server.sign()
            received = pieces.all()
        self.assertIn(b"\r\ntransfer-encoding: chunked\r\n", received.lower())
        self.assertEqual(received.partition(b"\r\n\r\n")[2], b"6\r\nfirst \r\n6\r\nsecond\r\n0\r\n\r\n")

    def test_to_http_1_0_a_body_without_length_ends_with_the_connection(self):
        self.server.sign()
        with Pieces(self.server.connector, "/pieces", version="1.0") as pieces:
            head, _, body = pieces.all().partition(b"\r\n\r\n")
        self.assertNotIn(b"transfer-encoding", head.lower())
        self.assertEqual(body, b"first second")

    def test_head_204_and_304_have_no_body(self):
        with self.server.connection() as connection:
            for path, method, status in (("/", "HEAD", 200), ("/status?code=204", "GET", 204), ("/status?code=304", "GET", 304),
                                         ("/status?code=404", "HEAD", 404), ("/download?size=100000", "HEAD", 200)):
                with self.subTest(path=path):
                    answer = connection.ask(path, method=method)
                    self.assertEqual((answer.status, answer.body), (status, b""))
                    # If one byte of a body were on the wire, this would not be an answer.
                    self.assertEqual(connection.ask("/").body, b"Hello World")
            self.assertEqual(connection.ask("/", method="HEAD").headers["content-length"], "11")

    def test_statuses_are_those_of_the_app(self):
        for code in (200, 201, 299, 400, 418, 451, 500, 599):
            answer = self.ask("/status?code={}".format(code))
            self.assertEqual((answer.status, answer.headers["x-code"]), (code, str(code)))

    def test_fields_are_those_of_the_app(self):
        for path in ("/headers", "/headers?iterator=1"):
            with self.subTest(path=path), Pieces(self.server.connector, path, headers="Connection: close\r\n") as pieces:
                lines = pieces.all().partition(b"\r\n\r\n")[0].split(b"\r\n")
                fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
                self.assertEqual([value for name, value in fields if name == b"set-cookie"], [b"a=1", b"b=2"])
                self.assertIn((b"x-latin", b"caf\xe9"), fields)
                self.assertIn((b"x-empty", b""), fields)

    def test_keys_that_may_be_left_out_may_be_left_out(self):
        answer = self.ask("/least")
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_a_body_is_whatever_has_bytes(self):
        self.assertEqual(self.ask("/views").body, b"array view bytes")

    def test_two_hundred_megabytes_pass_through_in_little_memory(self):
        memory = self.server.memory
        self.assertEqual(len(self.ask("/download?size={}".format(MIB)).body), MIB)
        memory.forget_peak()
        before, size = memory.now, 200 * MIB
        for length in ("", "&length=1"):
            with Connection(self.server.connector) as connection:
                connection.request("GET", "/download?size={}{}".format(size, length))
                response = connection.getresponse()
                self.assertEqual(read_length(response), size)
        self.assertLess(memory.peak - before, ROOM)

    def test_a_client_that_does_not_read_holds_the_app_up(self):
        size = 200 * MIB
        with Pieces(self.server.connector, "/download?name=held&size={}".format(size), headers="Connection: close\r\n") as pieces:
            pieces.until(b"\0\1\2\3")
            time.sleep(0.7)
            first = self.ask_json("/progress?name=held")
            time.sleep(0.3)
            self.assertEqual(self.ask_json("/progress?name=held"), first, "the app goes on although the client does not")
            self.assertLess(first, 8 * MIB)
            length = 0
            while True:
                piece = pieces.socket.recv(1 << 20)
                if not piece:
                    break
                length += len(piece)
            self.assertGreater(length, size - 9 * MIB)

    def test_slow_readers_do_not_hold_each_other_up(self):
        held = [Pieces(self.server.connector, "/download?size={}&name=slow{}".format(50 * MIB, number)) for number in range(10)]
        try:
            started = time.monotonic()
            for _ in range(100):
                self.assertEqual(self.ask("/").status, 200)
            self.assertLess(time.monotonic() - started, 5)
        finally:
            for one in held:
                one.close()

    def test_fifty_clients_at_once(self):
        answers = crowd(self.server.connector, 50, 20)
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})

    def test_pipelined_requests_are_answered_in_order(self):
        request = "GET /status?code={} HTTP/1.1\r\nHost: a\r\n{}\r\n"
        codes = [200, 201, 204, 404, 418, 299] * 5
        with self.server.connector() as connection:
            connection.sendall("".join(request.format(code, "") for code in codes).encode() + request.format(203, "Connection: close\r\n").encode())
            received = receive_all(connection)
        self.assertEqual([int(code) for code in re.findall(rb"x-code: (\d+)", received.lower())], codes + [203])

    def test_a_send_beyond_its_request_does_no_harm(self):
        with self.server.connection() as connection:
            self.assertEqual(connection.ask("/late").body, b"in time")
            found = json.loads(connection.ask("/use-late").body)
            self.assertEqual(found[0], "http.disconnect")
            self.assertEqual(len(found), 3)
            self.assertEqual(connection.ask("/").body, b"Hello World")

    def test_the_response_may_come_from_another_task(self):
        self.assertEqual(self.ask("/send-in-a-task").body, b"from a task")

    # MARK: failures

    def test_before_the_start_a_failure_is_a_500(self):
        for path in ("/raise", "/return-nothing"):
            with self.subTest(path=path):
                answer = self.ask(path)
                self.assertEqual(answer.status, 500)
                self.assertNotIn(b"start", answer.body)
                self.assertEqual(self.ask("/").status, 200)
        self.server.wait_for_output("ValueError: before the start")

    def test_after_it_the_connection_is_cut(self):
        for path in ("/raise-after-start", "/raise-in-body", "/raise-in-body?length=1", "/return-half", "/too-short"):
            with self.subTest(path=path), Pieces(self.server.connector, path) as pieces:
                received = pieces.all()
                self.assertRegex(received, rb"\AHTTP/1\.1 200 ")
                self.assertEqual(received.count(b"HTTP/1.1"), 1)
                with self.assertRaises(http.client.IncompleteRead):
                    body_of(received)
        self.server.wait_for_output("ValueError: in the body")
        self.assertEqual(self.ask("/").status, 200)

    def test_a_failure_after_the_end_is_logged_and_that_is_all(self):
        with self.server.connection() as connection:
            self.assertEqual(connection.ask("/raise-after-the-end").body, b"complete")
            self.assertEqual(connection.ask("/").status, 200)
        self.server.wait_for_output("ValueError: after the end")

    def test_a_traceback_is_one_record_with_the_requests_id(self):
        identifier = self.ask("/raise", headers={"X-Request-ID": "the-one-that-fails"}).headers["x-request-id"]
        self.assertEqual(identifier, "the-one-that-fails")
        # The first line has the fields; the traceback is below it, indented.
        line = self.server.wait_for_output("^.*the-one-that-fails.*\n(?:    .*\n)+").group()
        for part in ("Traceback (most recent call last)", "plain.py", "raise_before", "ValueError: before the start"):
            self.assertIn(part, line)

    def test_wrong_messages_are_refused_where_they_are_sent(self):
        """The app gets an exception; the client gets a 500, or behind a right start nothing that could be taken for a whole answer."""
        for what in ("body-first", "start-twice", "unknown-type", "no-type", "no-message", "no-status", "status-of-text", "status-too-large",
                     "name-of-text", "value-of-text", "field-of-three", "fields-of-none", "fields-of-number", "name-with-space", "value-with-line",
                     "body-of-text", "body-of-number", "too-long-at-once", "too-short-at-once", "lifespan"):
            with self.subTest(what=what):
                with Pieces(self.server.connector, "/wrong?what=" + what, headers="Connection: close\r\n") as pieces:
                    received = pieces.all()
                self.assertNotIn(b"x-injected", received.lower())
                if what in ("start-twice", "body-of-text", "body-of-number"):
                    with self.assertRaises(http.client.IncompleteRead):
                        body_of(received)
                else:
                    self.assertRegex(received, rb"\AHTTP/1\.1 500 ")
                event = self.server.wait_for_event("wrong {} .*".format(what))
                self.assertNotRegex(event, " nothing$")
        self.assertEqual(self.ask("/").status, 200)

    def test_no_more_is_sent_than_was_announced(self):
        with Pieces(self.server.connector, "/too-long") as pieces:
            received = pieces.all()
        self.assertNotIn(b"56789", received)

    def test_a_request_that_cancels_itself_ends_alone(self):
        self.assertEqual(self.ask("/cancel-itself").status, 500)
        self.assertEqual(self.ask("/").status, 200)

    # MARK: output

    def test_print_and_logging_are_written_at_once(self):
        self.ask("/say")
        for line in ("said on standard output", "said on standard error", "WARNING shop said by logging"):
            self.server.wait_for_output("^{}$".format(line))

    def test_records_have_the_ids_of_their_request_and_of_its_trace(self):
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"Traceparent": "00-{}-00f067aa0ba902b7-01".format(trace), "X-Request-ID": "abc"}
        # Enough for every thread: none may still have the trace of the request before.
        for number in range(20):
            self.ask("/log?text=traced-{}".format(number), headers=headers)
            self.ask("/log?text=untraced-{}".format(number), headers={"X-Request-ID": "def"})
        for number in range(20):
            self.server.wait_for_output("traced-{} logger=unheard request_id=abc trace_id={}$".format(number, trace))
            self.server.wait_for_output("untraced-{} logger=unheard request_id=def$".format(number))
        self.assertEqual(self.ask("/raise", headers=headers).status, 500)
        self.server.wait_for_output(r"application failed: .* request_id=abc( .*)? trace_id={}\b".format(trace))

    # MARK: before and behind the response

    def test_trailers_follow_the_body_of_a_client_that_takes_them(self):
        with Pieces(self.server.connector, "/trailers", headers="TE: trailers\r\n") as pieces:
            received = pieces.until(b"x-offered")
            self.assertIn(b"trailer: x-sum\r\n", received)
            self.assertTrue(pieces.until(b"True\r\n\r\n").endswith(b"2\r\nab\r\n2\r\ncd\r\n0\r\nx-sum: 4\r\nx-offered: True\r\n\r\n"), received)
        with self.server.connection() as connection:
            for _ in range(2):
                answer = connection.ask("/trailers")
                self.assertEqual((answer.status, answer.body), (200, b"abcd"))

    def test_early_hints_come_before_the_response(self):
        with Pieces(self.server.connector, "/hint", headers="Connection: close\r\n") as pieces:
            hint = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload; as=style\r\nlink: </caf\xe9.js>; rel=preload\r\n\r\n"
            received = pieces.all()
            self.assertTrue(received.startswith(hint + b"HTTP/1.1 200 OK\r\n"), received)
            self.assertTrue(received.endswith(b"\r\n\r\nTrue"), received)
        with Pieces(self.server.connector, "/hint", version="1.0") as pieces:
            received = pieces.all()
            self.assertTrue(received.startswith(b"HTTP/1.1 200 OK\r\n"), received)
            self.assertTrue(received.endswith(b"\r\n\r\nFalse"), received)

    # MARK: files

    def test_a_path_is_sent(self):
        self.assertEqual(self.ask_json("/scope")["extensions"]["http.response.pathsend"], {})
        with tempfile.NamedTemporaryFile() as file:
            content = os.urandom(MIB) * 30
            file.write(content)
            file.flush()
            self.server.memory.forget_peak()
            before = self.server.memory.now
            answer = self.ask("/pathsend?path=" + file.name)
            self.assertEqual(answer.headers["content-length"], str(len(content)))
            self.assertEqual(hashlib.sha256(answer.body).digest(), hashlib.sha256(content).digest())
            self.assertLess(self.server.memory.peak - before, ROOM)
        self.assertEqual(self.ask("/pathsend?path=/nowhere/at/all").status, 500)

    def test_what_cannot_be_sent_is_an_oserror_and_the_app_may_answer_otherwise(self):
        with tempfile.TemporaryDirectory() as directory, self.server.connection() as connection:
            os.mkfifo(os.path.join(directory, "fifo"))
            with open(os.path.join(directory, "file"), "wb") as file:
                file.write(b"0123456789")
            for name, options, expected in (("missing", "", ["FileNotFoundError", errno.ENOENT]), ("", "", ["IsADirectoryError", errno.EISDIR]),
                                            ("fifo", "", ["OSError", errno.EINVAL]), ("file/below", "", ["NotADirectoryError", errno.ENOTDIR]),
                                            ("file", "&length=11", ["RuntimeError", None])):
                path = os.path.join(directory, name)
                with self.subTest(path=path):
                    found = json.loads(connection.ask("/pathsend-or?path={}{}".format(path, options)).body)
                    self.assertEqual(found, expected + [path if expected[1] else None])
            self.assertEqual(json.loads(connection.ask("/pathsend-or?number=1&path=1").body)[0], "TypeError")
            self.assertEqual(connection.ask("/").body, b"Hello World")
            self.assertEqual(self.server.descriptors(os.path.join(directory, "fifo")), 0)

    def test_of_a_file_comes_what_is_announced_and_to_head_nothing(self):
        with tempfile.NamedTemporaryFile() as file, self.server.connection() as connection:
            file.write(b"0123456789")
            file.flush()
            for method, options, length, body in (("GET", "", "10", b"0123456789"), ("GET", "&length=4", "4", b"0123"), ("HEAD", "", "10", b""),
                                                  ("GET", "&status=204", None, b""), ("GET", "&status=304", None, b"")):
                with self.subTest(method=method, options=options):
                    answer = connection.ask("/pathsend-or?path={}{}".format(file.name, options), method=method)
                    self.assertEqual((answer.headers.get("content-length"), answer.body), (length, body))
                    self.assertEqual(connection.ask("/").body, b"Hello World")

    def test_the_name_of_a_file_need_not_be_text(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(os.fsencode(directory), b"caf\xe9")
            with open(path, "wb") as file:
                file.write(b"content")
            self.assertEqual(self.ask("/pathsend-or?hex=" + path.hex()).body, b"content")

    def test_a_file_is_sent_when_the_app_has_returned(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            self.server.memory.forget_peak()
            before = self.server.memory.now
            with Pieces(self.server.connector, "/pathsend-or?path=" + file.name, headers="Connection: close\r\n") as pieces:
                pieces.until(b"\r\n\r\n")
                self.server.wait_for_event("file is under way")
                self.assertEqual(self.server.descriptors(file.name), 1)
                self.assertEqual(self.ask("/").body, b"Hello World")
                pieces.receive_rest(200 * MIB)
            self.assertLess(self.server.memory.peak - before, ROOM)
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_a_file_whose_client_has_gone_is_closed(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            with Pieces(self.server.connector, "/pathsend-or?path=" + file.name) as pieces:
                pieces.until(b"\r\n\r\n")
                self.server.wait_for(lambda: self.server.descriptors(file.name) == 1, "the file is not open")
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_a_file_that_becomes_shorter_cuts_the_connection(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            with Pieces(self.server.connector, "/pathsend-or?path=" + file.name) as pieces:
                pieces.until(b"\r\n\r\n")
                file.truncate(MIB)
                self.assertLess(len(pieces.all()), 100 * MIB)
            self.server.wait_for_output("the client was cut off: .* it has become shorter meanwhile")
        self.assertEqual(self.ask("/").status, 200)

    def test_parts_of_open_files_are_sent(self):
        self.assertEqual(self.ask_json("/scope")["extensions"]["http.response.zerocopysend"], {})
        with tempfile.NamedTemporaryFile() as file, self.server.connection() as connection:
            file.write(b"0123456789")
            file.flush()
            for _ in range(3):
                self.assertEqual(connection.ask("/zerocopysend?path=" + file.name).body, b"012" + b"0123456789" + b"3456789" + b".")
                self.assertEqual(connection.ask("/zerocopysend?buffered=1&path=" + file.name).body, b"01" + b"234" + b"-5-" + b"6789")
                self.assertEqual(connection.ask("/zerocopysend?path=" + file.name, method="HEAD").body, b"")
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_an_app_waits_until_a_part_of_a_file_is_sent(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(50 * MIB)
            self.server.memory.forget_peak()
            before = self.server.memory.now
            with Pieces(self.server.connector, "/zerocopysend?path=" + file.name, headers="Connection: close\r\n") as pieces:
                pieces.until(b"\r\n\r\n")
                self.server.wait_for(lambda: self.server.descriptors(file.name) > 0, "the file is not open")
                self.assertEqual(self.ask("/").body, b"Hello World")
                self.assertGreater(len(pieces.all()), 100 * MIB - 10)
            self.assertLess(self.server.memory.peak - before, ROOM)
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_a_file_that_cannot_be_sent_from_is_an_error_and_the_app_may_answer_otherwise(self):
        for how, expected in (("negative", [False, "ValueError"]), ("pipe", [True, "OSError"]), ("object", [False, "TypeError"]),
                              ("memory", [True, "UnsupportedOperation"])):
            with self.subTest(how=how):
                self.assertEqual(self.ask_json("/zerocopysend-or?how=" + how), expected)

    def test_nothing_is_left_of_requests_that_are_over(self):
        """Of all those above, and of these."""
        for path in ("/", "/raise", "/pieces", "/cancel-itself"):
            self.server.sign()
            self.ask(path)
        self.server.wait_for(lambda: self.ask_json("/inspect")["tasks"] <= self.idle_tasks, "more tasks than before: {}".format(self.idle_tasks))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.idle_tasks = cls.server.ask_json("/inspect")["tasks"]


class AsyncioBehaviour(ASGIBehaviour):
    """With asyncio's kind of tasks, which begin at once: before Python 3.12 because their first call of the loop is caught."""

    def test_a_task_is_called_like_its_request(self):
        names = set()
        for _ in range(3):
            task = self.ask_json("/task")
            self.assertEqual((task["name"], task["hidden"], task["among_all"]), (task["id"], [], True))
            names.add(task["name"])
        self.assertEqual(len(names), 3)


class AsyncioTests(AsyncioBehaviour, ServedTestCase):
    worker_class = "asyncio"
    flags = asgi_flags(worker_class)


class UvloopTests(AsyncioBehaviour, ServedTestCase):
    worker_class = "uvloop"
    flags = asgi_flags(worker_class)


class TrioTests(ASGIBehaviour, ServedTestCase):
    worker_class = "trio"
    flags = asgi_flags(worker_class)


@tests_of("asyncio")
class AsyncioMatrixTests(MatrixBehaviour, ServedTestCase):
    app = "matrix:app"
    flags = asgi_flags("asyncio")


@tests_of("uvloop")
class UvloopMatrixTests(MatrixBehaviour, ServedTestCase):
    app = "matrix:app"
    flags = asgi_flags("uvloop")


@tests_of("trio")
class TrioMatrixTests(MatrixBehaviour, ServedTestCase):
    app = "matrix:app"
    flags = asgi_flags("trio")


class MountedTests(PythonTestCase):
    """Below a path of a proxy's, which passes it on or takes it away."""

    def test_path_and_raw_path_begin_with_the_root_path(self):
        server = self.serve("mounted:app", *FLAGS, "--forwarded-headers", "x-forwarded-prefix", "--root-path", "/caf\u00e9/shop")
        for target, path, raw_path in (
            ("/a%20b", "/caf\u00e9/shop/a b", "/caf%C3%A9/shop/a%20b"), ("/", "/caf\u00e9/shop/", "/caf%C3%A9/shop/"),
            ("/caf%C3%A9/shop/a", "/caf\u00e9/shop/a", "/caf%C3%A9/shop/a"), ("/caf%c3%a9/shop", "/caf\u00e9/shop", "/caf%c3%a9/shop"),
            ("/caf%C3%A9/shops", "/caf\u00e9/shop/caf\u00e9/shops", "/caf%C3%A9/shop/caf%C3%A9/shops"),
        ):
            with self.subTest(target=target):
                self.assertEqual(server.ask_json(target), {"path": path, "raw_path": raw_path, "root_path": "/caf\u00e9/shop"})
        found = server.ask_json("/a", headers={"X-Forwarded-Prefix": "/told"})
        self.assertEqual(found, {"path": "/told/a", "raw_path": "/told/a", "root_path": "/told"})
        with opened(server.connector, "/a") as client:
            self.assertEqual(json.loads(client.recv(timeout=30))["path"], "/caf\u00e9/shop/a")

    def test_apps_that_mount_others_find_them(self):
        server = self.serve("matrix:app", *FLAGS, "--root-path", "/shop")
        for path in ("/main-thread", "/wrapped/main-thread", "/shop/main-thread", "/shop/wrapped/main-thread"):
            with self.subTest(path=path):
                self.assertEqual(server.ask(path).status, 200)


class OtherInterpretersTests(PythonTestCase):
    """Every other CPython that is found here, with all loops."""

    def test_the_matrix_holds_on_each(self):
        for interpreter in interpreters(OLDEST[CORE])[1:]:
            venv = environment(CORE, interpreter)
            for worker_class, expected in EXPECTED.items():
                with self.subTest(interpreter=str(interpreter), worker_class=worker_class):
                    server = self.serve("matrix:app", *asgi_flags(worker_class), venv=venv)
                    for name, value in expected.items():
                        ask_matrix(self, server, name, value)
                    self.assertEqual(server.terminate().wait(), 0)

    def test_an_app_by_hand_is_served_on_each(self):
        for interpreter in interpreters(OLDEST[CORE])[1:]:
            with self.subTest(interpreter=str(interpreter)):
                server = self.serve("plain:app", *asgi_flags("asyncio"), venv=environment(CORE, interpreter))
                found = server.ask_json("/inspect")
                self.assertEqual(tuple(found["version"]), interpreter.version)
                body = os.urandom(200000)
                self.assertEqual(server.ask("/echo", method="POST", body=body).body, body)
                self.assertEqual(server.ask("/raise").status, 500)
                self.assertEqual(server.terminate().wait(), 0)


class CollectedTests(PythonTestCase):
    """The garbage collector comes while a request's task is made, and ends something that calls the loop."""

    REQUESTS = 20

    def test_no_call_of_the_loop_is_lost(self):
        for interpreter in interpreters(OLDEST[CORE]):
            for worker_class in ("asyncio", "uvloop"):
                with self.subTest(interpreter=str(interpreter), worker_class=worker_class):
                    server = self.serve("asgi:collected:app", "--worker-class", worker_class, venv=environment(CORE, interpreter))
                    for _ in range(self.REQUESTS):
                        self.assertEqual(server.ask("/").status, 200)
                    found = server.ask_json("/calls")
                    self.assertEqual(found["calls"], dict.fromkeys(["with an argument", "without", "of a task"], self.REQUESTS))
                    # Before Python 3.12 tasks begin at once because their first call of the loop is caught.
                    self.assertEqual(found["caught between"] > 0, interpreter.version[:2] < (3, 12), found)
                    self.assertEqual(server.terminate().wait(), 0)


class BehindNginxTests(PythonTestCase):
    """nginx with the shipped site in front of the app."""

    EDITS = ((r"client_max_body_size 16m;", "client_max_body_size 64m; proxy_request_buffering off; proxy_buffering off;"),)

    def behind_nginx(self, worker_class):
        server = self.serve("plain:app", *asgi_flags(worker_class))
        return server, Nginx(self, server.socket, edits=self.EDITS).connector

    def test_who_is_calling(self):
        for worker_class in EXPECTED:
            with self.subTest(worker_class=worker_class):
                _, connector = self.behind_nginx(worker_class)
                answer = ask(connector, "/scope", headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "forged"})
                scope = json.loads(answer.body)
                self.assertEqual((scope["client"][0], scope["scheme"]), ("127.0.0.1", "http"))
                self.assertRegex(answer.headers["x-request-id"], "^[0-9a-f]{32}$")
                self.assertEqual(scope["extensions"]["roost.request_id"], {"id": answer.headers["x-request-id"]})

    def test_large_bodies_both_ways(self):
        for worker_class in EXPECTED:
            with self.subTest(worker_class=worker_class):
                server, connector = self.behind_nginx(worker_class)
                ask(connector)
                before = server.memory.now
                body = os.urandom(MIB)
                found = json.loads(ask(connector, "/count", method="POST", body=iter([body] * 50), headers={"Content-Length": str(50 * MIB)}).body)
                self.assertEqual((found["length"], found["sha256"]), (50 * MIB, hashlib.sha256(body * 50).hexdigest()))
                with Connection(connector) as connection:
                    connection.request("GET", "/download?size={}".format(200 * MIB))
                    self.assertEqual(read_length(connection.getresponse()), 200 * MIB)
                self.assertLess(server.memory.peak - before, ROOM)

    def test_files_of_the_map_are_sent_by_nginx(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o755)
            name = os.path.join(directory, "a b%c.txt")
            for path in (name, directory + "-elsewhere.txt"):
                with open(path, "wb") as file:
                    file.write(b"0123456789")
                self.addCleanup(lambda path=path: os.path.exists(path) and os.remove(path))
            location = "    location /protected/ {{ internal; alias {}/; }}\n    location / {{".format(directory)
            server = self.serve("plain:app", *asgi_flags("asyncio"), "--accel-map", directory + "=/protected")
            connector = Nginx(self, server.socket, edits=self.EDITS + ((r"^    location / \{", location),)).connector
            answer = ask(connector, "/pathsend?path=" + urllib.parse.quote(name), headers={"Range": "bytes=2-4"})
            # The range is nginx's doing: the app knows nothing of it.
            self.assertEqual((answer.status, answer.body, answer.headers.get("x-accel-redirect")), (206, b"234", None))
            whole = ask(connector, "/pathsend?path=" + urllib.parse.quote(directory + "-elsewhere.txt"), headers={"Range": "bytes=2-4"})
            self.assertEqual((whole.status, whole.body), (200, b"0123456789"))
            out = ask(connector, "/pathsend?path=" + urllib.parse.quote("{}/../{}-elsewhere.txt".format(directory, os.path.basename(directory))))
            self.assertEqual((out.status, out.body), (200, b"0123456789"))
            self.assertEqual(ask(connector, "/protected/a%20b%25c.txt").status, 404)
            asked = server.ask("/pathsend?path=" + urllib.parse.quote(name))
            self.assertEqual((asked.body, asked.headers["x-accel-redirect"]), (b"", "/protected/a%20b%25c.txt"))

    def test_a_client_that_leaves_nginx_leaves_the_app(self):
        server, connector = self.behind_nginx("asyncio")
        with Pieces(connector, "/wait"):
            server.wait_for_event("wait begins")
        server.wait_for_event("wait ends http.disconnect")
        with Pieces(connector, "/stream-until-gone") as pieces:
            pieces.until(b"\0\1\2\3")
        server.wait_for_event("stream ends( http.disconnect| OSError)+")

    def test_fifty_clients_at_once(self):
        for worker_class in EXPECTED:
            _, connector = self.behind_nginx(worker_class)
            answers = crowd(connector, 50, 10)
            self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})


if __name__ == "__main__":
    unittest.main()
