"""TLS on an address of its own: curl, openssl and a browser as clients, certificates by name, clients' certificates, reloads."""

import collections
import json
import os
import re
import socket
import ssl
import subprocess
import unittest

import services
from browser import Browser
from certificates import Authority
from clients import Connection, Later, ask, tcp, unix
from processes import Program, free_port, wait_until_connectable
from python_apps import APPS, environment
from requirements import binary, require_programs, require_root
from services import KINDS, Load, Service, wait_for

PATIENCE = "60"
Answer = collections.namedtuple("Answer", "version status body")
TLS12, TLS13 = 0x0303, 0x0304


EMBEDDED = """
import {runner}, json, sys
from over_tls import app
from roost.{runner} import serve
from roost.config import Config
config = Config.from_mapping(json.loads(sys.argv[1]))
{run}
"""


def pem(path):
    """The certificates in a file, without its key."""
    with open(path) as file:
        return re.findall("-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", file.read(), re.DOTALL)


def connector(port, context, name="localhost", address="127.0.0.1"):
    """TLS over TCP, for `clients.Connection`."""
    def connect():
        plain = socket.create_connection((address, port), timeout=60)
        try:
            return context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise
    return connect


class TLSTestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_programs("curl", "openssl")
        cls.authority = Authority()
        cls.addClassCleanup(cls.authority.remove)
        cls.first = cls.authority.sign("first", "localhost,one.example,*.one.example", file="first")
        cls.second = cls.authority.sign("second", "two.example", file="second")
        cls.client = cls.authority.sign("alice", file="alice")
        # OpenSSL's clients send the authority's along if they know it.
        cls.chain = pem(cls.client) + pem(cls.authority.certificate)

    def serve(self, *flags, app="builtin:echo", certificate=None, options=()):
        self.port = free_port()
        self.roost = Program(self, binary("ROOST_BIN"), "serve", app, "--bind", "127.0.0.1:{}".format(self.port),
                             "--certfile", certificate or self.first, *flags, **dict(options))
        return self.roost.wait_until_ready(60)

    def curl(self, path="/", *flags, name="localhost", port=None, check=True, scheme="https", body=None):
        """What curl gets; with `check=False` its exit status if that is not 0."""
        port = port or self.port
        command = ["curl", "--silent", "--show-error", "--max-time", PATIENCE, "--cacert", self.authority.certificate,
                   "--resolve", "{}:{}:127.0.0.1".format(name, port), "--output", "-", "--write-out", "%{stderr}%{http_version} %{http_code}",
                   "{}://{}:{}{}".format(scheme, name, port, path), *flags]
        if body is not None:
            command += ["--data-binary", "@-", "--header", "Expect:"]
        done = subprocess.run(command, input=body or b"", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            if not check:
                return done.returncode
            raise AssertionError("curl ended with {}: {}\n{}".format(done.returncode, done.stderr.decode(), self.roost.output()))
        version, status = done.stderr.decode().split()[-2:]
        return Answer(version, int(status), done.stdout)

    def seen(self, path="/", *flags, **options):
        """What the echo app saw of a request."""
        answer = self.curl(path, *flags, **options)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def tls(self, *flags, **options):
        """What its scope said of TLS."""
        return self.seen("/", *flags, **options)["extensions"]["tls"]

    def openssl(self, *flags, sent=b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"):
        """What openssl's client says and gets."""
        done = subprocess.run(["openssl", "s_client", "-CAfile", self.authority.certificate, "-connect", "127.0.0.1:{}".format(self.port),
                               "-ign_eof", *flags], input=sent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.stdout.decode(errors="replace")

    def wait_for_log(self, pattern):
        return wait_for(lambda: re.search(pattern, self.roost.output()), lambda: "not logged: {}\n{}".format(pattern, self.roost.output()))


class ProtocolTests(TLSTestCase):
    def test_http_2_and_http_1_1_are_agreed_upon(self):
        self.serve()
        self.wait_for_log("running on https://127.0.0.1:{}".format(self.port))
        self.assertEqual(self.seen("/")["http_version"], "2")
        self.assertEqual(self.seen("/", "--http1.1")["http_version"], "1.1")
        self.assertEqual(self.seen("/", "--no-alpn")["http_version"], "1.1")
        self.assertEqual(self.seen("/")["scheme"], "https")
        self.assertIn("alert number 120", self.openssl("-alpn", "spdy/1"))

    def test_what_is_offered_may_be_less(self):
        self.serve("--alpn-protocols", "http/1.1")
        self.assertEqual(self.seen("/")["http_version"], "1.1")

    def test_bodies_go_both_ways(self):
        self.serve()
        body = os.urandom(3 << 20)
        for flag in ("--http1.1", "--http2"):
            with self.subTest(flag):
                seen = self.seen("/", flag, body=body)
                self.assertEqual(seen["body_len"], len(body))
                answer = self.curl("/stream/2000", flag)
                self.assertEqual((answer.status, len(answer.body)), (200, 2000 * 1000))

    def test_versions(self):
        self.serve()
        self.assertEqual(self.tls()["tls_version"], TLS13)
        self.assertEqual(self.tls("--tls-max", "1.2")["tls_version"], TLS12)
        self.assertIn("alert number 70", self.openssl("-tls1_1", "-cipher", "ALL@SECLEVEL=0"))

    def test_the_lowest_version_may_be_higher(self):
        self.serve("--tls-min-version", "1.3")
        self.assertEqual(self.tls()["tls_version"], TLS13)
        self.assertEqual(self.curl("/", "--tls-max", "1.2", check=False), 35)
        self.wait_for_log("the TLS handshake failed")

    def test_the_cipher_is_told(self):
        self.serve("--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256")
        self.assertEqual(self.tls("--tls-max", "1.2")["cipher_suite"], 0xC02B)
        self.assertEqual(self.curl("/", "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384", check=False), 35)

    def test_clear_text_is_told_so(self):
        self.serve()
        answer = self.curl("/", scheme="http")
        self.assertEqual((answer.status, answer.body), (400, b"this port speaks HTTPS\n"))
        self.wait_for_log("clear text")
        self.assertEqual(self.seen("/")["scheme"], "https")

    def test_an_address_in_clear_text_beside_it(self):
        plain = free_port()
        self.serve("--insecure-bind", "127.0.0.1:{}".format(plain))
        self.wait_for_log("running on http://127.0.0.1:{}\n".format(plain))
        seen = self.seen("/", scheme="http", port=plain)
        self.assertEqual(seen["scheme"], "http")
        self.assertNotIn("tls", seen["extensions"])
        self.assertEqual(self.seen("/")["scheme"], "https")

    def test_a_unix_socket_speaks_it_too(self):
        path = os.path.join(os.path.dirname(self.first), "app.sock")
        self.serve("--bind", "unix:" + path)
        seen = self.seen("/", "--unix-socket", path)
        self.assertEqual((seen["scheme"], seen["client"]), ("https", None))

    def test_it_stops_in_order(self):
        self.serve()
        with Connection(connector(self.port, self.authority.client_context())) as connection:
            self.assertEqual(connection.ask("/").status, 200)
            self.assertEqual(self.roost.terminate().wait(), 0)
            # The end is one of TLS, not of the connection alone.
            self.assertEqual(connection.sock.recv(1), b"")

    def test_a_client_that_does_not_go_on_is_cut_off(self):
        self.serve("--ssl-handshake-timeout", "1s")
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as silent:
            self.assertEqual(silent.recv(1), b"")
        self.wait_for_log("ssl_handshake_timeout")

    def test_a_proxy_header_comes_first(self):
        self.serve("--proxy-protocol", "required", "--proxy-allow-from", "127.0.0.1")
        answer = self.curl("/", "--haproxy-protocol")
        self.assertEqual(json.loads(answer.body)["scheme"], "https")
        self.assertNotEqual(self.curl("/", check=False), 0)


class CertificateTests(TLSTestCase):
    def configured(self, text, *flags, **options):
        path = os.path.join(os.path.dirname(self.first), "roost.toml")
        with open(path, "w") as file:
            file.write(text)
        return self.serve("--config", path, *flags, **options)

    def test_a_client_gets_the_certificate_for_the_name(self):
        self.configured('[[certificate]]\ncertfile = "{}"\n'.format(self.second))
        first, second = pem(self.first)[0], pem(self.second)[0]
        for name, expected in (("localhost", first), ("a.one.example", first), ("two.example", second)):
            with self.subTest(name):
                self.assertEqual(self.tls(name=name)["server_cert"], expected)
        # Who names nobody, or somebody unknown, gets the first.
        self.assertIn("CN = first", self.openssl("-noservername"))
        self.assertIn("CN = first", self.openssl("-servername", "three.example"))
        self.assertIn("CN = second", self.openssl("-servername", "two.example"))

    def test_a_name_that_no_certificate_is_for_is_refused_by_the_client(self):
        self.serve()
        self.assertEqual(self.curl("/", name="three.example", check=False), 60)

    def test_clients_without_a_certificate(self):
        for mode, expected in (("none", 200), ("optional", 200), ("required", 56)):
            with self.subTest(mode):
                flags = [] if mode == "none" else ["--ca-certs", self.authority.certificate]
                self.serve("--verify-mode", mode, *flags)
                answer = self.curl("/", "--tls-max", "1.2" if mode == "required" else "1.3", check=False)
                if mode == "required":
                    self.assertIn(answer, (35, 56))
                    self.assertIn(self.curl("/", check=False), (35, 56))
                    self.wait_for_log("peer did not return a certificate")
                else:
                    self.assertEqual(json.loads(answer.body)["extensions"]["tls"]["client_cert_chain"], [])

    def test_clients_with_a_certificate(self):
        other = Authority("Somebody Else")
        self.addCleanup(other.remove)
        stranger = other.sign("mallory", file="mallory")
        expired = self.authority.sign("old", file="old", days=-1)
        for mode in ("optional", "required"):
            self.serve("--verify-mode", mode, "--ca-certs", self.authority.certificate)
            for version in ("1.2", "1.3"):
                with self.subTest(mode=mode, version=version):
                    tls = self.tls("--cert", self.client, "--tls-max", version)
                    self.assertEqual((tls["client_cert_name"], tls["client_cert_chain"]), ("CN=alice", self.chain))
                    for wrong in (stranger, expired):
                        self.assertIn(self.curl("/", "--cert", wrong, "--tls-max", version, check=False), (35, 56, 60))
            for why in ("unable to get local issuer certificate", "certificate has expired"):
                self.wait_for_log("the TLS handshake failed: certificate verify failed: " + why)

    def test_all_that_a_client_proves_itself_with_is_told_also_when_it_resumes(self):
        middle = Authority("Middle", above=self.authority)
        self.addCleanup(middle.remove)
        far = middle.sign("far", file="far")
        self.assertEqual(len(pem(far)), 2)
        self.serve("--verify-mode", "required", "--ca-certs", self.authority.certificate)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.authority.client_context(far)
            context.minimum_version = context.maximum_version = version
            session = None
            for isResumed in (False, True, True):
                with self.subTest(version=version.name, isResumed=isResumed), socket.create_connection(("127.0.0.1", self.port), timeout=60) as plain, \
                        context.wrap_socket(plain, server_hostname="localhost", session=session) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    answer = b"".join(iter(lambda: client.recv(65536), b""))
                    session = client.session
                    tls = json.loads(answer.partition(b"\r\n\r\n")[2])["extensions"]["tls"]
                    self.assertEqual((client.session_reused, tls["client_cert_name"], tls["client_cert_chain"]), (isResumed, "CN=far", pem(far)))

    def test_a_certificate_that_does_not_fit_is_refused_at_the_start(self):
        key = os.path.join(os.path.dirname(self.second), "second.key")
        for flags, said in (
                (["--certfile", "/nowhere.pem"], "certfile.*/nowhere.pem.*no such file"),
                (["--certfile", self.first, "--keyfile", key], "keyfile|certfile"),
                (["--certfile", key], "certfile")):
            with self.subTest(flags):
                program = Program(self, binary("ROOST_BIN"), "serve", "builtin:echo", "--bind", "127.0.0.1:{}".format(free_port()), *flags)
                self.assertEqual(program.wait(), 2, program.output())
                self.assertRegex(program.output(), "roost: error: .*({})".format(said))

    def test_one_that_has_expired_is_said(self):
        self.serve(certificate=self.authority.sign("old", "localhost", file="old-server", days=-1))
        self.assertRegex(self.roost.output(), "warning .*old-server.pem.*expired")
        self.assertEqual(self.curl("/", check=False), 60)


class PythonTests(TLSTestCase):
    def test_apps_know_that_a_request_came_over_tls(self):
        for kind in KINDS[1:]:
            with self.subTest(kind):
                flags = ["--app-dir", APPS, "--venv", environment(), "--verify-mode", "optional", "--ca-certs", self.authority.certificate]
                if kind == services.WSGI:
                    self.serve(*flags, "--threads", "2", app="wsgi:over_tls:wsgi")
                else:
                    self.serve(*flags, "--worker-class", kind, app="over_tls:app")
                body = os.urandom(2 << 20)
                with open(os.path.join(APPS, "over_tls.py"), "rb") as file:
                    source = file.read()
                for flag, version in (("--http1.1", "1.1"), ("--http2", "2")):
                    seen = self.json("/", flag, "--cert", self.client)
                    self.assertEqual((seen["scheme"], seen["version"].split("/")[-1].split(".0")[0], seen["client"][0]), ("https", version, "127.0.0.1"))
                    if kind != services.WSGI:
                        tls = seen["tls"]
                        self.assertEqual(tls["tls_version"], TLS13)
                        self.assertEqual(tls["server_cert"], pem(self.first)[0])
                        self.assertEqual((tls["client_cert_name"], tls["client_cert_chain"], tls["client_cert_error"]), ("CN=alice", self.chain, None))
                        self.assertIn(tls["cipher_suite"], (0x1301, 0x1302, 0x1303))
                        without = self.json("/", flag)["tls"]
                        self.assertEqual((without["client_cert_name"], without["client_cert_chain"]), (None, []))
                    self.assertEqual(self.curl("/echo", flag, body=body).body, body)
                    self.assertEqual(len(self.curl("/large/100", flag).body), 100 << 16)
                    self.assertEqual(self.curl("/file", flag).body, source)
                self.assertEqual(self.roost.terminate().wait(), 0)
                self.assertNotIn("Traceback", self.roost.output())

    def test_a_program_of_ones_own_serves_it(self):
        tree = os.path.join(os.path.dirname(os.path.realpath(binary("ROOST_BIN"))), "..", "..", "python")
        for runner in ("asyncio", "trio"):
            with self.subTest(runner):
                self.port, plain = free_port(), free_port()
                code = EMBEDDED.format(runner=runner, run="asyncio.run(serve(app, config))" if runner == "asyncio" else "trio.run(serve, app, config)")
                settings = dict(bind="127.0.0.1:{}".format(self.port), insecure_bind="127.0.0.1:{}".format(plain), certfile=self.first,
                                ca_certs=self.authority.certificate, verify_mode=ssl.CERT_OPTIONAL, hsts=60, https_redirect=True)
                self.roost = Program(self, os.path.join(environment(), "bin", "python"), "-c", code, json.dumps(settings),
                                     environment={"PYTHONPATH": tree + ":" + APPS})
                wait_until_connectable(tcp("127.0.0.1", plain), timeout=60)
                seen = self.json("/", "--cert", self.client)
                self.assertEqual((seen["scheme"], seen["version"], seen["tls"]["client_cert_name"]), ("https", "2", "CN=alice"))
                self.assertEqual(self.curl("/a", scheme="http", port=plain).status, 308)
                self.assertEqual(self.roost.terminate().wait(), 0)

    def json(self, *arguments):
        answer = self.curl(*arguments)
        self.assertEqual(answer.status, 200, self.roost.output())
        return json.loads(answer.body)


class PolicyTests(TLSTestCase):
    """Strict transport security and redirects, before apps of every kind."""

    def test_browsers_are_sent_to_https_and_told_to_stay(self):
        for kind in KINDS:
            with self.subTest(kind):
                plain = free_port()
                flags = ["--hsts", "365d", "--hsts-include-subdomains", "--https-redirect", "--insecure-bind", "127.0.0.1:{}".format(plain),
                         "--forwarded-allow-ips", "127.0.0.1"]
                if kind == services.SWIFT:
                    self.serve(*flags, app="builtin:hello")
                else:
                    app = ["--app-dir", APPS, "--venv", environment()] + ([] if kind == services.WSGI else ["--worker-class", kind])
                    self.serve(*flags, *app, app="wsgi:over_tls:wsgi" if kind == services.WSGI else "over_tls:app")
                for flag in ("--http1.1", "--http2"):
                    head = self.curl("/file", flag, "--include").body.decode("latin-1").lower()
                    self.assertIn("strict-transport-security: max-age=31536000; includesubdomains\r\n", head)
                for flag in ("--http1.1", "--http2-prior-knowledge"):
                    answer = self.curl("/a?b=c", flag, "--include", scheme="http", port=plain)
                    self.assertEqual(answer.status, 308)
                    self.assertIn("location: https://localhost:{}/a?b=c\r\n".format(self.port), answer.body.decode())
                    self.assertNotIn("strict-transport-security", answer.body.decode())
                    self.assertEqual(self.curl("/", flag, "--header", "X-Forwarded-Proto: https", scheme="http", port=plain).status, 200)

    def test_a_redirect_takes_a_certificate(self):
        program = Program(self, binary("ROOST_BIN"), "serve", "builtin:hello", "--https-redirect", "--bind", "127.0.0.1:{}".format(free_port()))
        self.assertEqual(program.wait(), 2)
        self.assertRegex(program.output(), "https.redirect.*certfile")


class BrowserTests(TLSTestCase):
    def test_a_browser_loads_a_page_over_http_2(self):
        self.serve(app="builtin:hello")
        browser = Browser(self)
        browser.trust()
        browser.open("https://127.0.0.1:{}/".format(self.port))
        browser.wait_for("document.body && document.body.innerText.includes('Hello World')", "the page does not come")
        self.assertEqual(browser.value("performance.getEntriesByType('navigation')[0].nextHopProtocol"), "h2")


class ReloadTests(TLSTestCase):
    """Certificates are read anew by the processes that a reload starts."""

    def start(self, kind, workers):
        directory = os.path.dirname(self.first)
        self.certificate = os.path.join(directory, "served.pem")
        self.install(self.first)
        port = free_port()
        service = Service(self, kind, "--certfile", self.certificate, "--workers", str(workers), binds=["127.0.0.1:{}".format(port)])
        service.connector = connector(port, self.authority.client_context())
        return service.wait_until_ready(), port

    def install(self, path):
        """Puts a certificate where the service looks for it, as certbot does: by a new file in the old one's place."""
        with open(path) as source, open(self.certificate + ".new", "w") as target:
            target.write(source.read())
        os.rename(self.certificate + ".new", self.certificate)

    def served(self, port):
        """The common name of what a new connection gets."""
        context = self.authority.client_context()
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain, context.wrap_socket(plain, server_hostname="localhost") as client:
            return dict(one for many in client.getpeercert()["subject"] for one in many)["commonName"]

    def wait_for_renewed(self, service, port):
        """Until no old worker takes connections any more."""
        wait_for(lambda: all(self.served(port) == "renewed" for _ in range(10)), lambda: "still the old one\n" + service.output())

    def test_a_reload_takes_the_new_certificate_and_loses_no_request(self):
        renewed = self.authority.sign("renewed", "localhost", file="renewed")
        for kind in services.LANGUAGES:
            for workers in (1, 2):
                with self.subTest(kind=kind, workers=workers):
                    service, port = self.start(kind, workers)
                    self.assertEqual(self.served(port), "first")
                    with Load(service.connector) as load, Connection(service.connector) as kept:
                        self.assertEqual(kept.ask().status, 200)
                        slow = Later(kept.ask, "/sleep/1500")
                        self.install(renewed)
                        self.assertEqual(self.served(port), "first", "nothing is read before a reload")
                        service.signal(services.signal.SIGHUP)
                        self.wait_for_renewed(service, port)
                        # What was under way on the old connection is answered there.
                        self.assertEqual(slow.result().status, 200)
                        load.wait_for_more()
                    self.assertEqual(self.served(port), "renewed")

    def test_a_reload_that_fails_keeps_the_old_one_and_says_why(self):
        for kind in (services.SWIFT, services.ASYNCIO):
            for workers in (1, 2):
                with self.subTest(kind=kind, workers=workers):
                    service, port = self.start(kind, workers)
                    with Load(service.connector) as load:
                        with open(self.certificate, "w") as file:
                            file.write("nothing of the kind\n")
                        service.signal(services.signal.SIGHUP)
                        service.wait_for_output("reload failed: .*certfile.*served.pem")
                        load.wait_for_more()
                    self.assertEqual(self.served(port), "first")
                    renewed = self.authority.sign("renewed", "localhost", file="renewed")
                    self.install(renewed)
                    service.signal(services.signal.SIGHUP)
                    self.wait_for_renewed(service, port)

    def test_process_1_reads_certificates_again_in_its_place(self):
        require_root()
        require_programs("unshare")
        self.certificate = os.path.join(os.path.dirname(self.first), "served.pem")
        self.install(self.first)
        port = free_port()
        roost = Program(self, "unshare", "--pid", "--fork", "--kill-child", binary("ROOST_BIN"), "serve", "builtin:hello",
                        "--bind", "127.0.0.1:{}".format(port), "--certfile", self.certificate).wait_until_ready()
        with open("/proc/{0}/task/{0}/children".format(roost.pid)) as file:
            process = int(file.read())
        with Load(connector(port, self.authority.client_context())) as load:
            with open(self.certificate, "w") as file:
                file.write("nothing of the kind\n")
            os.kill(process, services.signal.SIGHUP)
            wait_for(lambda: re.search("reload failed: .*served.pem.*the old certificates stay", roost.output()), roost.output)
            self.assertEqual(self.served(port), "first")
            self.install(self.authority.sign("renewed", "localhost", file="renewed"))
            os.kill(process, services.signal.SIGHUP)
            wait_for(lambda: self.served(port) == "renewed", roost.output)
            load.wait_for_more()


class MetricsTests(TLSTestCase):
    def test_ends_of_certificates_and_failed_handshakes_are_shown(self):
        admin = os.path.join(os.path.dirname(self.first), "admin.sock")
        for workers in (1, 2):
            with self.subTest(workers=workers):
                self.serve("--workers", str(workers), "--admin-socket", admin)
                self.curl("/", scheme="http")
                end = ssl.cert_time_to_seconds(subprocess.run(
                    ["openssl", "x509", "-in", self.first, "-noout", "-enddate"], stdout=subprocess.PIPE, check=True,
                    universal_newlines=True).stdout.partition("=")[2].strip())
                metrics = lambda: ask(unix(admin), "/metrics").body.decode()
                series = 'roost_tls_certificate_expiry_timestamp_seconds{{certfile="{}",subject="CN=first"}} '.format(self.first)
                found = wait_for(lambda: [line for line in metrics().splitlines() if line.startswith(series)], metrics)
                self.assertEqual(float(found[0][len(series):]), end)
                status = json.loads(ask(unix(admin), "/status").body)
                self.assertIn({"certfile": self.first, "subject": "CN=first", "not_after": end}, status["certificates"])
                wait_for(lambda: re.search(r"^roost_tls_handshakes_failed_total 1$", metrics(), re.MULTILINE), metrics)
                self.assertEqual(self.roost.terminate().wait(), 0)
