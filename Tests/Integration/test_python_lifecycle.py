"""A Python app's life: how it is found, started, told to stop and ended, and what each failure looks like to who started it."""

import os
import re
import signal
import socket
import tempfile
import textwrap
import time
import unittest

from clients import Later, ask, tcp
from pieces import Pieces
from processes import free_port
from python_apps import CORE, PythonTestCase, environment, interpreters

LOOPS = ("asyncio", "uvloop", "trio")


class ShapesTests(PythonTestCase):
    """What may be named as an app."""

    def check(self, app, answer, *flags, said):
        with self.subTest(app=app):
            server = self.serve(app, *flags)
            self.assertEqual(server.ask().body.decode(), answer)
            self.assertRegex(server.output(), said)
            self.assertEqual(server.terminate().wait(), 0)

    def test_asgi_3(self):
        for name, answer in (("function", "function"), ("instance", "instance"), ("method", "method"), ("partial", "partial"),
                             ("decorated", "decorated"), ("plain_function", "plain function"), ("holder.inner.app", "dotted")):
            self.check("callables:" + name, answer, said="ASGI 3")

    def test_without_a_name_it_is_app(self):
        self.check("callables", "app by default", said="callables:app")

    def test_asgi_2(self):
        self.check("callables:ASGI2", "ASGI 2 class, version 2.0", said="ASGI 2")
        self.check("callables:asgi2_function", "ASGI 2 function, version 2.0", said="ASGI 2")

    def test_wsgi(self):
        self.check("callables:wsgi", "WSGI", said="WSGI")
        self.check("callables:wsgi_instance", "WSGI", said="WSGI")

    def test_a_prefix_settles_it(self):
        self.check("asgi:callables:plain_function", "plain function", said="ASGI")
        self.check("wsgi:callables:wsgi", "WSGI", said="WSGI")

    def test_a_factory_is_called(self):
        self.check("callables:create_app", "factory", "--factory", said="ASGI 3")
        self.check("callables:create_wsgi_app", "WSGI", "--factory", said="WSGI")

    def test_the_working_directory_is_looked_in_without_app_dir(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "here.py"), "w") as file:
                file.write("def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'here']\n")
            server = self.serve("here", app_dir=None, wrapper=("sh", "-c", 'cd "$0" && exec "$@"', directory))
            self.assertEqual(server.ask().body, b"here")
            self.assertEqual(server.terminate().wait(), 0)


class InterpreterTests(PythonTestCase):
    """Which Python runs the app."""

    def check(self, server, prefix):
        found = server.ask_json("/inspect")
        self.assertEqual(os.path.realpath(found["prefix"]), os.path.realpath(prefix))
        self.assertEqual(found["pid"], server.program.pid)
        return found

    def test_it_is_that_of_the_virtual_environment_by_flag_or_variable_or_path(self):
        venv = environment()
        for options in (dict(venv=venv), dict(venv=None, environment={"VIRTUAL_ENV": venv})):
            self.check(self.serve("plain:app", **options), venv)
        python = os.path.join(venv, "bin", "python")
        self.check(self.serve("plain:app", "--python", python, venv=None), venv)

    def test_a_virtual_environment_that_is_none_is_an_error(self):
        for flags, said in ((("--venv", "/nowhere/at/all"), "/nowhere/at/all"), (("--python", "/nowhere/python"), "/nowhere/python")):
            with self.subTest(flags=flags):
                server = self.start("plain:app", *flags, venv=None)
                self.assertEqual(server.program.wait(), 4)
                self.assertIn(said, server.output())

    def test_one_that_is_too_old_is_an_error(self):
        with tempfile.TemporaryDirectory() as directory:
            python = os.path.join(directory, "python")
            with open(python, "w") as file:
                file.write("#!/bin/sh\nexit 1\n")
            os.chmod(python, 0o755)
            server = self.start("plain:app", "--python", python, venv=None)
            self.assertNotEqual(server.program.wait(), 0)

    def test_the_environment_of_the_app_is_that_of_roost(self):
        venv = environment()
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "env.py"), "w") as file:
                file.write(textwrap.dedent("""
                    import json, os, sys
                    def app(environ, start_response):
                        start_response("200 OK", [])
                        return [json.dumps([os.environ.get("SHOP"), sys.argv, sys.path, sys.flags.dev_mode, __name__]).encode()]
                """))
            server = self.serve("wsgi:env", app_dir=directory, venv=venv, environment={"SHOP": "open", "PYTHONDEVMODE": "1"})
            shop, _, path, dev_mode, name = server.ask_json()
            self.assertEqual((shop, dev_mode, name), ("open", True, "env"))
            self.assertEqual(path[0], directory)
            # What Roost's own package was found by is not left behind.
            self.assertEqual([place for place in path if "roost" in os.path.relpath(place, venv) and not place.startswith(venv)], [])


class LoadingTests(PythonTestCase):
    """An app that cannot be loaded: its own traceback, one line that says what was looked for and where, and 4."""

    def fails(self, source, app, *flags, said, traceback="Traceback (most recent call last)"):
        with tempfile.TemporaryDirectory() as directory:
            if source is not None:
                with open(os.path.join(directory, "broken.py"), "w") as file:
                    file.write(textwrap.dedent(source))
            server = self.start(app, *flags, app_dir=directory)
            self.assertEqual(server.program.wait(), 4, server.output())
            output = server.output()
            last = output.strip().splitlines()[-1]
            self.assertRegex(last, "roost: error: ")
            for part in said:
                self.assertIn(part.replace("DIRECTORY", directory), last)
            if traceback:
                self.assertIn(traceback, output)
                self.assertIn("broken.py", output)
                self.assertNotIn("/roost/_loading.py", output, "Roost's own frames are no help to who wrote the app")
            else:
                self.assertNotIn("Traceback", output)
            states = server.program.manager.states()
            self.assertNotIn("READY=1", states)
            self.assertIn("EXIT_STATUS=4", states)
            self.assertFalse(os.path.exists(server.socket))
            return output

    def test_no_such_module(self):
        self.fails(None, "nowhere:app", said=["nowhere", "DIRECTORY"], traceback=None)

    def test_a_module_that_lacks_another(self):
        self.fails("import not_installed_here\n", "broken:app", said=["not_installed_here"])

    def test_a_module_that_raises(self):
        self.fails("def connect():\n    raise OSError('no database here')\nconnect()\n", "broken:app", said=["broken", "no database here"])

    def test_a_syntax_error(self):
        self.fails("def app(:\n    pass\n", "broken:app", said=["broken"], traceback="def app(:")

    def test_a_module_that_exits(self):
        self.fails("import sys\nsys.exit(0)\n", "broken:app", said=["broken", "sys.exit"])

    def test_no_such_attribute(self):
        self.fails("application = len\n", "broken:appp", said=["broken", "appp"], traceback=None)
        self.fails("class holder:\n    app = None\n", "broken:holder.ap", said=["holder", "ap"], traceback=None)

    def test_what_cannot_be_called(self):
        self.fails("app = 7\n", "broken:app", said=["app", "int"], traceback=None)

    def test_a_factory_that_fails(self):
        self.fails("def create():\n    raise KeyError('SECRET_KEY')\n", "broken:create", "--factory", said=["create", "SECRET_KEY"])
        self.fails("def create():\n    return 7\n", "broken:create", "--factory", said=["int"], traceback=None)

    def test_what_is_neither_contract(self):
        self.fails("def app():\n    pass\n", "broken:app", said=["app"], traceback=None)


class StartupTests(PythonTestCase):
    """An app that cannot start ends with 3, and nobody was told that it is ready."""

    def fails(self, app, *flags, said, traceback=()):
        for loop in LOOPS:
            with self.subTest(app=app, loop=loop):
                server = self.start("lifespans:" + app, "--worker-class", loop, *flags)
                self.assertEqual(server.program.wait(), 3, server.output())
                output = server.output()
                self.assertRegex(output.strip().splitlines()[-1], "roost: error: .*" + said)
                for part in traceback:
                    self.assertIn(part, output)
                states = server.program.manager.states()
                self.assertNotIn("READY=1", states)
                self.assertIn("EXIT_STATUS=3", states)
                self.assertFalse(os.path.exists(server.socket))

    def serves(self, app, *flags):
        for loop in LOOPS:
            with self.subTest(app=app, loop=loop):
                server = self.serve("lifespans:" + app, "--worker-class", loop, *flags)
                self.assertEqual(server.ask().body, b"ok")
                self.assertEqual(server.terminate().wait(), 0, server.output())

    def test_an_exception_in_the_startup_is_an_error_with_its_traceback(self):
        self.fails("raises_in_startup", said="no database here", traceback=["Traceback", "open_the_database", "ConnectionError"])

    def test_an_app_may_say_that_it_failed(self):
        self.fails("says_failed", said="the queue is full")

    def test_an_app_that_takes_too_long(self):
        self.fails("never_starts", "--startup-timeout", "500ms", said="startup")

    def test_an_app_that_returns_instead_of_an_answer(self):
        self.fails("returns_in_startup", said="startup")

    def test_an_app_without_lifespan_is_served(self):
        for app in ("raises_at_once", "asserts_http", "returns_at_once"):
            self.serves(app)

    def test_with_lifespan_on_it_is_an_error(self):
        self.fails("raises_at_once", "--lifespan", "on", said="only http here")

    def test_with_lifespan_off_it_is_not_run(self):
        self.serves("raises_in_startup", "--lifespan", "off")

    def test_an_app_that_leaves_its_lifespan_is_served_on(self):
        for loop in LOOPS:
            server = self.serve("lifespans:raises_after_startup", "--worker-class", loop)
            self.assertEqual(server.ask().body, b"ok")
            server.wait_for_output("lifespan is over")
            self.assertEqual(server.terminate().wait(), 0)

    def test_a_shutdown_that_fails_ends_with_1(self):
        for app, said, flags in (("raises_in_shutdown", "cannot close", ()), ("says_shutdown_failed", "the pool will not close", ()),
                                 ("never_shuts_down", "shutdown", ("--shutdown-timeout", "500ms"))):
            for loop in LOOPS:
                with self.subTest(app=app, loop=loop):
                    server = self.serve("lifespans:" + app, "--worker-class", loop, *flags)
                    self.assertEqual(server.ask().body, b"ok")
                    self.assertEqual(server.terminate().wait(), 1)
                    self.assertRegex(server.output().strip().splitlines()[-1], "roost: error: .*" + said)

    def test_ready_comes_after_the_startup_and_when_requests_are_answered(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.start("plain:app", "--worker-class", loop, environment={"APP_STARTUP_DELAY": "0.7"})
                server.wait_for_event("startup")
                self.assertFalse(os.path.exists(server.socket), "nobody may connect before the startup is complete")
                server.wait_until_ready()
                self.assertEqual(server.events(), ["startup", "startup complete"])
                self.assertEqual(server.ask().status, 200)
                self.assertEqual(server.program.manager.states().count("READY=1"), 1)
                self.assertRegex(server.output(), "running on .*" + re.escape(server.socket))

    def test_an_address_that_is_taken_is_5(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:{}".format(taken.getsockname()[1])
            for app in ("plain:app", "wsgi:plain_wsgi:app"):
                server = self.start(app, binds=[address])
                self.assertEqual(server.program.wait(), 5)
                self.assertIn(address, server.output().strip().splitlines()[-1])
                self.assertIn("EXIT_STATUS=5", server.program.manager.states())
        server = self.start("plain:app", binds=["unix:/nowhere/at/all.sock"])
        self.assertEqual(server.program.wait(), 5)

    def test_an_app_that_is_not_ready_can_be_stopped(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.start("lifespans:never_starts", "--worker-class", loop)
                server.wait_for_output("lifespans:never_starts")
                time.sleep(0.3)
                self.assertEqual(server.terminate().wait(10), 0)

    def test_a_tcp_port_is_served_as_well(self):
        port = free_port()
        server = self.serve("plain:app", binds=["127.0.0.1:{}".format(port)])
        scope = Later(ask, tcp("127.0.0.1", port), "/scope").result()
        self.assertIn(b'"client": ["127.0.0.1", ', scope.body)
        self.assertIn('"server": ["127.0.0.1", {}]'.format(port).encode(), scope.body)
        self.assertEqual(server.terminate().wait(), 0)


class StopTests(PythonTestCase):
    """SIGTERM and SIGINT: what is in flight is finished, then the app shuts down, then the process ends with 0."""

    def stop_while_asking(self, server, number, seconds="0.7"):
        asking = Later(server.ask, "/sleep?seconds=" + seconds)
        server.wait_for_event("sleep begins")
        server.interrupt(number)
        return asking

    def test_requests_in_flight_are_finished_before_the_shutdown(self):
        for loop in LOOPS:
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(loop=loop, signal=number):
                    server = self.serve("plain:app", "--worker-class", loop)
                    server.ask("/leave-a-generator")
                    idle = server.connection()
                    idle.ask()
                    asking = self.stop_while_asking(server, number)
                    server.program.manager.states()
                    self.assertEqual(asking.result().body, b"slept")
                    self.assertEqual(server.program.wait(10), 0)
                    idle.close()
                    events = server.events()
                    self.assertEqual([event for event in events if event != "generator closed"],
                                     ["startup", "startup complete", "sleep begins", "slept", "shutdown", "shutdown complete"])
                    self.assertEqual(events[-1], "generator closed", "the async generator that was left is closed behind the shutdown")
                    self.assertFalse(os.path.exists(server.socket))
                    states = server.program.manager.states()
                    self.assertIn("STOPPING=1", states)
                    self.assertIn("draining 1 request", server.program.manager.statuses())
                    self.assertNotIn("Traceback", server.output())
                    self.assertNotIn("never retrieved", server.output())
                    self.assertNotIn("was destroyed", server.output())

    def test_after_the_graceful_timeout_they_are_cancelled(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("plain:app", "--worker-class", loop, "--graceful-timeout", "300ms")
                waiting = Later(server.ask, "/wait")
                server.wait_for_event("wait begins")
                asking = self.stop_while_asking(server, signal.SIGTERM, "60")
                self.assertEqual(server.program.wait(10), 0)
                for one in (asking, waiting):
                    with self.assertRaises(Exception):
                        if one.result().status != 200:
                            raise ConnectionError("an answer of the server's own")
                events = server.events()
                self.assertTrue(any(re.fullmatch("sleep ends Cancell?ed(Error)?", event) for event in events), events)
                self.assertEqual(events[-2:], ["shutdown", "shutdown complete"])
                self.assertNotIn("was destroyed", server.output())

    def test_what_goes_on_behind_a_response_is_cancelled_before_the_shutdown(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("plain:app", "--worker-class", loop, "--graceful-timeout", "300ms")
                self.assertEqual(server.ask("/go-on").body, b"answered")
                server.wait_for_event("goes on")
                self.assertEqual(server.interrupt(signal.SIGTERM).wait(20), 0)
                events = [event for event in server.events() if event == "shutdown" or event.startswith("is ended Cancel")]
                self.assertEqual([event.split()[0] for event in events], ["is", "shutdown"])
                self.assertNotIn("go on although", server.output())

    def test_a_second_signal_ends_it_at_once(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("plain:app", "--worker-class", loop)
                asking = self.stop_while_asking(server, signal.SIGTERM, "60")
                time.sleep(0.3)
                server.interrupt(signal.SIGTERM)
                started = time.monotonic()
                server.program.wait(10)
                self.assertLess(time.monotonic() - started, 5)
                with self.assertRaises(Exception):
                    asking.result()

    def test_streams_are_finished_too(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("plain:app", "--worker-class", loop)
                with Pieces(server.connector, "/pieces") as pieces:
                    pieces.until(b"first ")
                    server.terminate()
                    time.sleep(0.2)
                    server.sign()
                    self.assertTrue(pieces.all().endswith(b"second\r\n0\r\n\r\n"))
                self.assertEqual(server.program.wait(10), 0)

    def test_nothing_is_accepted_while_it_drains(self):
        server = self.serve("plain:app")
        asking = self.stop_while_asking(server, signal.SIGTERM)
        time.sleep(0.2)
        with self.assertRaises(OSError):
            server.ask()
        self.assertEqual(asking.result().body, b"slept")
        self.assertEqual(server.program.wait(), 0)

    def test_whatever_the_app_did_to_the_signals(self):
        for loop in LOOPS:
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(loop=loop, signal=number):
                    server = self.serve("own_signals:app", "--worker-class", loop)
                    asking = Later(server.ask)
                    server.wait_for_event("request begins")
                    server.interrupt(number)
                    self.assertEqual(asking.result().body, b"ok")
                    self.assertEqual(server.program.wait(10), 0)
                    self.assertEqual([event for event in server.events() if "handler" not in event], ["request begins", "shutdown"])
                    self.assertNotIn("KeyboardInterrupt", server.output())

    def test_the_end_of_a_forked_child_is_its_own(self):
        """A pool of processes terminates its children by SIGTERM, which must neither be lost on them nor stop the server."""
        for app in ("wsgi:forking:wsgi", "forking:asgi"):
            for threads in ("1", "2"):
                with self.subTest(app=app, threads=threads):
                    server = self.serve(app, "--threads", threads)
                    for _ in range(2):
                        found = server.ask_json("/")
                        self.assertEqual(found["results"], [0, 1, 4, 9])
                        self.assertEqual(found["exit codes"], [-signal.SIGTERM, -signal.SIGINT])
                    self.assertEqual(server.terminate().wait(), 0)
                    self.assertNotIn("Traceback", server.output())

    def test_wsgi_requests_in_flight_are_finished(self):
        for threads in ("1", "4"):
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(threads=threads, signal=number):
                    server = self.serve("wsgi:plain_wsgi:app", "--threads", threads)
                    asking = self.stop_while_asking(server, number)
                    self.assertEqual(asking.result().body, b"slept")
                    self.assertEqual(server.program.wait(10), 0)
                    self.assertNotIn("Traceback", server.output())

    def test_wsgi_requests_that_take_too_long_do_not_keep_it(self):
        server = self.serve("wsgi:plain_wsgi:app", "--threads", "2", "--graceful-timeout", "300ms")
        asking = self.stop_while_asking(server, signal.SIGTERM, "20")
        server.program.wait(10)
        with self.assertRaises(Exception):
            asking.result(5)

    def test_an_app_that_holds_its_thread_does_not_keep_the_process(self):
        """Nobody is there to begin the shutdown. In vain it is waited for as long as the settings allow, and no longer."""
        for app, path in (("wsgi:plain_wsgi:app", "/sleep?seconds=600"), ("plain:app", "/block?seconds=600")):
            with self.subTest(app=app):
                server = self.serve(app, "--graceful-timeout", "300ms")
                with Pieces(server.connector, path):
                    server.wait_for_event("sleep begins")
                    server.interrupt(signal.SIGTERM)
                    self.assertEqual(server.program.wait(60), 0)
                server.wait_for_output("error +the app holds the thread that is to end the process")

    def test_a_wsgi_stream_without_end_is_closed_after_the_graceful_timeout(self):
        for threads in ("1", "4"):
            with self.subTest(threads=threads):
                server = self.serve("wsgi:plain_wsgi:app", "--threads", threads, "--graceful-timeout", "300ms")
                with Pieces(server.connector, "/slow-stream") as pieces:
                    pieces.until(b"piece ")
                    server.interrupt(signal.SIGTERM)
                    self.assertEqual(server.program.wait(10), 0)
                server.wait_for_event("closed slow-stream")

    def test_an_app_that_exits_in_a_request_ends_the_process_in_order(self):
        for loop in LOOPS:
            with self.subTest(loop=loop):
                server = self.serve("plain:app", "--worker-class", loop)
                asking = Later(server.ask, "/sleep?seconds=0.5")
                server.wait_for_event("sleep begins")
                self.assertEqual(server.ask("/exit").status, 500)
                self.assertEqual(asking.result().body, b"slept")
                self.assertEqual(server.program.wait(10), 1)
                self.assertIn("sys.exit(7)", server.output())
                self.assertEqual(server.events()[-1], "shutdown complete")

    def test_what_was_printed_last_is_written(self):
        for loop in LOOPS:
            server = self.serve("plain:app", "--worker-class", loop)
            server.ask("/say")
            self.assertEqual(server.terminate().wait(), 0)
            for line in ("said on standard output", "said on standard error", "WARNING shop said by logging"):
                self.assertRegex(server.output(), "(?m)^{}$".format(line))


class OtherInterpretersTests(PythonTestCase):
    """On every other CPython that is found here."""

    def test_a_life_from_start_to_end(self):
        for interpreter in interpreters((3, 9))[1:]:
            venv = environment(CORE, interpreter)
            for loop in LOOPS:
                with self.subTest(interpreter=str(interpreter), loop=loop):
                    server = self.serve("plain:app", "--worker-class", loop, venv=venv)
                    asking = Later(server.ask, "/sleep?seconds=0.3")
                    server.wait_for_event("sleep begins")
                    server.interrupt(signal.SIGINT)
                    self.assertEqual(asking.result().body, b"slept")
                    self.assertEqual(server.program.wait(10), 0)
                    self.assertEqual(server.events()[-3:], ["slept", "shutdown", "shutdown complete"])
            server = self.serve("wsgi:plain_wsgi:validated", venv=venv)
            self.assertEqual(server.ask().body, b"Hello World")
            self.assertEqual(server.terminate().wait(), 0)


if __name__ == "__main__":
    unittest.main()
