import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import tree
from http_client import answer, ask, connect, get

ASGI = """
import atexit, {loop} as loop
atexit.register(print, "at exit", flush=True)
print("imported")

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        {startup}
        print("started")
        await send({{"type": "lifespan.startup.complete"}})
        await receive()
        print("shutting down")
        await send({{"type": "lifespan.shutdown.complete"}})
        return
    if scope["path"] == "/slow":
        print("slow")
        await loop.sleep(0.3)
    if scope["path"] == "/endless":
        print("endless")
        await loop.sleep(60)
    if scope["path"] == "/exit":
        raise SystemExit(7)
    body = scope["path"].encode()
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}})
    await send({{"type": "http.response.body", "body": body}})
"""

WSGI = """
import sys

def app(environ, start_response):
    body = environ["PATH_INFO"].encode() + b" " + " ".join(sys.argv).encode()
    start_response("200 OK", [("content-length", str(len(body)))])
    return [body]
"""


class Running:
    """A worker process."""

    def __init__(self, directory, *arguments):
        self.output = open(directory / "output", "w+b")
        self.errors = open(directory / "errors", "w+b")
        self.url = f"http://unix:{directory}/app.sock"
        self.process = subprocess.Popen(
            [sys.executable, str(tree.HERE / "worker.py"), "serve", "--bind", self.url[len("http://") :], *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.errors,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def out(self):
        return self._text(self.output)

    def err(self):
        return self._text(self.errors)

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 20, 0).decode()

    def until(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"it did not happen; {self.process.poll()}\n{self.out()}\n{self.err()}")
            time.sleep(0.01)

    def ready(self):
        def is_listening():
            try:
                connect(self.url).close()
                return True
            except OSError:
                return False

        self.until(is_listening)
        return self

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def ended(self):
        return self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.output.close()
        self.errors.close()


class WorkerTest(unittest.TestCase):
    loop = "asyncio"
    worker_class = "asyncio"

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name).resolve()
        self.write("asgi_app.py", ASGI.format(loop=self.loop, startup="pass"))
        self.write("wsgi_app.py", WSGI)

    def write(self, name, text):
        (self.directory / name).write_text(text)

    def start(self, *arguments):
        running = Running(self.directory, *arguments)
        self.addCleanup(running.close)
        return running

    def serve(self, app="asgi_app", *arguments):
        return self.start(app, "--worker-class", self.worker_class, *arguments)


class OnAsyncio(WorkerTest):
    def test_the_loop_s_debug_mode_is_switched_on_if_asked(self):
        self.write("debugged.py", ASGI.format(loop="asyncio", startup="print('debug', loop.get_running_loop().get_debug())"))
        for flags, expected in [((), "debug False"), (("--debug",), "debug True")]:
            worker = self.serve("debugged", *flags).ready()
            worker.signal()
            self.assertEqual(worker.ended(), 0)
            self.assertIn(expected, worker.out())

    def test_it_serves_until_a_signal(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                worker = self.serve().ready()
                self.assertEqual(get(worker.url, "/a"), (200, b"/a"))
                worker.signal(number)
                self.assertEqual(worker.ended(), 0)
                self.assertEqual(worker.out().split("\n")[:4], ["imported", "started", "shutting down", "at exit"])
                self.assertNotIn("error", worker.err())
                self.assertFalse((self.directory / "app.sock").exists())

    def test_a_request_in_flight_is_finished(self):
        worker = self.serve().ready()
        connection = connect(worker.url)
        ask(connection, "/slow")
        worker.until(lambda: "slow" in worker.out())
        worker.signal()
        self.assertEqual(answer(connection), (200, b"/slow"))
        self.assertEqual(worker.ended(), 0)

    def test_a_second_signal_forces_it(self):
        worker = self.serve("asgi_app:app", "--graceful-timeout", "60").ready()
        connection = connect(worker.url)
        ask(connection, "/endless")
        worker.until(lambda: "endless" in worker.out())
        worker.signal()
        time.sleep(0.2)
        self.assertIsNone(worker.process.poll())
        worker.signal()
        self.assertEqual(worker.ended(), 0)
        connection.close()
        self.assertIn("at exit", worker.out())

    def test_signals_are_graceful_whatever_the_app_does_with_them(self):
        handlers = "import signal; signal.signal(signal.SIGTERM, signal.SIG_DFL); signal.signal(signal.SIGINT, signal.default_int_handler)"
        self.write("taking.py", f"{handlers}\n" + ASGI.format(loop=self.loop, startup=handlers))
        for number in (signal.SIGTERM, signal.SIGINT):
            worker = self.serve("taking").ready()
            worker.until(lambda: "started" in worker.out())
            self.assertEqual(get(worker.url)[0], 200)
            worker.signal(number)
            self.assertEqual(worker.ended(), 0)
            self.assertIn("shutting down", worker.out())

    def test_a_signal_while_the_app_is_imported(self):
        self.write("slow_import.py", "import time\nprint('importing')\ntime.sleep(60)")
        worker = self.serve("slow_import")
        worker.until(lambda: "importing" in worker.out())
        worker.signal(signal.SIGINT)
        self.assertEqual(worker.ended(), 0)
        self.assertNotIn("Traceback", worker.err())

    def test_a_signal_during_startup(self):
        self.write("slow_start.py", ASGI.format(loop=self.loop, startup="print('starting'); await loop.sleep(60)"))
        worker = self.serve("slow_start")
        worker.until(lambda: "starting" in worker.out())
        worker.signal()
        self.assertEqual(worker.ended(), 0)
        self.assertNotIn("started", worker.out().replace("starting", ""))

    def test_a_startup_that_fails_ends_with_3_and_its_traceback(self):
        self.write("failing.py", ASGI.format(loop=self.loop, startup="raise RuntimeError('no database')"))
        worker = self.serve("failing")
        self.assertEqual(worker.ended(), 3)
        self.assertTrue(worker.err().rstrip().endswith("roost: error: the app raised during its lifespan startup: RuntimeError: no database"), worker.err())
        self.assertIn("failing.py", worker.err())
        self.assertNotIn("_lifespan.py", worker.err())

    def test_an_app_that_exits_in_a_request_is_shut_down(self):
        worker = self.serve().ready()
        connection = connect(worker.url)
        ask(connection, "/exit")
        answer(connection)
        self.assertEqual(worker.ended(), 1)
        self.assertIn("roost: error: ", worker.err())
        self.assertIn("shutting down", worker.out())

    def test_an_address_that_cannot_be_listened_on_ends_with_5(self):
        (self.directory / "app.sock").write_text("a file")
        worker = self.serve()
        self.assertEqual(worker.ended(), 5)
        self.assertIn("roost: error: ", worker.err())
        self.assertIn("shutting down", worker.out())

    def test_a_signal_while_it_becomes_ready_is_graceful(self):
        startup = (
            "import os, signal; from roost import _roost; install = _roost.install_signals; "
            "_roost.install_signals = lambda *given: (os.kill(os.getpid(), signal.SIGTERM), install(*given))"
        )
        self.write("hasty_app.py", ASGI.format(loop=self.loop, startup=startup))
        worker = self.serve("hasty_app")
        self.assertEqual(worker.ended(), 0)
        self.assertEqual(worker.out(), "imported\nstarted\nshutting down\nat exit\n")

    def test_errors_that_nobody_waits_for_are_logged(self):
        startup = "import logging; logging.getLogger('shop').warning('low stock')"
        self.write("logging_app.py", ASGI.format(loop=self.loop, startup=startup))
        worker = self.serve("logging_app").ready()
        worker.signal()
        self.assertEqual(worker.ended(), 0)
        self.assertRegex(worker.err(), "low stock.*logger=shop")


@unittest.skipUnless(tree.HAS_UVLOOP, "uvloop is not installed")
class OnUvloop(OnAsyncio):
    worker_class = "uvloop"

    def test_the_app_is_imported_with_the_loop_at_hand(self):
        self.write("early.py", "import asyncio\nprint(type(asyncio.get_event_loop()).__module__)\n" + ASGI.format(loop="asyncio", startup="pass"))
        worker = self.serve("early").ready()
        worker.signal()
        self.assertEqual(worker.ended(), 0)
        self.assertIn("uvloop", worker.out())


@unittest.skipUnless(tree.HAS_TRIO, "trio is not installed")
class OnTrio(OnAsyncio):
    loop = "trio"
    worker_class = "trio"
    # Trio has no such mode.
    test_the_loop_s_debug_mode_is_switched_on_if_asked = None

    def test_a_thread_that_cannot_be_cancelled_does_not_keep_it(self):
        blocking = "import time, trio\nasync def app(scope, receive, send):\n    assert scope['type'] == 'http'\n    print('blocking')\n    await trio.to_thread.run_sync(time.sleep, 60)"
        self.write("blocking.py", blocking)
        worker = self.serve("blocking", "--graceful-timeout", "0.1").ready()
        connection = connect(worker.url)
        ask(connection)
        worker.until(lambda: "blocking" in worker.out())
        worker.signal()
        self.assertEqual(worker.ended(), 0)
        answer(connection)


class WithoutALoop(WorkerTest):
    def test_a_wsgi_app_is_served(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            worker = self.start("wsgi_app").ready()
            self.assertEqual(get(worker.url, "/w"), (200, b"/w roost"))
            worker.signal(number)
            self.assertEqual(worker.ended(), 0)
            self.assertNotIn("rror", worker.err())

    def test_no_loop_is_imported_for_it(self):
        self.write("lean.py", "import atexit, sys\natexit.register(lambda: print('asyncio' in sys.modules, flush=True))\n" + WSGI)
        worker = self.start("wsgi:lean:app").ready()
        worker.signal()
        self.assertEqual(worker.ended(), 0)
        self.assertEqual(worker.out().split()[-1], "False")


class Mistakes(WorkerTest):
    def ends(self, *arguments):
        worker = self.start(*arguments)
        return worker.ended(), worker.err()

    def test_an_app_that_is_not_there_ends_with_4(self):
        code, errors = self.ends("asgi_ap:app")
        self.assertEqual(code, 4)
        self.assertIn(f"roost: error: there is no module asgi_ap; did you mean asgi_app? (looked in {self.directory}", errors)

    def test_an_import_that_fails_ends_with_4_and_the_app_s_traceback(self):
        self.write("broken.py", "def f():\n    return 1 / 0\nf()")
        code, errors = self.ends("broken")
        self.assertEqual(code, 4)
        self.assertTrue(errors.rstrip().endswith("roost: error: importing broken failed: ZeroDivisionError: division by zero"), errors)
        self.assertIn("broken.py", errors)
        self.assertNotIn("_loading.py", errors)
        self.assertNotIn("frozen importlib", errors)

    def test_what_is_no_app_ends_with_4(self):
        self.write("odd.py", "def app(): pass")
        code, errors = self.ends("odd")
        self.assertEqual(code, 4)
        self.assertIn("odd:app: odd.app is neither an ASGI nor a WSGI app", errors)

    def test_a_loop_that_is_not_installed_ends_with_2(self):
        for name in ("trio", "uvloop"):
            program = f"import sys; sys.path.insert(0, {str(tree.HERE)!r}); sys.modules[{name!r}] = None; import worker"
            arguments = [sys.executable, "-c", program, "serve", "asgi_app", "--worker-class", name]
            process = subprocess.run(arguments, cwd=self.directory, capture_output=True, text=True)
            self.assertEqual(process.returncode, 2, process.stderr)
            self.assertIn(f"roost: error: worker_class is {name}, which {sys.executable} cannot import", process.stderr)

    def test_a_factory(self):
        self.write("made.py", WSGI + "\ndef create_app():\n    return app\n")
        worker = self.start("made", "--factory").ready()
        self.assertEqual(get(worker.url, "/f")[0], 200)
        worker.signal()
        self.assertEqual(worker.ended(), 0)

    def test_another_directory(self):
        (self.directory / "deep").mkdir()
        self.write("deep/inner.py", WSGI)
        worker = self.start("inner", "--app-dir", "deep").ready()
        worker.signal()
        self.assertEqual(worker.ended(), 0)

    def test_a_mistake_on_the_command_line_ends_with_2(self):
        self.assertEqual(self.ends("asgi_app", "--no-such-flag")[0], 2)


if __name__ == "__main__":
    unittest.main()
