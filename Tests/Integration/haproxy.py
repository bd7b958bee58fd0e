"""An HAProxy of the test's own: its own directory, free ports on loopback."""

import socket
import subprocess

from clients import tcp
from requirements import deploy, require_programs
from shipped import Proxy, replace

# The ways in the shipped file: the line with which the clients' side begins, and the app's address.
WAYS = {
    "tls": (r"^    bind :443 ", r" unix@/hello\.sock "),
    "tls_tcp": (r"^    bind :8443 ", r" 127\.0\.0\.1:8000 "),
    "plain": (r"^    bind :80$", r" unix@/hello-v1\.sock "),
    "http": (r"^    bind :8080$", r" unix@/hello-http\.sock$"),
}


class Haproxy(Proxy):
    """The shipped configuration, moved to other ports, other certificates and other apps' addresses."""

    def __init__(self, test, authority, server_certificate, apps, is_checking=True):
        """`apps` has the address of the app for each way that the test goes; behind the others nobody is there."""
        require_programs("haproxy")
        super().__init__(test)
        # All at once, so that none is given twice.
        self.ports = dict(zip(WAYS, _free_ports(len(WAYS))))
        with open(deploy("haproxy", "hello.cfg")) as file:
            text = file.read()
        text = replace(r"/etc/haproxy/hello\.example\.pem", server_certificate, text, times=2)
        text = replace(r"/etc/haproxy/clients\.pem", authority.certificate, text, times=2)
        # Who may change users and roots is root only, and root's directories are not for other users.
        for line in ("user haproxy", "group www-data", "chroot /run/roost"):
            text = replace("^    {}$".format(line), "", text)
        for way, (bind, server) in WAYS.items():
            text = replace(bind, "    bind 127.0.0.1:{} ".format(self.ports[way]), text)
            app = apps.get(way, self.path("nobody.sock"))
            text = replace(server, " {} ".format("unix@" + app if app.startswith("/") else app), text)
        if not is_checking:
            text = replace(r"^    default-server check ", "    default-server ", text)
        self.write("haproxy.cfg", text)
        self.start(["haproxy", "-db", "-f", self.path("haproxy.cfg")], *self.ports.values())

    def connector(self, way):
        return tcp("127.0.0.1", self.ports[way])

    def verdict(self):
        """What HAProxy itself thinks of the configuration; warnings are errors."""
        done = subprocess.run(["haproxy", "-c", "-dW", "-f", self.path("haproxy.cfg")], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        return done.stdout.strip()


def _free_ports(count):
    """So many loopback ports that nobody has just now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
