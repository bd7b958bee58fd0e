"""Completion in the real shells, each at a terminal of its own: what a tab makes of what was typed."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from requirements import binary, missing

PATIENCE = 30
# What a line begins with that the shell is told to print; its own echo of the command has quotation marks in it.
MARK = "re''ady"


class Shell:
    """A shell at a terminal, in which one program completes its command line."""

    def __init__(self, test, arguments, directory, setup, **variables):
        self._text = ""
        environment = dict(PATH=directory + "/bin:/usr/bin:/bin", HOME=directory, LANG="C.UTF-8", **variables)
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(directory + "/work")
            os.execvpe(arguments[0], arguments, environment)
        test.addCleanup(self._end)
        self.type(setup + "; echo " + MARK + "\r")
        self.expect("[\r\n]ready")

    def type(self, text):
        os.write(self._terminal, text.encode())

    def expect(self, pattern):
        """Waits until the pattern has come since the last time, without control sequences."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self._plain()):
            if time.monotonic() > deadline:
                raise AssertionError("no {!r} in {!r}".format(pattern, self._plain()))
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    self._text += os.read(self._terminal, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError("the shell has ended: {!r}".format(self._plain()))
        self._text = ""

    def _plain(self):
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][B0]?|[\x07\x0f]", "", self._text)
        return text.replace("\r\n", "\n")

    def _end(self):
        os.close(self._terminal)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


class CompletionTests(unittest.TestCase):
    # What is typed before a tab, and what the last word becomes.
    CASES = (
        ("roost chec", "check"),
        ("roost serve --log-level w", "warning"),
        ("roost serve -k uv", "uvloop"),
        ("roost serve --lifespan of", "off"),
        ("roost serve --workers a", "auto"),
        ("roost serve --socket-g", "--socket-group"),
        ("roost check --runn", "--running"),
        ("roost serve --config al", "alpha.toml"),
        ("roost serve --venv fol", "folder"),
        ("roost serve --user daem", "daemon"),
        ("roost serve --socket-group www-d", "www-data"),
        ("roost serve bui", "builtin:"),
        ("roost serve builtin:ech", "builtin:echo"),
        ("hello-app --header-map r", "refuse"),
        ("hello-app --check", "--check-config"),
    )

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-completion-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        for name in ("bin", "work", "work/folder", "scripts"):
            os.mkdir(self.path(name))
        os.symlink(binary("ROOST_BIN"), self.path("bin/roost"))
        os.symlink(binary("INTEGRATION_APP_BIN"), self.path("bin/hello-app"))
        for name in ("alpha.toml", "beta.toml"):
            open(self.path("work/" + name), "w").close()

    def path(self, name):
        return os.path.join(self.directory, name)

    def script(self, program, shell, name):
        done = subprocess.run([self.path("bin/" + program), "--generate-completion-script", shell], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(self.path("scripts/" + name), "w") as file:
            file.write(done.stdout)
        return self.path("scripts/" + name)

    def check(self, shell):
        for typed, word in self.CASES:
            with self.subTest(typed):
                before = typed.rpartition(" ")[0]
                shell.type(typed + "\t")
                # The line, made an argument, says what it has become.
                shell.type("\x01echo \"<\" \x05 \">\"\r")
                shell.expect(r"< {} {} ?\S* >".format(re.escape(before), re.escape(word)))

    def require(self, name):
        if shutil.which(name) is None:
            missing(name)

    def test_bash(self):
        self.require("bash")
        scripts = [self.script(program, "bash", program) for program in ("roost", "hello-app")]
        self.check(Shell(self, ["bash", "--norc", "-i"], self.directory, "PS1='$ '; source {}; source {}".format(*scripts), TERM="dumb"))

    def test_zsh(self):
        self.require("zsh")
        for program in ("roost", "hello-app"):
            self.script(program, "zsh", "_" + program)
        setup = "PS1='$ '; fpath=({} $fpath); autoload -Uz compinit; compinit -u -D".format(self.path("scripts"))
        self.check(Shell(self, ["zsh", "-f", "-i"], self.directory, setup, TERM="dumb"))

    def test_fish(self):
        self.require("fish")
        scripts = [self.script(program, "fish", program + ".fish") for program in ("roost", "hello-app")]
        self.check(Shell(self, ["fish", "-N", "-i"], self.directory, "source {}; source {}".format(*scripts), TERM="xterm"))

    def test_a_shell_that_is_not_known_is_refused(self):
        done = subprocess.run([binary("ROOST_BIN"), "--generate-completion-script", "tcsh"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"bash", done.stderr)


if __name__ == "__main__":
    unittest.main()
