"""A headless Chromium, driven by the DevTools protocol over a pair of pipes."""

import base64
import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time

from requirements import require_programs

PROGRAM = "chromium-headless-shell"
PATIENCE = 60


class Browser:
    """A browser with one page. Everything that the page asks the network for, and every error that its console shows, is kept."""

    def __init__(self, test, size=(1200, 900)):
        require_programs(PROGRAM)
        profile = tempfile.TemporaryDirectory(prefix="roost-browser-")
        test.addCleanup(profile.cleanup)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        arguments = [
            PROGRAM, "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--user-data-dir=" + profile.name,
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size={},{}".format(*size), "about:blank",
        ]
        # It has these two numbers for the pipes built in.
        self._process = subprocess.Popen(
            ["bash", "-c", 'exec 3<&{} 4>&{}; exec "$@"'.format(theirs_in, theirs_out), "browser", *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(theirs_in, theirs_out), start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        test.addCleanup(self._end)
        self._received, self._number, self.requests, self.errors = b"", 0, [], []
        page = next(target for target in self._call("Target.getTargets")["targetInfos"] if target["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(domain + ".enable", session=self._session)

    def trust(self):
        """Has it take any certificate."""
        self._call("Security.setIgnoreCertificateErrors", session=self._session, ignore=True)

    def open(self, address):
        self._call("Page.navigate", session=self._session, url=address)

    def value(self, expression):
        """What an expression of JavaScript gives, as JSON."""
        found = self._call("Runtime.evaluate", session=self._session, expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    def wait_for(self, expression, otherwise):
        """The value of an expression as soon as it is true."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.value(expression)
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError("{}\n{}\n{}".format(otherwise, self.errors, self.value("document.documentElement.outerHTML")))
            time.sleep(0.05)

    def picture(self, path):
        """Writes the page as a PNG."""
        found = self._call("Page.captureScreenshot", session=self._session, format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(found["data"]))

    def _call(self, method, session=None, **parameters):
        self._number += 1
        message = dict(id=self._number, method=method, params=parameters, **({"sessionId": session} if session else {}))
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(method)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError("{}: {}".format(method, answer["error"]))
                return answer["result"]
            self._note(answer)

    def _next(self, method):
        while b"\0" not in self._received:
            if not select.select([self._in], [], [], PATIENCE)[0]:
                raise AssertionError("the browser does not answer " + method)
            piece = os.read(self._in, 1 << 16)
            if not piece:
                raise AssertionError("the browser has ended: {}".format(self._process.wait(PATIENCE)))
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(parameters["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.errors.append(parameters["args"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.errors.append(parameters["entry"])
        elif method == "Page.javascriptDialogOpening":
            self.errors.append(parameters)

    def _end(self):
        # Its children are in its session's group.
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._in)
        os.close(self._out)


class Relay:
    """A TCP port on loopback that leads to a Unix socket, as `ssh -L` makes one."""

    def __init__(self, test, path):
        self._path, self._listener = path, socket.create_server(("127.0.0.1", 0))
        self.address = "http://127.0.0.1:{}/".format(self._listener.getsockname()[1])
        test.addCleanup(self._listener.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._path)
            except OSError:
                client.close()
                server.close()
                continue
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pass(source, sink):
        try:
            while True:
                piece = source.recv(1 << 16)
                if not piece:
                    break
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
