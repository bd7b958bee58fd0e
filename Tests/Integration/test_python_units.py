"""Python sites on the installed Roost under the real systemd: the shipped examples as they are, and what the journal and systemd see of them."""

import json
import os
import re
import subprocess
import textwrap
import time
import unittest

from clients import Connection, Later
from installation import APPS, App, InstalledTestCase, installed_for_python
from python_apps import ALL, OLDEST, Interpreter, environment
from python_apps import APPS as PYTHON_APPS
from requirements import CHECKOUT, deploy, missing, require_programs
from shipped import replace
from test_units import EXPOSURE_LIMIT

# Where the tests' virtual environment is in the machine, and the apps that share it.
SRV = "/srv/python"
DROPIN = "/etc/systemd/system/roost@{}.service.d"
SITES = "/etc/nginx/conf.d"

# What each site does, in the way of its framework.
FASTAPI = '''
    import asyncio, contextlib, logging, os, sqlite3
    from fastapi import FastAPI, Request

    @contextlib.asynccontextmanager
    async def lifespan(app):
        await asyncio.sleep(float(os.environ.get("STARTUP_DELAY", 0)))
        with sqlite3.connect(os.environ["DATABASE"]) as database:
            database.execute("CREATE TABLE IF NOT EXISTS visits (id INTEGER PRIMARY KEY)")
        yield
        await asyncio.sleep(0.2)
        print("the shutdown is complete")

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    def home():
        return "Hello World"

    @app.get("/visit")
    def visit():
        with sqlite3.connect(os.environ["DATABASE"]) as database:
            return database.execute("INSERT INTO visits DEFAULT VALUES").lastrowid

    @app.get("/client")
    def client(request: Request):
        return [request.client.host, str(request.url), os.environ["SECRET_KEY"]]

    @app.get("/say")
    async def say():
        print("said by print")
        logging.getLogger("shop").warning("said by logging")

    @app.get("/sleep")
    async def sleep():
        print("the sleep begins")
        await asyncio.sleep(1.5)
        return "slept"

    @app.get("/raise")
    async def fail():
        raise ValueError("the shop is on fire")
'''

# In place of the urls.py that startproject makes.
DJANGO = '''
    import logging, time
    from django.contrib import admin
    from django.http import HttpResponse, JsonResponse
    from django.urls import path

    def home(request):
        return HttpResponse("Hello World")

    def client(request):
        return JsonResponse([request.META["REMOTE_ADDR"], request.build_absolute_uri()], safe=False)

    def say(request):
        print("said by print")
        logging.getLogger("shop").warning("said by logging")
        return HttpResponse()

    def sleep(request):
        print("the sleep begins")
        time.sleep(1.5)
        return HttpResponse("slept")

    def fail(request):
        raise ValueError("the shop is on fire")

    urlpatterns = [path("admin/", admin.site.urls)] + [
        path(name, view) for name, view in (("", home), ("client", client), ("say", say), ("sleep", sleep), ("raise", fail))]
'''

# In the project's package, which is imported before all else.
DJANGO_PACKAGE = '''
    import os, time
    time.sleep(float(os.environ.get("STARTUP_DELAY", 0)))
'''

FLASK = '''
    import logging, os, time
    import flask

    time.sleep(float(os.environ.get("STARTUP_DELAY", 0)))
    app = flask.Flask(__name__)

    @app.route("/")
    def home():
        return "Hello World"

    @app.route("/say")
    def say():
        print("said by print")
        logging.getLogger("shop").warning("said by logging")
        return ""

    @app.route("/sleep")
    def sleep():
        print("the sleep begins")
        time.sleep(1.5)
        return "slept"

    @app.route("/raise")
    def fail():
        raise ValueError("the shop is on fire")
'''

TRIO = '''
    import logging, os
    import trio

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(paths[scope["path"]], send)

    async def lifespan(receive, send):
        await receive()
        await trio.sleep(float(os.environ.get("STARTUP_DELAY", 0)))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await trio.sleep(0.2)
        print("the shutdown is complete")
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(send, body=b"Hello World"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def say(send):
        print("said by print")
        logging.getLogger("shop").warning("said by logging")
        await answer(send)

    async def sleep(send):
        print("the sleep begins")
        await trio.sleep(1.5)
        await answer(send, b"slept")

    async def fail(send):
        raise ValueError("the shop is on fire")

    paths = {"/": answer, "/say": say, "/sleep": sleep, "/raise": fail}
'''

# Tries what the shipped unit denies, and what the lines of python.conf that are commented out allow again.
PROBE = '''
    import json, mmap, os, socket

    def executable_memory():
        mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)

    def tcp():
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass

    def whole_machine():
        open("/proc/meminfo").close()

    def processors():
        os.sched_setaffinity(0, os.sched_getaffinity(0))
        os.nice(1)

    def error_of(attempt):
        try:
            attempt()
        except OSError as error:
            return str(error)

    def app(environ, start_response):
        start_response("200 OK", [])
        return [json.dumps({attempt.__name__: error_of(attempt) for attempt in (executable_memory, tcp, whole_machine, processors)}).encode()]
'''

IN_THE_SHARED_FOLDER = 'app_dir = "{0}"\nvenv = "{0}/venv"\nbind = ["systemd:"]\n'.format(SRV)


def source(text):
    return textwrap.dedent(text).lstrip("\n")


class PythonUnitsTestCase(InstalledTestCase):
    """Tests with the tests' virtual environment, which the service finds where users have theirs: neither in a home nor in /tmp."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = installed_for_python()
        if not os.path.exists(cls.machine.path(SRV)):
            # The system's own interpreter, as users have it: it is at the same place in the machine, so the environment can be copied there.
            interpreter = Interpreter.at("/usr/bin/python3")
            if interpreter is None or interpreter.version < OLDEST[ALL]:
                missing("a /usr/bin/python3 from {}.{} on with venv (Debian's packages python3 and python3-venv)".format(*OLDEST[ALL]))
            venv = environment(interpreter=interpreter)
            # It is large, and other modules use the machine as well.
            unittest.addModuleCleanup(cls.machine.run, "rm", "-rf", SRV)
            os.makedirs(cls.machine.path(SRV))
            subprocess.run(["cp", "-a", venv, cls.machine.path(SRV + "/venv")], check=True)

    @classmethod
    def give_venv(cls, name):
        """Makes /srv/NAME/venv: the same files, for a site that sees nothing else of /srv."""
        cls.machine.run("mkdir", "-p", "/srv/" + name)
        cls.addClassCleanup(cls.machine.run, "rm", "-rf", "/srv/" + name)
        cls.machine.run("cp", "-al", SRV + "/venv", "/srv/{}/venv".format(name))

    @classmethod
    def give_nginx(cls, name):
        """Starts nginx, with the site that is there or will be."""
        require_programs("nginx")
        cls.machine.systemctl("restart", "nginx.service")
        cls.addClassCleanup(cls.machine.systemctl, "stop", "nginx.service")
        cls.addClassCleanup(cls.machine.remove, "{}/{}.conf".format(SITES, name))

    @classmethod
    def forget(cls, name):
        """Stops the app and takes all of it away, its state as well."""
        units = ("roost@{}.socket".format(name), "roost@{}.service".format(name))
        cls.machine.systemctl("disable", *units, check=False)
        cls.machine.systemctl("stop", *units, check=False)
        cls.machine.systemctl("reset-failed", *units, check=False)
        cls.machine.systemctl("clean", "--what=state", units[1], check=False)
        for end in (".toml", ".env"):
            cls.machine.remove("{}/{}{}".format(APPS, name, end))
        cls.machine.run("rm", "-rf", DROPIN.format(name))
        cls.machine.systemctl("daemon-reload")

    def python_app(self, name, configuration, **options):
        """An app of the shared folder."""
        self.addCleanup(self.forget, name)
        return self.app(name, configuration + IN_THE_SHARED_FOLDER, **options)

    def entries(self, app, pattern, count=1, timeout=10):
        """What the service itself has written since it was last started, if the message matches; as soon as there are so many entries."""
        invocation = app.show("InvocationID")
        deadline = time.monotonic() + timeout
        while True:
            entries = [entry for entry in self.machine.journal(app.service)
                       if entry.get("_SYSTEMD_UNIT") == app.service and entry.get("_SYSTEMD_INVOCATION_ID") == invocation
                       and re.search(pattern, entry["MESSAGE"], re.MULTILINE)]
            if len(entries) >= count or time.monotonic() > deadline:
                return entries
            time.sleep(0.05)


class SiteBehaviour:
    """What systemd and its journal see of every site, whatever it is made with. Subclasses say how it is installed."""

    name = None
    has_lifespan = False
    slept = b"slept"

    def site(self, delay=0):
        """The site as it is installed. Stopped, and forgotten by systemd how often it was started."""
        site = App(self.machine, self.name)
        self.give_dropin("[Service]\nEnvironment=STARTUP_DELAY={}\n".format(delay))
        self.machine.systemctl("reset-failed", site.service, check=False)
        self.addCleanup(self.machine.systemctl, "stop", site.socket, site.service)
        return site

    def give_dropin(self, text):
        path = DROPIN.format(self.name) + "/test.conf"
        self.machine.write(path, text)
        self.addCleanup(self.machine.remove, path)
        self.machine.systemctl("daemon-reload")

    def test_the_first_request_starts_it(self):
        site = self.site()
        self.machine.systemctl("start", site.socket)
        self.assertEqual(site.show("ActiveState"), "inactive")
        self.assertIn(b"Hello World", site.ask(headers={"Host": self.name + ".example"}).body)
        self.assertEqual(site.show("ActiveState"), "active")

    def test_start_waits_until_it_has_started(self):
        site = self.site(delay=1.5)
        begin = time.monotonic()
        starting = Later(site.start)
        site.wait_for("StatusText", lambda text: text == "starting", timeout=10)
        self.assertEqual(site.show("ActiveState"), "activating")
        starting.result()
        self.assertGreaterEqual(time.monotonic() - begin, 1.5)
        self.assertEqual(site.show("ActiveState"), "active")
        self.assertRegex(site.show("StatusText"), "^serving 1 bind")

    def test_what_it_prints_and_logs_is_in_the_journal(self):
        site = self.site()
        site.start()
        self.assertEqual(self.get(site, "/say").status, 200)
        printed, logged = self.entries(site, "^said by print$"), self.entries(site, "^said by logging")
        self.assertEqual((len(printed), len(logged)), (1, 1), self.machine.log(site.service))
        self.assertEqual((printed[0]["PRIORITY"], logged[0]["PRIORITY"]), ("6", "4"))
        self.assertEqual((printed[0]["SYSLOG_IDENTIFIER"], logged[0]["SYSLOG_IDENTIFIER"]), ("roost", "roost"))
        self.assertEqual(logged[0]["ROOST_LOGGER"], "shop")

    def test_a_traceback_is_one_entry_with_the_requests_id(self):
        site = self.site()
        site.start()
        answer = self.get(site, "/raise")
        self.assertEqual(answer.status, 500)
        lines = self.entries(site, "the shop is on fire")
        self.assertEqual(len(lines), 1, "\n".join(entry["MESSAGE"] for entry in lines))
        message = lines[0]["MESSAGE"]
        self.assertRegex(message, "(?s)Traceback .*, in fail\n.*ValueError: the shop is on fire")
        self.assertEqual(len(self.entries(site, 'File "')), 1, "no line of it is an entry of its own")
        self.assertEqual(lines[0]["PRIORITY"], "3")
        self.assertEqual(lines[0].get("ROOST_REQUEST_ID"), answer.headers["x-request-id"], lines[0])
        self.assertEqual((lines[0]["SYSLOG_IDENTIFIER"], lines[0]["_SYSTEMD_UNIT"]), ("roost", site.service))

    def test_stop_finishes_the_request_in_flight(self):
        site = self.site()
        site.start()
        asking = Later(self.get, site, "/sleep")
        self.assertEqual(len(self.entries(site, "^the sleep begins$")), 1, self.machine.log(site.service))
        site.stop()
        self.assertEqual(asking.result().body, self.slept)
        self.assertEqual(site.show("ActiveState", "Result", "ExecMainStatus"),
                         {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"})
        if self.has_lifespan:
            self.assertEqual(len(self.entries(site, "^the shutdown is complete$")), 1, self.machine.log(site.service))

    def get(self, site, path):
        return site.ask(path, headers={"Host": self.name + ".example"})


class ExampleBehaviour(SiteBehaviour):
    """What else holds for the shipped examples, with their site of nginx."""

    def connector(self):
        return self.machine.connect(("127.0.0.1", 80))

    def through_nginx(self, path, **options):
        with Connection(self.connector, self.name + ".example") as connection:
            return connection.ask(path, **options)

    def test_what_it_logs_is_found_by_its_trace(self):
        site = self.site()
        site.start()
        trace = os.urandom(16).hex()
        headers = {"Host": self.name + ".example", "Traceparent": "00-{}-00f067aa0ba902b7-01".format(trace)}
        for path in ("/say", "/raise"):
            site.ask(path, headers=headers)
            self.get(site, path)
        self.assertEqual(len(self.entries(site, "^said by logging", count=2)), 2)
        self.assertEqual(len(self.entries(site, "the shop is on fire", count=2)), 2)
        found = [entry for entry in self.entries(site, "") if entry.get("ROOST_TRACE_ID") == trace]
        self.assertEqual(len(found), 2, found)
        self.assertRegex(found[0]["MESSAGE"], "^said by logging")
        self.assertRegex(found[1]["MESSAGE"], "the shop is on fire")

    def test_nginx_serves_the_static_files_itself(self):
        site = self.site()
        path, content = self.static_file()
        self.machine.systemctl("start", site.socket)
        answer = self.through_nginx(path)
        self.assertEqual((answer.status, answer.body), (200, content))
        self.assertEqual(self.through_nginx("/static/nowhere.css").status, 404)
        self.assertEqual(site.show("ActiveState"), "inactive", "the app was not asked")

    def test_behind_nginx_it_knows_the_client(self):
        site = self.site()
        self.machine.systemctl("start", site.socket)
        answer = self.through_nginx("/client", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
        self.assertEqual(answer.status, 200, self.machine.log(site.service))
        self.assertIn('["127.0.0.1"', answer.body.decode())
        self.assertIn("http://{}.example/client".format(self.name), answer.body.decode())

    def test_it_is_hardened_and_sees_nothing_of_other_sites(self):
        site = self.site()
        site.start()
        shown = self.machine.run("systemd-analyze", "security", "--no-pager", site.service).stdout
        exposure = float(re.search(r"Overall exposure level for \S+: (\d+\.\d+)", shown).group(1))
        self.assertLessEqual(exposure, EXPOSURE_LIMIT, shown)
        self.assertEqual(self.machine.run("ls", os.path.join("/proc", site.show("MainPID"), "root", "srv")).stdout.split(), [self.name])

    def test_its_secrets_are_roots_alone(self):
        status = os.stat(self.machine.path("{}/{}.env".format(APPS, self.name)))
        self.assertEqual((status.st_mode & 0o777, status.st_uid), (0o600, 0))


class DjangoExampleTests(ExampleBehaviour, PythonUnitsTestCase):
    """The Django site, installed with the commands of the README word for word; only the virtual environment is the tests' own."""

    name = "django"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.forget, cls.name)
        cls.give_venv(cls.name)
        cls.give_nginx(cls.name)
        # The commands name the shipped files from the checkout, which the machine need not see.
        checkout = "/run/checkout"
        cls.addClassCleanup(cls.machine.run, "rm", "-rf", checkout)
        for name in os.listdir(deploy("examples")):
            cls.machine.install(deploy("examples", name), "{}/deploy/examples/{}".format(checkout, name))
        script = "set -eu\nsudo() { \"$@\"; }\ncd " + checkout + "\n" + "".join(command + "\n" for command in cls.commands())
        cls.machine.run("bash", "-c", script)
        cls.machine.write("/srv/django/mysite/urls.py", source(DJANGO))
        cls.machine.write("/srv/django/mysite/__init__.py", source(DJANGO_PACKAGE))
        cls.machine.systemctl("stop", "roost@django.socket", "roost@django.service")

    @staticmethod
    def commands():
        """Those of the README but the three that make the virtual environment, which need the Internet."""
        with open(os.path.join(CHECKOUT, "README.md")) as file:
            blocks = re.findall(r"^```sh\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
        block = next(block for block in blocks if "deploy/examples/django" in block)
        made = "mkdir /srv/django|python3 -m venv /srv/django/venv|/srv/django/venv/bin/pip install django"
        return replace("^sudo ({})$".format(made), "", block, 3).splitlines()

    def static_file(self):
        path = "admin/css/base.css"
        with open(self.machine.path("/srv/django/static/" + path), "rb") as file:
            return "/static/" + path, file.read()

    def test_its_admin_has_its_users_in_the_database(self):
        self.site().start()
        # As the README says, beside the site that runs.
        migrate = re.search(r"^sudo (systemd-run(?:.*\\\n)+.*) migrate$", "\n".join(self.commands()), re.MULTILINE).group(1)
        self.machine.run("bash", "-c", migrate.replace("-run", "-run --setenv=DJANGO_SUPERUSER_PASSWORD=secret", 1) +
                         " createsuperuser --noinput --username=admin --email=a@example.org")
        with Connection(self.connector, "django.example") as connection:
            page = connection.ask("/admin/login/?next=/admin/auth/user/")
            self.assertEqual(page.status, 200)
            self.assertIn(b'href="/static/admin/css/base.css"', page.body)
            cookie = page.headers["set-cookie"].partition(";")[0]
            token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body).group(1).decode()
            connection.request("POST", "/admin/login/?next=/admin/auth/user/",
                               "csrfmiddlewaretoken={}&username=admin&password=secret".format(token),
                               {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            response.read()
            self.assertEqual((response.status, response.getheader("location")), (302, "/admin/auth/user/"))
            session = re.search("sessionid=[^;]+", " ".join(response.headers.get_all("set-cookie"))).group()
            self.assertIn(b"a@example.org", connection.ask("/admin/auth/user/", headers={"Cookie": session}).body)

    def test_with_asgi_it_is_served_as_well(self):
        site = self.site()
        self.give_dropin("[Service]\nEnvironment=ROOST_APP=mysite.asgi:application\n")
        self.machine.systemctl("start", site.socket)
        self.assertEqual(self.through_nginx("/").body, b"Hello World")
        self.assertEqual(len(self.entries(site, "^serving mysite.asgi:application .*mode=asgi")), 1, self.machine.log(site.service))

    def test_without_a_secret_it_fails_once_and_for_good(self):
        site = self.site()
        self.give_dropin("[Service]\nEnvironmentFile=\nEnvironment=DJANGO_SETTINGS_MODULE=mysite.production\n")
        self.assertNotEqual(site.start(check=False).returncode, 0)
        self.assertEqual(site.show("ActiveState", "ExecMainStatus", "NRestarts"),
                         {"ActiveState": "failed", "ExecMainStatus": "4", "NRestarts": "0"})
        self.assertIn("SECRET_KEY", site.show("StatusText"))


class FastAPIExampleTests(ExampleBehaviour, PythonUnitsTestCase):
    name = "fastapi"
    has_lifespan = True
    slept = b'"slept"'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.forget, cls.name)
        cls.give_venv(cls.name)
        cls.machine.write("/srv/fastapi/main.py", source(FASTAPI))
        cls.machine.write("/srv/fastapi/static/site.css", "body { color: green }\n")
        cls.machine.install(deploy("examples", "fastapi.toml"), APPS + "/fastapi.toml")
        with open(deploy("examples", "fastapi.env")) as file:
            cls.machine.write(APPS + "/fastapi.env", replace("^#SECRET_KEY=$", "SECRET_KEY=a secret", file.read()), 0o600)
        cls.machine.install(deploy("examples", "python.conf"), DROPIN.format("fastapi") + "/python.conf")
        cls.machine.install(deploy("examples", "fastapi.nginx.conf"), SITES + "/fastapi.conf")
        cls.machine.systemctl("daemon-reload")
        cls.give_nginx(cls.name)

    def static_file(self):
        return "/static/site.css", b"body { color: green }\n"

    def test_its_database_outlives_it(self):
        site = self.site()
        site.start()
        first = int(self.get(site, "/visit").body)
        self.machine.systemctl("restart", site.service)
        self.assertEqual(int(self.get(site, "/visit").body), first + 1)

    def test_it_has_its_secret(self):
        site = self.site()
        site.start()
        self.assertIn(b'"a secret"', self.through_nginx("/client").body)


class OtherSite(SiteBehaviour):
    """A site in the shared folder, on the shipped unit alone."""

    code = configuration = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls.forget, cls.name)
        cls.machine.write("{}/{}_site.py".format(SRV, cls.name), source(cls.code))
        cls.machine.write("{}/{}.toml".format(APPS, cls.name), cls.configuration + IN_THE_SHARED_FOLDER)


class FlaskTests(OtherSite, PythonUnitsTestCase):
    name, code, configuration = "flask", FLASK, 'app = "flask_site:app"\n'


class TrioTests(OtherSite, PythonUnitsTestCase):
    name, code, configuration = "trio", TRIO, 'app = "trio_site:app"\nworker_class = "trio"\n'
    has_lifespan = True


class OpeningTests(PythonUnitsTestCase):
    """What the comments of python.conf say."""

    def attempts(self, name, dropin):
        self.machine.write(SRV + "/probe.py", source(PROBE))
        app = self.python_app(name, 'app = "wsgi:probe:app"\n', dropin=dropin)
        app.start()
        return json.loads(app.ask().body)

    def shipped(self):
        """The lines that are commented out. The directory that is all an app sees of /srv is another here."""
        with open(deploy("examples", "python.conf")) as file:
            text = replace("^BindReadOnlyPaths=/srv/%i$", "BindReadOnlyPaths=" + SRV, file.read())
        return text, replace(r"^#(?=\w+=)", "", text, 6)

    def test_each_error_is_the_one_that_is_named(self):
        text, _ = self.shipped()
        found = self.attempts("closed", text)
        for attempt, error in (("tcp", "Address family not supported by protocol"), ("processors", "Operation not permitted"),
                               ("whole_machine", "No such file or directory: '/proc/meminfo'")):
            self.assertIn(error, found[attempt])
            self.assertIn(error, text)
        self.assertIn("Operation not permitted", found["executable_memory"])

    def test_each_line_opens_what_it_says(self):
        _, opened = self.shipped()
        found = self.attempts("opened", opened)
        self.assertEqual(found, dict.fromkeys(found))


class FailureTests(PythonUnitsTestCase):
    """What cannot heal by itself is not tried again, and the journal says why."""

    RESTART_NO = "[Service]\nRestart=no\n"

    def write(self, name, text):
        self.machine.write("{}/{}.py".format(SRV, name), source(text))

    def fails(self, app, status, **shown):
        self.assertNotEqual(app.start(check=False).returncode, 0)
        found = app.show("ActiveState", "Result", "ExecMainStatus", *shown)
        self.assertEqual((found["ActiveState"], found["Result"], found["ExecMainStatus"]), ("failed", "exit-code", str(status)),
                         self.machine.log(app.service))
        for name, pattern in shown.items():
            self.assertRegex(found[name], pattern)

    def test_an_import_error_fails_once_and_for_good(self):
        self.write("unloadable", "def connect():\n    import not_installed_here\nconnect()\napp = None\n")
        app = self.python_app("unloadable", 'app = "unloadable:app"\n')
        self.fails(app, 4, NRestarts="^0$", StatusText="^startup failed: .*not_installed_here")
        # Not tried again later either.
        time.sleep(6)
        self.assertEqual(app.show("ActiveState", "NRestarts"), {"ActiveState": "failed", "NRestarts": "0"})
        tracebacks = self.entries(app, "^Traceback ")
        self.assertEqual(len(tracebacks), 1, self.machine.log(app.service))
        self.assertRegex(tracebacks[0]["MESSAGE"], "(?s)unloadable.py.*in connect\n.*ModuleNotFoundError: No module named 'not_installed_here'")
        self.assertEqual(tracebacks[0]["PRIORITY"], "3")
        self.assertEqual(len(self.entries(app, 'File "')), 1, "no line of it is an entry of its own")

    def test_a_failed_startup_is_3_on_every_loop(self):
        for name in ("lifespans.py", "events.py"):
            self.machine.install(os.path.join(PYTHON_APPS, name), "{}/{}".format(SRV, name))
        for loop in ("asyncio", "uvloop", "trio"):
            with self.subTest(loop=loop):
                app = self.python_app("startless-" + loop, 'app = "lifespans:raises_in_startup"\nworker_class = "{}"\n'.format(loop),
                                      dropin=self.RESTART_NO)
                self.fails(app, 3, StatusText="^startup failed: .*no database here")
                tracebacks = self.entries(app, "^Traceback ")
                self.assertEqual(len(tracebacks), 1, self.machine.log(app.service))
                self.assertIn("in open_the_database\n", tracebacks[0]["MESSAGE"])

    def test_what_an_app_raises_is_one_entry_however_large_it_is(self):
        self.write("talkative", """
            async def app(scope, receive, send):
                assert scope["type"] == "http"
                raise ValueError("first line\\nPRIORITY=0\\n" + "x" * 2000000 + " the end")
        """)
        app = self.python_app("talkative", 'app = "talkative:app"\naccess_logfile = "journal"\n')
        app.start()
        answer = app.ask("/large")
        self.machine.run("journalctl", "--sync")
        text = self.machine.run("journalctl", "--all", "--output=json", "--no-pager", "--quiet", "ROOST_REQUEST_ID=" + answer.headers["x-request-id"]).stdout
        failure, access = sorted((json.loads(line) for line in text.splitlines()), key=lambda entry: entry["LOGGER"])
        self.assertGreater(len(failure["MESSAGE"]), 2000000)
        self.assertRegex(failure["MESSAGE"][:200], "^application failed: ValueError: first line .*request_id=")
        self.assertIn("x the end", failure["MESSAGE"][-100:])
        for entry, priority in ((failure, "3"), (access, "4")):
            self.assertEqual((entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"], entry["_SYSTEMD_UNIT"], entry["ROOST_PATH"], entry["ROOST_STATUS"]),
                             (priority, "roost", app.service, "/large", "500"))

    def test_a_failed_startup_is_tried_again(self):
        self.write("healing", """
            import os
            async def app(scope, receive, send):
                if scope["type"] == "lifespan":
                    await receive()
                    if not os.path.exists("/var/lib/roost/healing/tried"):
                        open("/var/lib/roost/healing/tried", "w").close()
                        raise ConnectionError("no database yet")
                    await send({"type": "lifespan.startup.complete"})
                    await receive()
                    return await send({"type": "lifespan.shutdown.complete"})
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"healed"})
        """)
        app = self.python_app("healing", 'app = "healing:app"\n')
        self.machine.systemctl("start", app.socket)
        # The request waits in the socket, which stays, until the second start.
        self.assertEqual(app.ask().body, b"healed")
        self.assertEqual(app.show("NRestarts"), "1")

    def test_an_address_that_cannot_be_bound_is_5_and_names_the_error(self):
        self.machine.install(os.path.join(PYTHON_APPS, "callables.py"), SRV + "/callables.py")
        for kind in ("asgi:callables:function", "wsgi:callables:wsgi"):
            with self.subTest(kind=kind):
                name = "unbound-" + kind[:4]
                self.addCleanup(self.forget, name)
                bind = 'app = "{}"\n'.format(kind) + IN_THE_SHARED_FOLDER.replace('"systemd:"', '"systemd:", "/nowhere/at/all.sock"')
                app = self.app(name, bind, dropin=self.RESTART_NO)
                self.fails(app, 5, StatusText="/nowhere/at/all.sock")
                self.assertEqual(app.show("StatusErrno"), "2")


if __name__ == "__main__":
    unittest.main()
