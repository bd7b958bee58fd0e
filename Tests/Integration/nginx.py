"""An nginx of the test's own: its own prefix, its own configuration, a free port on loopback."""

import os
import re
import subprocess
import tempfile

from clients import tcp
from processes import free_port, wait_until_connectable
from requirements import deploy, require_programs

# nginx as root gives its workers to another user, who may not use a socket of root's; here they stay who we are.
CONFIGURATION = """
{user}
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 2;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include site.conf;
}}
"""


class Nginx:
    """The shipped site, moved to another port and another app's socket and otherwise as it is."""

    def __init__(self, test, app_socket):
        require_programs("nginx")
        prefix = tempfile.TemporaryDirectory(prefix="roost-nginx-")
        test.addCleanup(prefix.cleanup)
        self.port = free_port()
        self.connector = tcp("127.0.0.1", self.port)
        with open(deploy("nginx", "hello.conf")) as file:
            site = file.read()
        site = _replace(r"listen 80;", "listen 127.0.0.1:{};".format(self.port), site)
        site = _replace(r"listen \[::\]:80;", "", site)
        site = _replace(r"unix:/run/roost/hello\.sock;", "unix:{};".format(app_socket), site)
        self._write(prefix.name, "site.conf", site)
        self._write(prefix.name, "nginx.conf", CONFIGURATION.format(user="user root;" if os.geteuid() == 0 else ""))
        with open(os.path.join(prefix.name, "errors"), "wb") as errors:
            self._process = subprocess.Popen(["nginx", "-p", prefix.name, "-c", "nginx.conf", "-e", "stderr"],
                                             stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)
        test.addCleanup(self._end)
        try:
            wait_until_connectable(self.connector)
        except OSError:
            with open(os.path.join(prefix.name, "errors")) as errors:
                raise AssertionError("nginx does not listen:\n" + errors.read())

    @staticmethod
    def _write(prefix, name, text):
        with open(os.path.join(prefix, name), "w") as file:
            file.write(text)

    def _end(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _replace(pattern, replacement, text):
    text, count = re.subn(pattern, lambda _: replacement, text)
    if count != 1:
        raise AssertionError("{!r} stands {} times in the shipped site, expected once".format(pattern, count))
    return text
