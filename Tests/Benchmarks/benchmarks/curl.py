"""Checks answers over HTTP/2 and TLS, as which they are loaded."""

import subprocess

from .certificate import Certificate
from .client import check_answer
from .errors import BenchmarkError
from .loads import Load

ANSWER_SECONDS = "10"


class Curl:
    def __init__(self, binary: str, certificate: Certificate):
        self.binary = binary
        self.certificate = certificate

    def check(self, server: str, socket: str, load: Load) -> None:
        """Fails unless the server answers `load` with the right bytes, in the right protocol and with the right certificate."""
        # None of a user's own settings.
        command = [self.binary, "--disable", "--silent", "--show-error", "--max-time", ANSWER_SECONDS, "--noproxy", "*", "--unix-socket", socket]
        command += ["--http2-prior-knowledge" if load.http2 else "--http1.1"]
        if load.tls:
            command += ["--cacert", self.certificate.chain, "--tlsv1.3"]
        for name, value in load.fields:
            command += ["--header", f"{name}: {value}"]
        command += ["--write-out", "%{stderr}%{http_version} %{http_code}", load.url]
        done = subprocess.run(command, capture_output=True)
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode != 0:
            raise BenchmarkError(f"{server} does not answer {load.url} on {socket}: {said}")
        version, status = said.split()[-2:]
        if version != ("2" if load.http2 else "1.1"):
            raise BenchmarkError(f"{server} answers {load.url} in HTTP/{version}")
        check_answer(server, load, int(status), done.stdout)
