"""WSGI apps in Python: every corner of PEP 3333, with one thread and with several, also under wsgiref.validate."""

import gzip
import hashlib
import http.client
import json
import os
import socket
import tempfile
import time
import unittest

from calling import v2
from clients import Connection, Later, ask, crowd
from nginx import Nginx
from pieces import Pieces, body_of, read_length, send_while_taken
from python_apps import MIB, PythonTestCase, ServedTestCase

FLAGS = ("--max-body-size", "off", "--forwarded-allow-ips", "unix:")
# What a worker may grow by while a body of any length passes through.
ROOM = 24 * MIB
# How an app may read its input.
WAYS = ("whole", "to-the-end", "more-than-there-is", "in-pieces", "lines", "short-lines", "all-lines", "hinted-lines", "iteration")


class WSGIBehaviour:
    """With any number of threads, validated or not."""

    # MARK: environ

    def test_the_environ_says_all_of_the_request(self):
        headers = {"X-One": "1", "X-Latin": b"caf\xe9", "Cookie": "a=1", "Content-Type": "text/x-test"}
        environ = self.ask_json("/caf%C3%A9/a%20b/%25?q=%20+&%C3%A9", method="POST", body=b"12345", headers=headers)
        expected = {
            "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/caf\u00c3\u00a9/a b/%", "QUERY_STRING": "q=%20+&%C3%A9",
            "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_TYPE": "text/x-test", "CONTENT_LENGTH": "5", "HTTP_HOST": "hello.example", "HTTP_X_ONE": "1",
            "HTTP_X_LATIN": "caf\u00e9", "HTTP_COOKIE": "a=1", "wsgi.url_scheme": "http", "wsgi.version": [1, 0], "wsgi.run_once": False,
            "wsgi.multithread": self.threads > 1, "type": "dict",
        }
        self.assertEqual({key: environ.get(key) for key in expected}, expected)
        self.assertNotIn("HTTP_CONTENT_TYPE", environ)
        self.assertNotIn("HTTP_CONTENT_LENGTH", environ)
        self.assertIs(environ["wsgi.input_terminated"], True)
        for key in ("wsgi.input", "wsgi.errors", "wsgi.file_wrapper", "wsgi.multiprocess", "SERVER_NAME", "SERVER_PORT"):
            self.assertIn(key, environ)

    def test_on_a_unix_socket_nobody_has_an_address(self):
        environ = self.ask_json("/environ")
        self.assertEqual((environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]), ("", "localhost", "80"))
        self.assertNotIn("REMOTE_PORT", environ)

    def test_a_trusted_proxys_client_and_scheme_are_those_of_the_environ(self):
        environ = self.ask_json("/environ", headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7", "X-Forwarded-Proto": "https"})
        self.assertEqual((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]), ("192.0.2.7", "https"))

    def test_the_requests_id_is_the_apps_and_the_clients(self):
        for headers in ({}, {"X-Request-ID": "from-the-proxy"}):
            answer = self.ask("/environ", headers=headers)
            self.assertEqual(json.loads(answer.body)["roost.request_id"], answer.headers["x-request-id"])
        self.assertEqual(answer.headers["x-request-id"], "from-the-proxy")

    def test_fields_that_come_twice_are_joined_and_those_that_pose_as_others_dropped(self):
        with Pieces(self.server.connector, "/environ", headers="X-One: 1\r\nx-one: 2\r\nX_One: 3\r\nConnection: close\r\n") as pieces:
            environ = json.loads(pieces.all().partition(b"\r\n\r\n")[2])
        self.assertEqual(environ["HTTP_X_ONE"].replace(" ", ""), "1,2")

    def test_an_environ_is_changed_by_its_own_request_only(self):
        with self.server.connection() as connection:
            self.assertEqual([connection.ask("/spoil").body for _ in range(3)], [b"true"] * 3)

    def test_lines_to_wsgi_errors_are_logged(self):
        self.ask("/errors")
        for line in ("written to wsgi.errors", "first of two lines", "second of two lines", "a line without an end", "said on standard output",
                     "said on standard error"):
            self.server.wait_for_output(line)

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

    # MARK: wsgi.input

    def test_bodies_arrive_whole_whichever_way_they_are_read(self):
        for length in (0, 1, 1000, 70000, 1 << 20):
            body = b"".join(b"line %d of the body\n" % number for number in range(length // 10 + 1))[:length]
            for way in WAYS:
                for chunked in (False, True):
                    if chunked and (way in ("whole", "more-than-there-is") or not length):
                        continue
                    with self.subTest(length=length, way=way, chunked=chunked):
                        found = self.ask_json("/read?how=" + way, method="POST", body=iter([body]) if chunked else body)
                        self.assertEqual((found["length"], found["sha256"]), (length, hashlib.sha256(body).hexdigest()))

    def test_to_read_nothing_is_not_the_end(self):
        self.assertEqual(self.ask_json("/read?how=nothing", method="POST", body=b"body")["length"], 0)
        self.assertEqual(self.ask_json("/read?how=in-pieces", method="POST", body=b"body")["length"], 4)

    def test_a_body_that_comes_byte_by_byte_arrives_whole(self):
        with Connection(self.server.connector) as connection:
            connection.putrequest("POST", "/read?how=lines")
            connection.putheader("Content-Length", "20")
            connection.endheaders()
            for number in range(20):
                connection.send(b"%d" % (number % 10))
                time.sleep(0.002)
            self.assertEqual(json.loads(connection.getresponse().read())["length"], 20)

    def test_100_continue_is_sent_when_the_app_wants_the_body_and_only_then(self):
        head = "Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n"
        with Pieces(self.server.connector, "/count", "POST", head) as pieces:
            pieces.until(b"\r\n\r\n")
            self.assertRegex(pieces.received, rb"\AHTTP/1\.1 100 ")
            pieces.socket.sendall(b"hello")
            self.assertIn(b'"length": 5', pieces.all())
        with Pieces(self.server.connector, "/unread", "POST", head) as pieces:
            self.assertRegex(pieces.all(), rb"\AHTTP/1\.1 413 ")

    def test_an_app_need_not_read_the_body(self):
        for length in (10, 10000, 200000):
            answer = self.ask("/unread", method="POST", body=b"x" * length)
            self.assertEqual((answer.status, answer.body), (413, b"no, thank you"))
        self.assertEqual(self.ask("/").status, 200)

    def test_bodies_go_both_ways_at_the_same_time(self):
        body = os.urandom(3 * MIB)
        with self.server.connector() as connection:
            head = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n".format(len(body)).encode()
            sending = Later(connection.sendall, head + body)
            response = http.client.HTTPResponse(connection)
            response.begin()
            self.assertEqual(response.read(), body)
            sending.result()

    def test_fifty_megabytes_pass_through_in_little_memory(self):
        memory = self.server.memory
        self.ask("/count", method="POST", body=b"x" * MIB)
        memory.forget_peak()
        before = memory.now
        piece = os.urandom(MIB)
        found = self.ask_json("/count", method="POST", body=iter([piece] * 50), headers={"Content-Length": str(50 * MIB)})
        self.assertEqual((found["length"], found["sha256"]), (50 * MIB, hashlib.sha256(piece * 50).hexdigest()))
        self.assertLess(memory.peak - before, ROOM)

    def test_an_app_that_does_not_read_holds_the_client_up(self):
        before, size = self.server.memory.now, 64 * MIB
        with Pieces(self.server.connector, "/slow-count", "POST", "Connection: close\r\nContent-Length: {}\r\n".format(size)) as pieces:
            sent = send_while_taken(pieces.socket, size)
            self.assertLess(sent, 8 * MIB, "taken although the app reads nothing")
            self.assertLess(self.server.memory.now - before, ROOM)
            self.server.sign()
            pieces.socket.sendall(b"x" * (size - sent))
            self.assertTrue(pieces.all().endswith(str(size).encode()))

    def test_a_client_that_goes_within_its_body_is_an_error_for_the_app(self):
        """Half a body must not be taken for a whole one."""
        for framing, body in (("Content-Length: 1000\r\n", b"x" * 100), ("Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n")):
            self.server.forget_events()
            with self.subTest(framing=framing):
                with Pieces(self.server.connector, "/cut-upload", "POST", framing, body):
                    time.sleep(0.1)
                self.server.wait_for_event("upload cut .*Error.*")
        self.assertEqual(self.ask("/").status, 200)

    # MARK: responses

    def test_what_is_returned_is_sent(self):
        for path, body in (("/", b"Hello World"), ("/list", b"one two three"), ("/nothing", b""), ("/start-in-the-iteration", b"started late"),
                           ("/write", b"written and written, then returned"), ("/closed", b"closed after this")):
            with self.subTest(path=path), self.server.connection() as connection:
                for _ in range(2):
                    answer = connection.ask(path)
                    self.assertEqual((answer.status, answer.body, answer.headers["content-type"]), (200, body, "text/plain"))

    def test_one_piece_has_a_length_and_several_come_in_chunks(self):
        self.assertEqual(self.ask("/").headers["content-length"], "11")
        self.assertEqual(self.ask("/nothing").headers["content-length"], "0")
        self.server.sign()
        self.assertEqual(self.ask("/generator").headers["transfer-encoding"], "chunked")

    def test_pieces_reach_the_client_as_they_are_made(self):
        for path, first, rest in (("/generator", b"first ", b"second"), ("/write?wait=1", b"written ", b"and written, then returned")):
            self.server.unsign()
            with self.subTest(path=path), Pieces(self.server.connector, path, headers="Connection: close\r\n") as pieces:
                pieces.until(first)
                self.server.sign()
                self.assertEqual(body_of(pieces.all()), first + rest)

    def test_to_http_1_0_a_body_without_length_ends_with_the_connection(self):
        self.server.sign()
        with Pieces(self.server.connector, "/generator", version="1.0") as pieces:
            head, _, body = pieces.all().partition(b"\r\n\r\n")
        self.assertNotIn(b"transfer-encoding", head.lower())
        self.assertEqual(body, b"first second")

    def test_head_204_and_304_have_no_body(self):
        with self.server.connection() as connection:
            for path, method, status in (("/", "HEAD", 200), ("/status?code=204", "GET", 204), ("/status?code=304", "GET", 304),
                                         ("/status?code=404", "HEAD", 404), ("/list", "HEAD", 200), ("/write", "HEAD", 200)):
                with self.subTest(path=path):
                    answer = connection.ask(path, method=method)
                    self.assertEqual((answer.status, answer.body), (status, b""))
                    self.assertEqual(connection.ask("/").body, b"Hello World")

    def test_statuses_and_fields_are_those_of_the_app(self):
        for code in (201, 299, 400, 451, 500, 599):
            answer = self.ask("/status?code={}".format(code))
            self.assertEqual((answer.status, answer.headers["x-code"]), (code, str(code)))
        with Pieces(self.server.connector, "/headers", headers="Connection: close\r\n") as pieces:
            lines = pieces.all().partition(b"\r\n\r\n")[0].split(b"\r\n")
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
        self.assertEqual([value for name, value in fields if name == b"set-cookie"], [b"a=1", b"b=2"])
        self.assertIn((b"x-latin", b"caf\xe9"), fields)
        self.assertIn((b"x-empty", b""), fields)

    def test_close_is_called_once_whatever_happens(self):
        self.server.sign()
        for path, method, name in (("/closed", "GET", "whole"), ("/closed", "HEAD", "whole"), ("/status?code=304", "GET", "status"),
                                   ("/raise-in-first", "GET", "raise-in-first"), ("/raise-in-body", "GET", "raise-in-body"),
                                   ("/download?name=d&size=1000", "GET", "download d")):
            self.server.forget_events()
            with self.subTest(path=path, method=method):
                with Pieces(self.server.connector, path, method, "Connection: close\r\n") as pieces:
                    pieces.all()
                self.server.wait_for_event("closed " + name)
                self.assertEqual(self.server.events(), ["closed " + name])

    def test_close_is_called_when_the_client_has_gone(self):
        with Pieces(self.server.connector, "/download?name=gone&size={}".format(500 * MIB)) as pieces:
            pieces.until(b"\0\1\2\3")
        self.server.wait_for_event("closed download gone")
        self.assertLess(self.ask_json("/progress?name=gone"), 100 * MIB)

    def test_slow_streams_end_when_their_client_has_gone(self):
        for path, event in (("/slow-stream", "closed slow-stream"), ("/write-until-gone", "write raises BrokenPipeError")):
            with self.subTest(path=path):
                with Pieces(self.server.connector, path) as pieces:
                    pieces.until(b"piece ")
                self.server.wait_for_event(event)
                self.assertEqual(self.ask("/").status, 200)

    def test_others_have_their_turn_between_the_pieces_of_a_slow_stream(self):
        with Pieces(self.server.connector, "/slow-stream") as pieces:
            pieces.until(b"piece ")
            for _ in range(3):
                self.assertEqual(self.ask("/").body, b"Hello World")
            pieces.until(b"piece ")
        self.server.wait_for_event("closed slow-stream")

    def test_two_hundred_megabytes_pass_through_in_little_memory(self):
        memory, size = self.server.memory, 200 * MIB
        self.assertEqual(len(self.ask("/download?size={}".format(MIB)).body), MIB)
        memory.forget_peak()
        before = memory.now
        for length in ("", "&length=1"):
            with self.server.connection() as connection:
                connection.request("GET", "/download?size={}{}".format(size, length))
                self.assertEqual(read_length(connection.getresponse()), size)
        self.assertLess(memory.peak - before, ROOM)

    def test_a_write_beyond_its_request_does_no_harm(self):
        with self.server.connection() as connection:
            self.assertEqual(connection.ask("/late-write").body, b"in time")
            self.assertEqual(len(json.loads(connection.ask("/use-late-write").body)), 1)
            self.assertEqual(connection.ask("/").body, b"Hello World")

    def test_fifty_clients_at_once(self):
        answers = crowd(self.server.connector, 50, 20)
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})

    # MARK: files

    def test_files_are_sent_from_where_they_stand_and_closed(self):
        content = os.urandom(300000)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            for options, expected in (("", content), ("&from=1000", content[1000:]), ("&buffered=10", content[10:]), ("&memory=1", content),
                                      ("&memory=1&from=5", content[5:]), ("&object=1", content), ("&from=300000", b""),
                                      ("&length=300000", content), ("&from=299000&length=1000", content[299000:])):
                for method in ("GET", "HEAD"):
                    with self.subTest(options=options, method=method):
                        answer = self.ask("/file?path={}{}".format(file.name, options), method=method)
                        self.assertEqual(answer.status, 200)
                        # Not assertEqual, which would look for hours for what is different.
                        self.assertTrue(answer.body == (expected if method == "GET" else b""), "another body")
            self.server.wait_for(lambda: self.ask_json("/open-files") == 0, "files are still open")

    def test_a_large_file_passes_through_in_little_memory(self):
        memory = self.server.memory
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            memory.forget_peak()
            before = memory.now
            with self.server.connection() as connection:
                connection.request("GET", "/file?path={}".format(file.name))
                self.assertEqual(read_length(connection.getresponse()), 200 * MIB)
            self.assertLess(memory.peak - before, ROOM)

    def test_what_is_no_plain_file_is_read(self):
        content = os.urandom(100000)
        with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile() as packed:
            file.write(content)
            file.flush()
            packed.write(gzip.compress(content))
            packed.flush()
            for options, expected in (("gzip&path=" + packed.name, content), ("shouting&path=" + file.name, content.upper()),
                                      ("shouting-buffered&path=" + file.name, content.upper()), ("pipe&path=" + file.name, content[:10000])):
                with self.subTest(options=options):
                    answer = self.ask("/file?kind=" + options)
                    self.assertEqual(answer.headers["transfer-encoding"], "chunked")
                    self.assertTrue(answer.body == expected, "another body")
            for options in ("write-only&path=" + file.name, "file&closed=1&path=" + file.name):
                with self.subTest(options=options):
                    self.assertEqual(self.ask("/file?kind=" + options).status, 500)
            self.server.wait_for(lambda: self.ask_json("/open-files") == 0, "files are still open")

    def test_files_of_other_kinds_are_sent_as_they_read(self):
        content = os.urandom(300000)
        for options, expected in (("unbuffered", content), ("unbuffered&from=7", content[7:]), ("random&buffered=10", content[10:]),
                                  ("written", content + b"and more and more"), ("written-end", b""), ("file&next=1", content[4096:])):
            with self.subTest(options=options), tempfile.NamedTemporaryFile() as file:
                file.write(content)
                file.flush()
                answer = self.ask("/file?kind={}&path={}".format(options, file.name))
                self.assertTrue(answer.body == expected, "another body")

    def test_files_go_with_every_status_and_behind_what_was_written(self):
        with tempfile.NamedTemporaryFile() as file, self.server.connection() as connection:
            file.write(b"content")
            file.flush()
            for options, body in (("status=404+Not+Found", b"content"), ("status=204+No+Content", b""), ("status=304+Not+Modified", b""),
                                  ("write=1", b"written, content"), ("write=1&length=16", b"written, content")):
                with self.subTest(options=options):
                    self.assertEqual(connection.ask("/file?path={}&{}".format(file.name, options)).body, body)
                    self.assertEqual(connection.ask("/").body, b"Hello World")

    def test_a_file_that_is_longer_or_shorter_than_announced(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"0123456789")
            file.flush()
            with Pieces(self.server.connector, "/file?path={}&length=5".format(file.name), headers="Connection: close\r\n") as pieces:
                self.assertNotIn(b"56789", pieces.all())
            with Pieces(self.server.connector, "/file?path={}&length=20".format(file.name)) as pieces:
                self.assertTrue(pieces.all().endswith(b"0123456789"))

    # MARK: failures

    def test_before_the_start_a_failure_is_a_500(self):
        for path, said in (("/raise", "ValueError: before the start"), ("/raise-after-start", "ValueError: after the start"),
                           ("/raise-in-first", "ValueError: in the body"), ("/no-start", None), ("/start-twice", None)):
            with self.subTest(path=path), self.server.connection() as connection:
                self.assertEqual(connection.ask(path).status, 500)
                self.assertEqual(connection.ask("/").status, 200)
                if said:
                    self.server.wait_for_output(said)

    def test_after_it_the_connection_is_cut(self):
        for path in ("/raise-in-body", "/raise-in-body?length=1", "/too-short", "/exc-info-too-late"):
            with self.subTest(path=path), Pieces(self.server.connector, path) as pieces:
                received = pieces.all()
                self.assertRegex(received, rb"\AHTTP/1\.1 200 ")
                self.assertEqual(received.count(b"HTTP/1.1"), 1)
                with self.assertRaises(http.client.IncompleteRead):
                    body_of(received)
        self.server.wait_for_output("ValueError: in the body")
        self.assertEqual(self.server.wait_for_event("(not )?raised again.*"), "raised again own")

    def test_with_exc_info_another_answer_may_be_given_while_none_was_sent(self):
        for path in ("/exc-info", "/exc-info-in-the-iteration"):
            with self.subTest(path=path):
                answer = self.ask(path)
                self.assertEqual((answer.status, answer.body), (503, b"sorry"))
                self.assertNotIn("x-first", answer.headers)

    def test_a_failure_in_close_is_logged_and_that_is_all(self):
        answer = self.ask("/raise-in-close")
        self.assertEqual((answer.status, answer.body), (200, b"complete"))
        self.server.wait_for_event("close is called")
        self.server.wait_for_output("ValueError: in close")
        self.assertEqual(self.ask("/").status, 200)

    def test_a_traceback_is_one_record_with_the_requests_id(self):
        self.assertEqual(self.ask("/raise", headers={"X-Request-ID": "the-one-that-fails"}).status, 500)
        line = self.server.wait_for_output("^.*the-one-that-fails.*\\n(?:    .*\\n)+").group()
        for part in ("Traceback (most recent call last)", "plain_wsgi.py", "raise_before", "ValueError: before the start"):
            self.assertIn(part, line)

    def test_no_more_is_sent_than_was_announced(self):
        with Pieces(self.server.connector, "/too-long", headers="Connection: close\r\n") as pieces:
            received = pieces.all()
        self.assertNotIn(b"56789", received)
        self.server.wait_for_event("closed too-long")
        self.assertEqual(self.ask("/").status, 200)


class InlineBehaviour(WSGIBehaviour):
    app, threads = "wsgi:plain_wsgi:app", 1
    flags = FLAGS + ("--threads", "1")

    def test_a_file_of_text_is_refused(self):
        self.assertEqual(self.ask("/file?kind=text&path=/etc/passwd").status, 500)

    def test_a_file_has_its_length(self):
        with tempfile.NamedTemporaryFile() as file, self.server.connection() as connection:
            file.write(b"0123456789")
            file.flush()
            for method in ("GET", "HEAD"):
                answer = connection.ask("/file?path={}&from=3".format(file.name), method=method)
                self.assertEqual((answer.headers["content-length"], answer.body), ("7", b"3456789" if method == "GET" else b""))

    def test_a_file_is_sent_when_its_app_has_closed_it(self):
        """So nobody but the kernel can have read it; a descriptor of the server's own keeps it."""
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            with Pieces(self.server.connector, "/file?path=" + file.name, headers="Connection: close\r\n") as pieces:
                pieces.until(b"\r\n\r\n")
                self.server.wait_for(lambda: self.ask_json("/open-files") == 0, "the app's file is open")
                self.assertEqual(self.server.descriptors(file.name), 1)
                pieces.receive_rest(200 * MIB)
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_a_file_whose_client_has_gone_is_closed(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            with Pieces(self.server.connector, "/file?path=" + file.name) as pieces:
                pieces.until(b"\r\n\r\n")
                self.server.wait_for(lambda: self.server.descriptors(file.name) == 1, "the file is not open")
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_a_file_that_becomes_shorter_cuts_the_connection(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            with Pieces(self.server.connector, "/file?path=" + file.name) as pieces:
                pieces.until(b"\r\n\r\n")
                file.truncate(MIB)
                self.assertLess(len(pieces.all()), 100 * MIB)
            self.server.wait_for_output("the client was cut off: .* it has become shorter meanwhile")
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")
        self.assertEqual(self.ask("/").status, 200)

    def test_clients_that_do_not_read_their_files_hold_nobody_up(self):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(200 * MIB)
            held = [Pieces(self.server.connector, "/file?path=" + file.name) for _ in range(8)]
            try:
                for one in held:
                    one.until(b"\r\n\r\n")
                self.assertEqual(self.server.descriptors(file.name), 8)
                for _ in range(20):
                    self.assertEqual(self.ask("/").body, b"Hello World")
            finally:
                for one in held:
                    one.close()
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_wrong_answers_are_refused(self):
        for what in ("status-of-number", "status-without-number", "status-with-line", "header-of-bytes", "header-with-line", "header-beyond-latin",
                     "header-of-three", "headers-of-none", "text", "none", "number"):
            with self.subTest(what=what):
                with Pieces(self.server.connector, "/wrong?what=" + what, headers="Connection: close\r\n") as pieces:
                    received = pieces.all()
                self.assertRegex(received, rb"\AHTTP/1\.1 500 ")
                self.assertNotIn(b"x-injected", received.lower())
        self.assertEqual(self.ask("/").status, 200)


class InlineTests(InlineBehaviour, ServedTestCase):
    """One thread, which is the loop's own."""

    def test_the_app_runs_on_the_main_thread(self):
        found = [self.ask_json("/thread") for _ in range(3)]
        self.assertEqual([one["main"] for one in found], [True] * 3)
        self.assertEqual([one["count"] - found[0]["count"] for one in found], [0, 1, 2])


class ThreadedTests(InlineBehaviour, ServedTestCase):
    threads = 4
    flags = FLAGS + ("--threads", "4")

    def test_so_many_requests_run_at_the_same_time(self):
        meeting = [Later(self.ask, "/meet?name=all&number=4") for _ in range(4)]
        self.assertEqual({one.result().status for one in meeting}, {200})
        self.assertEqual(len({one.result().body for one in meeting}), 4)

    def test_a_thread_keeps_what_is_its_own(self):
        found = [self.ask_json("/thread") for _ in range(40)]
        self.assertLessEqual(len({one["ident"] for one in found}), 4)
        self.assertGreaterEqual(max(one["count"] for one in found), 10)

    def test_requests_beyond_the_threads_wait_their_turn(self):
        started = time.monotonic()
        sleeping = [Later(self.ask, "/sleep?seconds=0.3") for _ in range(8)]
        self.assertEqual({one.result().body for one in sleeping}, {b"slept"})
        self.assertGreater(time.monotonic() - started, 0.55)
        self.assertLess(time.monotonic() - started, 2.5)

    def test_a_client_that_does_not_read_holds_its_own_thread_up_only(self):
        size = 200 * MIB
        with Pieces(self.server.connector, "/download?name=held&size={}".format(size), headers="Connection: close\r\n") as pieces:
            pieces.until(b"\0\1\2\3")
            time.sleep(0.7)
            first = self.ask_json("/progress?name=held")
            time.sleep(0.3)
            self.assertEqual(self.ask_json("/progress?name=held"), first, "the app goes on although the client does not")
            self.assertLess(first, 8 * MIB)


class ValidatedInlineTests(WSGIBehaviour, ServedTestCase):
    """Under wsgiref.validate, which looks at what the server gives and how it calls."""

    app, threads = "wsgi:plain_wsgi:validated", 1
    flags = FLAGS + ("--threads", "1")

    # Two of its apps are no WSGI apps, and the validator says so.
    test_before_the_start_a_failure_is_a_500 = None

    def test_one_piece_has_a_length_and_several_come_in_chunks(self):
        """What the validator returns in the app's stead has no len(), so nothing but its end tells how long it is."""
        self.server.sign()
        for path in ("/", "/generator"):
            self.assertEqual(self.ask(path).headers["transfer-encoding"], "chunked")

    def tearDown(self):
        output = self.server.output()
        self.assertNotIn("AssertionError", output)
        self.assertNotIn("without being closed", output)


class ValidatedThreadedTests(ValidatedInlineTests):
    threads = 4
    flags = FLAGS + ("--threads", "4")


class SeveralProcessesTests(PythonTestCase):
    def test_an_app_is_told_whether_it_is_in_several_processes(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                server = self.serve("wsgi:plain_wsgi:app", *FLAGS, "--workers", str(workers))
                self.assertIs(server.ask_json("/environ")["wsgi.multiprocess"], workers > 1)


class ConnectionTests(PythonTestCase):
    """What is the same for all requests of a connection, or of a peer: it is made once, and no request may see another's."""

    def ask_all(self, connections):
        """What two requests in a row say on each connection, the connections taking turns."""
        seen = [[] for _ in connections]
        for _ in range(2):
            for connection, answers in zip(connections, seen):
                for _ in range(2):
                    answers.append(json.loads(connection.ask("/extensions").body))
        for answers in seen:
            self.assertEqual(answers, answers[:1] * 4)
        return [answers[0] for answers in seen]

    def test_each_peer_is_its_own(self):
        server = self.serve("wsgi:plain_wsgi:app", "--bind", "127.0.0.1:0", "--root-path", "/below")
        port = int(server.wait_for_output(r"running on http://127\.0\.0\.1:(\d+)").group(1))
        with server.connection() as own, Connection(lambda: socket.create_connection(("127.0.0.1", port))) as first, \
                Connection(lambda: socket.create_connection(("127.0.0.1", port))) as second:
            unix, one, other = self.ask_all([own, first, second])
        peer = {"pid": os.getpid(), "uid": os.geteuid(), "gid": os.getegid()}
        self.assertEqual(unix["extensions"], {"roost.peer": peer})
        self.assertEqual((unix["ends"]["REMOTE_ADDR"], unix["ends"]["SERVER_NAME"], unix["ends"]["SCRIPT_NAME"]), ("", "localhost", "/below"))
        self.assertEqual((one["extensions"], other["extensions"]), ({}, {}))
        self.assertEqual((one["ends"]["REMOTE_ADDR"], one["ends"]["SERVER_NAME"], one["ends"]["SERVER_PORT"]), ("127.0.0.1", "127.0.0.1", str(port)))
        self.assertNotEqual(one["ends"]["REMOTE_PORT"], other["ends"]["REMOTE_PORT"])

    def test_a_proxys_header_is_that_connections(self):
        server = self.serve("wsgi:plain_wsgi:app", "--proxy-protocol", "v2")

        def connector(source, unique_id):
            def connect():
                connection = server.connector()
                connection.sendall(v2(source, tlvs=b"\x05" + len(unique_id).to_bytes(2, "big") + unique_id))
                return connection
            return connect

        with Connection(connector(("192.0.2.1", 1001), b"one")) as first, Connection(connector(("192.0.2.2", 1002), b"other")) as second:
            one, other = self.ask_all([first, second])
        for seen, source, unique_id in ((one, ("192.0.2.1", "1001"), b"one"), (other, ("192.0.2.2", "1002"), b"other")):
            self.assertEqual((seen["ends"]["REMOTE_ADDR"], seen["ends"]["REMOTE_PORT"]), source)
            header = seen["extensions"]["proxy_protocol"]
            self.assertEqual((header["version"], header["source"], header["tlvs"]), (2, ":".join(source), [[5, unique_id.hex()]]))


class BehindNginxTests(PythonTestCase):
    """nginx with the shipped site in front of the app."""

    EDITS = ((r"client_max_body_size 16m;", "client_max_body_size 64m; proxy_request_buffering off; proxy_buffering off;"),)

    def test_who_is_calling_and_large_bodies(self):
        for threads in ("1", "4"):
            with self.subTest(threads=threads):
                server = self.serve("wsgi:plain_wsgi:app", *FLAGS, "--threads", threads)
                connector = Nginx(self, server.socket, edits=self.EDITS).connector
                answer = ask(connector, "/environ", headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "forged"})
                environ = json.loads(answer.body)
                self.assertEqual((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]), ("127.0.0.1", "http", "hello.example"))
                self.assertRegex(environ["roost.request_id"], "^[0-9a-f]{32}$")
                before = server.memory.now
                body = os.urandom(MIB)
                found = json.loads(ask(connector, "/count", method="POST", body=iter([body] * 50), headers={"Content-Length": str(50 * MIB)}).body)
                self.assertEqual((found["length"], found["sha256"]), (50 * MIB, hashlib.sha256(body * 50).hexdigest()))
                with Connection(connector) as connection:
                    connection.request("GET", "/download?size={}".format(200 * MIB))
                    self.assertEqual(read_length(connection.getresponse()), 200 * MIB)
                self.assertLess(server.memory.peak - before, ROOM)
                answers = crowd(connector, 50, 10)
                self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, b"Hello World")})


if __name__ == "__main__":
    unittest.main()
