"""The logs of services of one and of several processes: their forms, their files, and what becomes of them when nobody takes their lines."""

import json
import os
import pty
import re
import signal
import tempfile
import unittest

import services
from clients import ask
from services import ASYNCIO, LANGUAGES, SWIFT, WSGI, Load, Service, wait_for

# Puts the program's standard error, or output, somewhere else: `sh -c … sh PLACE PROGRAM …`.
ERRORS_TO = ["sh", "-c", 'place=$1; shift; exec "$@" 2>"$place"', "sh"]
OUTPUT_TO = ["sh", "-c", 'place=$1; shift; exec "$@" >"$place"', "sh"]


def of(*kinds):
    """Runs a test once for each kind of service."""
    def decorate(test):
        def run(self):
            for kind in kinds:
                with self.subTest(kind):
                    test(self, kind)
        run.__name__ = test.__name__
        return run
    return decorate


class BlockedPipe:
    """A named pipe that is full, and that nobody reads as long as `read` is not called."""

    def __init__(self, test):
        directory = tempfile.TemporaryDirectory(prefix="roost-pipe-")
        test.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "pipe")
        os.mkfifo(self.path)
        self._reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        test.addCleanup(os.close, self._reader)
        try:
            while True:
                os.write(writer, b"x" * 4095 + b"\n")
        except BlockingIOError:
            os.close(writer)

    def read(self):
        """What is in it but what filled it."""
        found = b""
        while True:
            try:
                piece = os.read(self._reader, 1 << 16)
            except BlockingIOError:
                break
            if not piece:
                break
            found += piece
        return found.replace(b"x" * 4095 + b"\n", b"").decode()


class LogTestCase(unittest.TestCase):
    def serve(self, kind, *flags, **options):
        return Service(self, kind, *flags, **options).wait_until_ready()

    def ask_to_fail(self, service, path="/fail"):
        """A request that an app fails, which is logged as an error."""
        answer = ask(service.connector, path)
        self.assertEqual(answer.status, 500)
        return answer.headers["x-request-id"]

    def file(self, name):
        directory = tempfile.TemporaryDirectory(prefix="roost-logs-")
        self.addCleanup(directory.cleanup)
        return os.path.join(directory.name, name)

    def lines(self, path):
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return file.read().splitlines()


class BlockedTests(LogTestCase):
    """Requests are answered, whatever becomes of what is to be logged about them."""

    @of(*LANGUAGES)
    def test_a_pipe_that_nobody_reads(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                pipe = BlockedPipe(self)
                service = self.serve(kind, "--workers=" + workers, wrapper=[*ERRORS_TO, pipe.path])
                for _ in range(40):
                    self.ask_to_fail(service)
                self.assertEqual(pipe.read(), "")

                def said():
                    self.ask_to_fail(service)
                    said.text += pipe.read()
                    return re.search(r"warning +\d+ lines were dropped: nobody reads there\n.* error +application failed", said.text)

                said.text = ""
                wait_for(said, lambda: said.text)
                service.stop()

    @of(*LANGUAGES)
    def test_full_disks(self, kind):
        for flags, wrapper in (
            (["--access-logfile=/dev/full"], [*ERRORS_TO, "/dev/full"]),
            (["--access-logfile=-"], [*OUTPUT_TO, "/dev/full"]),
            (["--access-logfile=-", "--error-logfile=/dev/full", "--log-format=json"], [*OUTPUT_TO, "/dev/full"]),
        ):
            with self.subTest(flags=flags):
                service = self.serve(kind, *flags, wrapper=wrapper)
                for _ in range(5):
                    self.ask_to_fail(service)
                    service.ask()
                # One of the apps prints at its shutdown, which fails by itself.
                if kind != ASYNCIO or wrapper[:-1] == ERRORS_TO:
                    service.stop()

    @of(*LANGUAGES)
    def test_standard_output_that_nobody_reads(self, kind):
        pipe = BlockedPipe(self)
        service = self.serve(kind, "--access-logfile=-", wrapper=[*OUTPUT_TO, pipe.path])
        for _ in range(20):
            service.ask()
        self.assertEqual(len(re.findall("the access log standard output takes no lines, which are dropped: nobody reads there", service.output())), 1)
        self.assertEqual(pipe.read(), "")
        service.ask("/?again")
        service.wait(lambda: "/?again" in pipe.read(), "the access log does not go on")
        service.wait_for_output("the access log standard output takes lines again; ")
        self.assertRegex(service.output(), r"takes lines again; \d+ lines were dropped: nobody reads there")


class FileTests(LogTestCase):
    @of(SWIFT, ASYNCIO)
    def test_files_are_opened_again_and_no_line_is_lost(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                access, errors = self.file("access.log"), self.file("errors.log")
                service = self.serve(kind, "--workers=" + workers, "--access-logfile=" + access, "--error-logfile=" + errors)
                with Load(service.connector) as load:
                    for number in range(3):
                        os.rename(access, "{}.{}".format(access, number))
                        os.rename(errors, "{}.{}".format(errors, number))
                        service.signal(signal.SIGUSR1)
                        service.wait(lambda: os.path.exists(access) and os.path.exists(errors), "there are no new files")
                        load.wait_for_more(100)
                failed = self.ask_to_fail(service)
                service.stop()
                written = [line for name in [access] + ["{}.{}".format(access, number) for number in range(3)] for line in self.lines(name)]
                # Those of the load, and the one that failed.
                self.assertGreaterEqual(len(written), load.answers + 1)
                self.assertTrue(all(re.fullmatch(r'- - - \[[^]]+\] "GET /\S* HTTP/1.1" \d+ \d+ .* [0-9a-f]{32}', line) for line in written))
                self.assertEqual(len({line.split()[-1] for line in written}), len(written))
                self.assertTrue(any(failed in line and " error " in line for line in self.lines(errors)), self.lines(errors))
                # Nothing of it comes anywhere else.
                self.assertNotRegex(service.output(), "info|notice|error")

    def test_a_reload_opens_the_error_log_again(self):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                errors = self.file("errors.log")
                service = self.serve(SWIFT, "--workers=" + workers, "--error-logfile=" + errors)
                os.rename(errors, errors + ".1")
                service.signal(signal.SIGHUP)
                service.wait(lambda: any("reloaded" in line or "running on" in line for line in self.lines(errors)), "nothing is written to the new file")

    @of(*LANGUAGES)
    def test_no_line_is_lost_at_the_end(self, kind):
        log = self.file("access.log")
        service = self.serve(kind, "--access-logfile=" + log)
        with Load(service.connector, clients=8) as load:
            load.wait_for_more(500)
        service.stop()
        self.assertGreaterEqual(len(self.lines(log)), load.answers)

    def test_why_it_does_not_start_is_in_the_file_as_well(self):
        errors = self.file("errors.log")
        service = Service(self, SWIFT, "--error-logfile=" + errors, "--log-format=json", binds=["unix:/nowhere/x.sock"])
        self.assertEqual(service.program.wait(), 5)
        for lines in (self.lines(errors), service.output().splitlines()):
            last = [line for line in lines if line.startswith("{")][-1]
            self.assertRegex(json.loads(last)["message"], "^.*: error: cannot listen on unix:/nowhere/x.sock")


class FormTests(LogTestCase):
    @of(*LANGUAGES)
    def test_json_of_all_processes(self, kind):
        for workers in ("1", "2"):
            with self.subTest(workers=workers):
                service = self.serve(kind, "--workers=" + workers, "--log-format=json", "--access-logfile=-", "--access-logformat=json")
                failed = self.ask_to_fail(service)
                service.stop()
                lines = service.output().splitlines()
                # What the app prints is its own.
                entries = [json.loads(line) for line in lines if line != "shutdown complete"]
                about = [entry for entry in entries if entry.get("request_id") == failed]
                access = [entry for entry in about if "level" not in entry]
                errors = [entry for entry in about if entry.get("level") == "error"]
                self.assertEqual((len(access), len(errors)), (1, 1), service.output())
                for entry in (access[0], errors[0]):
                    self.assertEqual((entry["client"], entry["method"], entry["path"], entry["status"], entry["bind"]),
                                     ("unix", "GET", "/fail", 500, "unix:" + service.socket))
                    self.assertGreaterEqual(entry["duration_us"], 0)
                    self.assertEqual("worker" in entry, workers == "2")
                self.assertRegex(errors[0]["message"], "^application failed: ")
                self.assertTrue(any(entry.get("message", "").startswith("running on ") for entry in entries))

    def test_colour_on_a_terminal_only(self):
        for variables, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            with self.subTest(variables):
                reader, terminal = pty.openpty()
                self.addCleanup(os.close, reader)
                service = self.serve(SWIFT, environment=variables, wrapper=[*ERRORS_TO, os.ttyname(terminal)])
                text = wait_for(lambda: os.read(reader, 4096), "nothing is written").decode()
                os.close(terminal)
                self.assertIn("running on ", text)
                self.assertEqual("\x1b[" in text, coloured)
                service.stop()

    def test_atoms(self):
        log = self.file("access.log")
        service = self.serve(WSGI, "--workers=2", "--access-logfile=" + log,
                             "--access-logformat=%(m)s %(U)s %(q)s %(s)s %(st)s %(B)s %(worker)s %(bind)s %({x-version}o)s %({X-Tag}i)s %({APP_FAMILY}e)s %(p)s")
        answer = ask(service.connector, "/a?b", headers={"X-Tag": "t \"1\""})
        service.wait(lambda: self.lines(log), "there is no line")
        family = service._mark.split("=")[1]
        self.assertRegex(self.lines(log)[0], r"^GET /a b 200 OK {} [12] unix:{} 1 t\\x20\\x221\\x22 {} <{}>$".format(
            len(answer.body), re.escape(service.socket), family, answer.headers["x-process"]))

    def test_a_format_that_is_none(self):
        service = Service(self, SWIFT, "--access-logformat=%(h)s %(zz)s")
        self.assertEqual(service.program.wait(), 2)
        self.assertIn('--access-logformat "%(h)s %(zz)s": column 7: there is no atom %(zz)s', service.output().replace("access-log-format", "access-logformat"))


if __name__ == "__main__":
    unittest.main()
