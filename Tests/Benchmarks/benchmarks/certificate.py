"""A certificate that its own key has signed, for the servers that speak TLS."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchmarkError

DAYS = "60"


@dataclass(frozen=True)
class Certificate:
    """ECDSA on P-256, for localhost; there is none until it is made."""

    folder: Path

    @property
    def chain(self) -> str:
        return str(self.folder / "certificate.pem")

    @property
    def key(self) -> str:
        return str(self.folder / "key.pem")

    def make(self, openssl: str) -> None:
        command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", self.key, "-out", self.chain]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchmarkError(f"openssl makes no certificate, status {done.returncode}: {done.stderr.strip()[-500:]}")
