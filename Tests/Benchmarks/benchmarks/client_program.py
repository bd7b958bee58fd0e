"""One run of a client that is a program of our own, and what it says; in the place of h2load."""

import resource
import subprocess
import sys
from pathlib import Path

from .curl import Curl
from .errors import BenchmarkError
from .h2load import LoadResult
from .loads import Load


class ClientProgram:
    """The program writes the seconds that all took, and into a file the microseconds of each, sorted."""

    script = ""

    def __init__(self, folder: Path):
        self.log = folder / "latencies"

    def answer(self, load: Load) -> str:
        """How the program is told what must come back."""
        raise NotImplementedError

    def run(self, server: str, socket: str, load: Load, connections: int, requests: int, *, log: bool = False) -> LoadResult:
        """Fails unless every single answer was right."""
        program = str(Path(__file__).with_name(self.script))
        command = [sys.executable, "-B", "-I", program, socket, load.path, str(connections), str(requests), self.answer(load)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(command + [str(self.log)] * log, capture_output=True, text=True, timeout=60 + requests / 500)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"{server} did not serve {load.title} {requests} times in {error.timeout:.0f} s") from error
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise BenchmarkError(f"{server} does not serve {load.title}: {done.stderr.strip()[-2000:]}")
        seconds = float(done.stdout)
        busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
        return LoadResult(requests / seconds, busy)

    def latencies(self) -> list[int]:
        """Microseconds that each took in the last logged run, sorted."""
        found = [int(line) for line in self.log.read_text().splitlines()]
        self.log.unlink()
        return found

    def check(self, server: str, socket: str, load: Load) -> None:
        self.run(server, socket, load, 1, 2)


class WebSocketEcho(ClientProgram):
    """A message is what a request is elsewhere; all but the messages, the handshakes too, is a part of the CPU that is counted."""

    script = "websocket_client.py"

    def answer(self, load: Load) -> str:
        """Its length."""
        return str(len(load.answer))


class Handshakes(ClientProgram):
    """A connection with one request is what a request is elsewhere."""

    script = "handshake_client.py"

    def __init__(self, folder: Path, curl: Curl):
        super().__init__(folder)
        self.curl = curl

    def check(self, server: str, socket: str, load: Load) -> None:
        """The client does not look at the certificate."""
        self.curl.check(server, socket, load)
        super().check(server, socket, load)

    def answer(self, load: Load) -> str:
        return load.answer.decode()
