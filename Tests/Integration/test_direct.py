"""Who is calling, without a proxy: what peers may say of themselves, in PROXY headers and in fields, and what becomes of lies."""

import time
import unittest

from calling import LIES, ProxyTestCase, Seen, exchange, loopback, request, v1, v2
from clients import ask
from processes import free_port


class DirectBehaviour:
    """Nobody stands before Roost."""

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.address = "127.0.0.1:{}".format(self.port)

    def test_a_client_cannot_lie(self):
        self.serve("--forwarded-allow-ips", "127.0.0.9", binds=[self.address])
        seen = self.ask(loopback(self.port, "127.0.0.5"), headers=LIES)
        self.assert_is_honest(seen, "127.0.0.5")
        self.assertNotEqual(seen.port, 0)
        self.assertRegex(seen.request_id, "^[0-9a-f]{32}$")
        # The app gets them as they came, and may make of them what it likes.
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded", "X-Request-ID"):
            self.assertEqual(seen.headers[name.lower()], LIES[name])

    def test_an_unwanted_header_is_a_400_that_says_why(self):
        """Also from a peer that may send it elsewhere, and in either version."""
        self.serve(binds=[self.address])
        for header in (v1(("192.0.2.1", 1)), v2(("192.0.2.1", 1))):
            token = self.token()
            self.assertRegex(exchange(loopback(self.port), header + request("/" + token)), rb"\AHTTP/1\.1 400 ")
            self.assert_unheard(token, loopback(self.port))
        self.assertEqual(len(self.wait_for_lines("proxy_protocol", 2)), 2)

    def test_auto_takes_both_versions_and_none(self):
        self.serve(binds=[self.address + "?proxy_protocol=auto"])
        client = ("192.0.2.7", 777)
        for header, expected in ((v1(client), client[0]), (v2(client), client[0]), (b"", "127.0.0.5"),
                                 (b"PROXY UNKNOWN\r\n", "127.0.0.5"), (v2(client, command=0), "127.0.0.5")):
            token = self.token()
            answer = exchange(loopback(self.port, "127.0.0.5"), header + request("/" + token))
            self.assertRegex(answer, rb"\AHTTP/1\.1 200 ")
            self.assertEqual(Seen.of(answer.partition(b"\r\n\r\n")[2]).client, expected)
            self.assertEqual(self.logged(token).split(" ")[0], expected)

    def test_a_header_may_come_byte_by_byte(self):
        self.serve(binds=[self.address + "?proxy_protocol=required"])
        client = ("192.0.2.7", 777)
        for header in (v1(client), v2(client, tlvs=b"\xe0\x00\x02hi")):
            answer = exchange(loopback(self.port), header + request("/" + self.token()), pieces=1)
            seen = Seen.of(answer.partition(b"\r\n\r\n")[2])
            self.assertEqual((seen.client, seen.port), client)
            self.assertEqual(seen.proxy["source"], list(client))

    def test_a_source_that_may_not_send_it_is_closed_and_logged_once(self):
        self.serve(binds=[self.address + "?proxy_protocol=v2&proxy_allow_from=127.0.0.9"])
        allowed = loopback(self.port, "127.0.0.9")
        token = self.token()
        for _ in range(20):
            self.assertEqual(exchange(loopback(self.port, "127.0.0.5"), v2(("192.0.2.1", 1)) + request("/" + token)), b"")
        self.assert_unheard(token, allowed, v2(("192.0.2.1", 1)))
        lines = self.wait_for_lines("proxy_allow_from")
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("127.0.0.5", lines[0])

    def test_half_a_header_and_silence_is_closed_when_the_time_is_over(self):
        self.serve("--header-timeout", "1s", binds=[self.address + "?proxy_protocol=auto"])
        for half in (v1(("192.0.2.1", 1))[:20], v2(("192.0.2.1", 1))[:20], b"\r\n\r\n\0", b"PROXY"):
            start = time.monotonic()
            answer = exchange(loopback(self.port), half)
            self.assertLess(time.monotonic() - start, 5)
            self.assertGreater(time.monotonic() - start, 0.9)
            self.assertNotRegex(answer, rb"\AHTTP/1\.1 [23]")
        self.assertEqual(len(self.wait_for_lines("header_timeout", 4)), 4)
        self.assertEqual(self.access_lines(), [])
        self.assertEqual(ask(loopback(self.port)).status, 200)

    def expect_refusals(self, wrong, reasons):
        """Each of these headers, by name, is refused with one line, and nothing behind it reaches the app."""
        # No more than ten, as of a flood not every one is logged.
        self.serve(binds=[self.address + "?proxy_protocol=required"])
        token = self.token()
        for number, (what, header) in enumerate(wrong.items(), 1):
            with self.subTest(header=what):
                self.assert_refused(exchange(loopback(self.port), header + request("/" + token)))
                self.assert_unheard(token, loopback(self.port), v2(("192.0.2.7", 777)))
                lines = self.wait_for_lines("refused", number)
                self.assertEqual(len(lines), number, lines[-2:])
                self.assertRegex(lines[-1], reasons)
                self.assertIn("client=127.0.0.1 ", lines[-1])

    def test_what_is_no_right_header_of_version_1_never_reaches_the_app(self):
        right = v1(("192.0.2.7", 777))
        self.expect_refusals({
            "a line that ends in LF": right.replace(b"\r\n", b"\n"),
            "a line that is too long": b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n",
            "a line without an end": b"PROXY TCP4 " + b"1" * 200,
            "an address that is none": v1(("192.0.2.777", 1)),
            "an address with leading zeros": v1(("192.0.2.007", 1)),
            "a port that is none": v1(("192.0.2.7", 65536)),
            "a port with a leading zero": v1(("192.0.2.7", "01")),
            "another family than announced": b"PROXY TCP6 192.0.2.7 127.0.0.1 1 2\r\n",
            "two spaces": right.replace(b"TCP4 ", b"TCP4  "),
            "a request's line": right.replace(b"TCP4", b"/ HTTP/1.1"),
        }, "malformed PROXY v1 header")

    def test_what_is_no_right_header_of_version_2_never_reaches_the_app(self):
        client = ("192.0.2.7", 777)
        right = v2(client)
        self.expect_refusals({
            "version 3": right[:12] + b"\x31" + right[13:],
            "an unknown command": right[:12] + b"\x22" + right[13:],
            "an unknown family": right[:13] + b"\x41" + right[14:],
            "too short for its addresses": right[:14] + b"\x00\x0b" + right[16:27],
            "65535 bytes long": right[:14] + b"\xff\xff" + right[16:],
            "a TLV beyond the end": v2(client, tlvs=b"\xe0\x00\xff1"),
            "a wrong checksum": v2(client, tlvs=b"\x03\x00\x04\x01\x02\x03\x04"),
            "a unique id that is too long": v2(client, tlvs=b"\x05\x00\x81" + b"x" * 129),
        }, "malformed PROXY v2 header")

    def test_behind_a_header_the_rest_is_the_client_s_own(self):
        """A second header is a request, and none that could be right."""
        self.serve(binds=[self.address + "?proxy_protocol=required"])
        token = self.token()
        twice = v1(("192.0.2.1", 1)) + v1(("192.0.2.2", 1)) + request("/" + token)
        self.assert_refused(exchange(loopback(self.port), twice))
        self.assert_unheard(token, loopback(self.port), v1(("192.0.2.1", 1)))


class DirectASGITests(DirectBehaviour, ProxyTestCase):
    app = "builtin:echo"


class DirectWSGITests(DirectBehaviour, ProxyTestCase):
    app = "builtin:echo-wsgi"


if __name__ == "__main__":
    unittest.main()
