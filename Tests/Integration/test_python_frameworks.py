"""Real frameworks behind nginx: their own request objects, uploads, streams, errors and static files."""

import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
import unittest

from clients import Connection, Later, ask, crowd
from nginx import Nginx
from pieces import Pieces
from python_apps import APPS, MIB, ServedTestCase, environment

EDITS = ((r"client_max_body_size 16m;", "client_max_body_size 64m;"),)
FLAGS = ("--max-body-size", "64MiB", "--forwarded-allow-ips", "unix:")
ROWS = "".join("row {}\n".format(number) for number in range(10))


def multipart(body, name="hello.bin"):
    """A form with one file; the body, and the header fields for it."""
    boundary = "------------------------boundary"
    head = ('--{}\r\nContent-Disposition: form-data; name="file"; filename="{}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n").format(boundary, name).encode()
    return head + body + "\r\n--{}--\r\n".format(boundary).encode(), {"Content-Type": "multipart/form-data; boundary=" + boundary}


class FrameworkBehaviour:
    """What every framework can do, if the app has a path for it."""

    flags = FLAGS
    # The answer of /.
    home = b"Hello World"
    paths = {"upload": "/upload", "stream": "/stream", "raise": "/raise", "client": "/client", "json": None, "count": None}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cleanups = type("Cleanups", (), {"addCleanup": staticmethod(cls.addClassCleanup)})
        cls.nginx = Nginx(cleanups, cls.server.socket, edits=EDITS)
        cls.connector = staticmethod(cls.nginx.connector)

    def ask(self, path="/", **options):
        return ask(self.connector, path, **options)

    def path(self, what):
        return dict(FrameworkBehaviour.paths, **self.paths)[what]

    def ask_json(self, path, status=200, **options):
        answer = self.ask(path, **options)
        self.assertEqual(answer.status, status, (answer.body, self.server.output()[-2000:]))
        return json.loads(answer.body)

    def test_it_says_hello_to_fifty_clients_at_once(self):
        answers = crowd(self.connector, 50, 5)
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, self.home)})

    def test_it_streams(self):
        if self.path("stream"):
            answer = self.ask(self.path("stream"))
            self.assertEqual((answer.status, answer.body.decode()), (200, ROWS))

    def test_it_takes_a_file_of_fifty_megabytes(self):
        if self.path("upload"):
            body = os.urandom(50 * MIB)
            sent, headers = multipart(body)
            found = self.ask_json(self.path("upload"), method="POST", body=sent, headers=headers, status=self.upload_status)
            self.assertEqual(found, {"name": "hello.bin", "length": len(body), "sha256": hashlib.sha256(body).hexdigest()})

    upload_status = 200

    def test_it_counts_a_body_of_fifty_megabytes_in_little_memory(self):
        if self.path("count"):
            self.ask(self.path("count"), method="POST", body=b"x" * MIB)
            self.server.memory.forget_peak()
            before = self.server.memory.now
            found = self.ask_json(self.path("count"), method="POST", body=os.urandom(50 * MIB), status=self.upload_status)
            self.assertEqual(found["length"], 50 * MIB)
            self.assertLess(self.server.memory.peak - before, 32 * MIB)

    def test_its_answer_to_an_exception_is_a_500_and_it_goes_on(self):
        for _ in range(3):
            self.assertEqual(self.ask(self.path("raise")).status, 500)
        self.assertEqual(self.ask().body, self.home)
        self.server.wait_for_output("the shop is on fire")

    def test_it_knows_the_client_and_its_own_name(self):
        if self.path("client"):
            found = self.ask_json(self.path("client"), headers={"X-Forwarded-For": "203.0.113.9"})
            self.assertEqual((found["host"], found["url"]), ("127.0.0.1", "http://hello.example" + self.path("client")))

    def test_it_takes_json(self):
        if self.path("json"):
            item = {"name": "apple", "price": 1.5}
            found = self.ask_json(self.path("json"), method="POST", body=json.dumps(item), headers={"Content-Type": "application/json"},
                                  status=self.json_status)
            self.assertEqual({name: found[name] for name in item}, item)

    json_status = 200

    def test_what_is_not_there_is_a_404(self):
        self.assertEqual(self.ask("/no/such/path").status, 404)

    def test_head_has_no_body(self):
        with Connection(self.connector) as connection:
            answer = connection.ask(method="HEAD")
            self.assertIn(answer.status, (200, 405))
            self.assertEqual(answer.body, b"")
            self.assertEqual(connection.ask().body, self.home)


class FileBehaviour:
    """For frameworks that send files in a way that the server can spare them."""

    def test_a_large_file_is_the_servers(self):
        with tempfile.NamedTemporaryFile() as file, tempfile.NamedTemporaryFile() as small:
            file.truncate(200 * MIB)
            small.write(b"small")
            small.flush()
            self.assertEqual(ask(self.server.connector, "/file?path=" + small.name).body, b"small")
            self.server.memory.forget_peak()
            before = self.server.memory.now
            with Pieces(self.server.connector, "/file?path=" + file.name, headers="Connection: close\r\n") as pieces:
                head = pieces.until(b"\r\n\r\n").lower()
                self.assertIn("content-length: {}\r\n".format(200 * MIB).encode(), head)
                # The framework is through with it, and has closed its own.
                self.server.wait_for(lambda: self.server.descriptors(file.name) == 1, "the server does not have the file alone")
                self.assertEqual(ask(self.server.connector).body, self.home)
                pieces.receive_rest(200 * MIB)
            self.assertLess(self.server.memory.peak - before, 32 * MIB)
            self.server.wait_for(lambda: self.server.descriptors(file.name) == 0, "the file is open")

    def test_files_behind_nginx(self):
        content = os.urandom(3 * MIB)
        with tempfile.NamedTemporaryFile() as file, Connection(self.connector) as connection:
            file.write(content)
            file.flush()
            for _ in range(3):
                answer = connection.ask("/file?path=" + file.name)
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.body == content, "another body")
            self.assertEqual(connection.ask("/file?path=" + file.name, method="HEAD").headers["content-length"], str(3 * MIB))
            self.assertEqual(connection.ask().body, self.home)


class FastAPIBehaviour(FileBehaviour, FrameworkBehaviour):
    app = "fastapi_site:app"
    home = b'{"message":"Hello World"}'
    paths = {"json": "/items"}
    json_status = 201

    def test_sync_endpoints_run_in_threads(self):
        self.assertEqual(self.ask_json("/sync"), {"in_main_thread": False})
        started = time.monotonic()
        slow = [Later(self.ask, "/slow-sync") for _ in range(8)]
        self.assertEqual(self.ask().status, 200)
        self.assertEqual({one.result().status for one in slow}, {200})
        self.assertLess(time.monotonic() - started, 1.5)

    def test_lifespan_state_and_dependencies(self):
        self.assertEqual(self.ask_json("/stock/apple"), {"name": "apple", "stock": 3, "session": True})
        self.assertEqual(self.ask_json("/stock/pear", status=404), {"detail": "no pear"})

    def test_validation(self):
        found = self.ask_json("/items", method="POST", body=b'{"name": 7}', headers={"Content-Type": "application/json"}, status=422)
        self.assertEqual([one["loc"] for one in found["detail"]], [["body", "name"], ["body", "price"]])

    def test_forms(self):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.ask_json("/form", method="POST", body=b"user=caf%C3%A9", headers=headers), {"user": "caf\u00e9", "color": "red"})

    def test_a_sync_endpoint_takes_a_file(self):
        sent, headers = multipart(b"x" * 3000000)
        self.assertEqual(self.ask_json("/upload-sync", method="POST", body=sent, headers=headers), {"length": 3000000})

    def test_background_tasks(self):
        self.ask("/later")
        self.server.wait_for(lambda: "later" in self.ask_json("/later"), "no background task has run")

    def test_its_documentation(self):
        self.assertIn("/stock/{name}", self.ask_json("/openapi.json")["paths"])
        self.assertEqual(self.ask("/docs").status, 200)

    def test_ranges_and_relative_paths_of_files(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"0123456789")
            file.flush()
            answer = self.ask("/file?path=" + file.name, headers={"Range": "bytes=2-4"})
            self.assertEqual((answer.status, answer.body), (206, b"234"))
            # From the directory that the server was started in.
            answer = self.ask("/file?path=" + os.path.relpath(file.name))
            self.assertEqual((answer.status, answer.body), (200, b"0123456789"))
        self.assertEqual(self.ask("/file?path=/nowhere").status, 500)
        self.server.wait_for(lambda: "sent" in self.ask_json("/later"), "no background task has run")

    def test_a_long_stream(self):
        answer = self.ask("/stream?count=100000")
        self.assertEqual(answer.body.decode().splitlines()[-1], "row 99999")


class FastAPIOnAsyncioTests(FastAPIBehaviour, ServedTestCase):
    flags = FLAGS + ("--worker-class", "asyncio")


class FastAPIOnUvloopTests(FastAPIBehaviour, ServedTestCase):
    flags = FLAGS + ("--worker-class", "uvloop")


class FastAPIOnTrioTests(FastAPIBehaviour, ServedTestCase):
    flags = FLAGS + ("--worker-class", "trio")


class DjangoBehaviour(FrameworkBehaviour):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        migrate = [os.path.join(environment(), "bin", "python"), "-m", "django"]
        variables = dict(os.environ, DJANGO_SETTINGS_MODULE="django_site.settings", DJANGO_DATABASE=cls.server.path("database"), PYTHONPATH=APPS,
                         PYTHONDONTWRITEBYTECODE="1", DJANGO_SUPERUSER_PASSWORD="secret")
        for command in (["migrate", "--verbosity=0"], ["createsuperuser", "--noinput", "--username=admin", "--email=a@example.org"]):
            done = subprocess.run(migrate + command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  universal_newlines=True)
            if done.returncode != 0:
                raise AssertionError(done.stdout)

    def test_the_admins_page(self):
        """Log in with a form, a token against forgery and cookies, and look at the users."""
        with Connection(self.connector) as connection:
            page = connection.ask("/admin/login/?next=/admin/auth/user/")
            self.assertEqual(page.status, 200)
            self.assertIn(b"Django administration", page.body)
            cookie = page.headers["set-cookie"].partition(";")[0]
            token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body).group(1).decode()
            form = "csrfmiddlewaretoken={}&username=admin&password=secret&next=/admin/auth/user/".format(token)
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Referer": "http://hello.example/admin/login/"}
            connection.request("POST", "/admin/login/?next=/admin/auth/user/", body=form, headers=headers)
            response = connection.getresponse()
            response.read()
            self.assertEqual((response.status, response.getheader("location")), (302, "/admin/auth/user/"))
            session = re.search("sessionid=[^;]+", ";".join(value for name, value in response.getheaders() if name.lower() == "set-cookie")).group()
            users = connection.ask("/admin/auth/user/", headers={"Cookie": session})
            self.assertEqual(users.status, 200)
            self.assertIn(b"a@example.org", users.body)

    def test_static_files(self):
        answer = self.ask("/static/admin/css/base.css")
        with open(os.path.join(environment(), "lib", os.listdir(os.path.join(environment(), "lib"))[0],
                               "site-packages/django/contrib/admin/static/admin/css/base.css"), "rb") as file:
            self.assertEqual((answer.status, answer.body), (200, file.read()))
        self.assertEqual(self.ask("/static/nowhere.css").status, 404)

    def test_files_and_async_views(self):
        self.assertIn(b"def file(request)", self.ask("/file").body)
        self.assertEqual(self.ask("/async").body, b"Hello World")
        self.assertEqual(self.ask_json("/users"), {"users": 1})

    def test_async_streams(self):
        self.assertEqual(self.ask("/async-stream").body.decode(), ROWS)


class DjangoASGITests(DjangoBehaviour, ServedTestCase):
    app = "django_site.asgi:application"


class DjangoASGIOnUvloopTests(DjangoBehaviour, ServedTestCase):
    app = "django_site.asgi"
    flags = FLAGS + ("--worker-class", "uvloop")


class DjangoWSGITests(FileBehaviour, DjangoBehaviour, ServedTestCase):
    app = "django_site.wsgi:application"
    flags = FLAGS + ("--threads", "4")


class FlaskBehaviour(FileBehaviour, FrameworkBehaviour):
    app = "flask_site:app"
    paths = {"json": "/json"}

    def test_templates_and_paths(self):
        self.assertEqual(self.ask("/greet/%3Cb%3Ecaf%C3%A9").body.decode(), "<p>Hello &lt;b&gt;caf\u00e9</p>")

    def test_sessions(self):
        first = self.ask("/count")
        second = self.ask("/count", headers={"Cookie": first.headers["set-cookie"].partition(";")[0]})
        self.assertEqual((first.body, second.body), (b"1", b"2"))

    def test_files(self):
        self.assertIn(b"flask.send_file(", self.ask("/file").body)

    def test_a_long_stream(self):
        self.assertEqual(self.ask("/stream?count=100000").body.decode().splitlines()[-1], "row 99999")


class FlaskInlineTests(FlaskBehaviour, ServedTestCase):
    pass


class FlaskThreadedTests(FlaskBehaviour, ServedTestCase):
    flags = FLAGS + ("--threads", "8")

    def test_requests_run_at_the_same_time(self):
        started = time.monotonic()
        slow = [Later(self.ask, "/slow") for _ in range(8)]
        self.assertEqual({one.result().status for one in slow}, {200})
        self.assertLess(time.monotonic() - started, 1.5)


class QuartTests(FrameworkBehaviour, ServedTestCase):
    app = "quart_site:app"
    paths = {"json": "/json", "count": "/count"}

    def test_templates_startup_and_sync_functions(self):
        self.assertEqual(self.ask("/greet/you").body, b"<p>Hello you</p>")
        self.assertEqual(self.ask_json("/stock/apple"), {"name": "apple", "stock": 3})
        self.assertEqual(self.ask("/sync").body, b"sync")


class FalconBehaviour(FrameworkBehaviour):
    paths = {"json": "/json", "count": "/count", "upload": None}

    def test_a_long_stream(self):
        self.assertEqual(self.ask("/stream?count=100000").body.decode().splitlines()[-1], "row 99999")


class FalconASGITests(FalconBehaviour, ServedTestCase):
    app = "falcon_site:app"


class FalconWSGITests(FalconBehaviour, ServedTestCase):
    app = "falcon_site:wsgi"


class LitestarBehaviour(FrameworkBehaviour):
    app = "litestar_site:app"
    paths = {"json": "/json", "count": "/count"}
    upload_status = json_status = 201

    def test_lifespan_validation_and_sync_handlers(self):
        self.assertEqual(self.ask_json("/stock/apple"), {"apple": 3})
        self.assertEqual(self.ask_json("/sync"), {"in_main_thread": False})
        self.ask_json("/json", method="POST", body=b'{"name": 7}', headers={"Content-Type": "application/json"}, status=400)


class LitestarTests(LitestarBehaviour, ServedTestCase):
    pass


class LitestarOnTrioTests(LitestarBehaviour, ServedTestCase):
    flags = FLAGS + ("--worker-class", "trio")


class TrioTests(FrameworkBehaviour, ServedTestCase):
    """An app at home on trio, without a framework."""

    app = "trio_site:app"
    home = b'"Hello World"'
    flags = FLAGS + ("--worker-class", "trio")
    paths = {"upload": None, "client": None, "count": "/count"}

    def test_the_nursery_of_the_lifespan_works_for_requests(self):
        self.assertGreaterEqual(self.ask_json("/job"), 1)
        self.assertEqual(self.ask_json("/nursery"), "from the nursery")

    def test_a_group_of_exceptions_is_a_500(self):
        self.assertEqual(self.ask("/raise-group").status, 500)
        self.server.wait_for_output(r"application failed: ExceptionGroup: \w.* path=/raise-group")
        self.assertEqual(self.ask().status, 200)


if __name__ == "__main__":
    unittest.main()
