"""An nginx of the test's own: its own prefix, its own configuration, a free port on loopback."""

import os
import re
import subprocess

from clients import tcp
from processes import free_port
from requirements import deploy, missing, require_programs
from shipped import Proxy, replace

# nginx as root gives its workers to another user, who may not use a socket of root's; here they stay who we are.
CONFIGURATION = """
{modules}
{user}
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 2;
events {{ worker_connections 512; }}
{sites}
"""

HTTP = """http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include site.conf;
}"""


class Nginx(Proxy):
    """The shipped site, moved to another port and another app's socket."""

    shipped = "hello.conf"
    app = r"unix:/run/roost/hello\.sock;"
    sites = HTTP

    def __init__(self, test, app, edits=()):
        """`app` is a Unix socket's path, or host and port as nginx writes them; `edits` are further replacements in the shipped file."""
        require_programs("nginx")
        super().__init__(test)
        self.port = free_port()
        self.connector = tcp("127.0.0.1", self.port)
        with open(deploy("nginx", self.shipped)) as file:
            site = file.read()
        site = replace(r"^ +listen 80;", "listen 127.0.0.1:{};".format(self.port), site)
        site = replace(r"^ +listen \[::\]:80;", "", site)
        site = replace(self.app, "{};".format("unix:" + app if app.startswith("/") else app), site)
        for pattern, replacement in edits:
            site = replace(pattern, replacement, site)
        self.write("site.conf", site)
        user = "user root;" if os.geteuid() == 0 else ""
        self.write("nginx.conf", CONFIGURATION.format(user=user, modules=self.modules(), sites=self.sites))
        self.start(["nginx", "-p", self.directory, "-c", "nginx.conf", "-e", "stderr"], self.port)

    def modules(self):
        return ""


class NginxStream(Nginx):
    """The shipped configuration that passes TCP on, moved to another port and another app's socket."""

    shipped = "hello-stream.conf"
    sites = "include site.conf;"

    def modules(self):
        """The line that loads stream, where it is not a part of nginx itself."""
        built = subprocess.run(["nginx", "-V"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True).stdout
        if re.search(r"--with-stream(\s|$)", built):
            return ""
        folder = re.search(r"--modules-path=(\S+)", built)
        module = os.path.join(folder.group(1) if folder else "", "ngx_stream_module.so")
        if not os.path.exists(module):
            missing("nginx's stream module (Debian's package libnginx-mod-stream)")
        return "load_module {};".format(module)
