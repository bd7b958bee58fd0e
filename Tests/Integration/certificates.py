"""Certificates for a test: an authority, and what it has signed. They are valid for a day."""

import os
import ssl
import subprocess
import tempfile

from requirements import require_programs

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
AUTHORITY = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")


class Authority:
    """One authority with its certificate, `certificate`. The directory is removed by `remove()`.

    One that another has certified, `above`, puts its own certificate behind those that it signs."""

    def __init__(self, name="Test Authority", above=None):
        require_programs("openssl")
        self._directory = tempfile.TemporaryDirectory(prefix="roost-certificates-")
        self.certificate, self._key = self._path("authority.pem"), self._path("authority.key")
        self._above = above
        if above:
            return above._sign(name, self._key, self.certificate, "".join(extension + "\n" for extension in AUTHORITY), 1)
        extensions = [argument for extension in AUTHORITY for argument in ("-addext", extension)]
        _openssl("req", "-x509", *NEW_KEY, "-days", "1", "-utf8", "-subj", "/CN=" + name, "-keyout", self._key, "-out", self.certificate,
                 *extensions)

    def sign(self, name, host=None, file=None, days=1):
        """Makes a certificate with this common name, for a server of these host names (one, or several with commas) or for a client; gives a file with
        it and its key. The file is called like this, else after what it is for; days below zero have passed."""
        file = file or ("client" if host is None else "server")
        key, both = self._path(file + ".key"), self._path(file + ".pem")
        self._sign(name, key, both, "extendedKeyUsage=clientAuth\n" if host is None else
                   "extendedKeyUsage=serverAuth\nsubjectAltName={}\n".format(",".join("DNS:" + one for one in host.split(","))), days)
        with open(both, "a") as target:
            for path in [key] + ([self.certificate] if self._above else []):
                with open(path) as source:
                    target.write(source.read())
        os.chmod(both, 0o600)
        return both

    def _sign(self, name, key, certificate, extensions, days):
        request, file = certificate + ".csr", certificate + ".extensions"
        with open(file, "w") as text:
            text.write(extensions)
        _openssl("req", *NEW_KEY, "-utf8", "-subj", "/CN=" + name, "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", str(days),
                 "-extfile", file, "-out", certificate)

    def client_context(self, certificate=None, alpn=()):
        """What a client needs to trust servers of this authority, and to show the certificate in this file."""
        context = ssl.create_default_context(cafile=self.certificate)
        if certificate:
            context.load_cert_chain(certificate)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def remove(self):
        self._directory.cleanup()

    def _path(self, name):
        return os.path.join(self._directory.name, name)


def _openssl(*arguments):
    done = subprocess.run(("openssl",) + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True)
    if done.returncode != 0:
        raise AssertionError("openssl {} ended with {}:\n{}".format(arguments[0], done.returncode, done.stdout))
