"""One run of the WebSocket client and what it says; in the place of h2load."""

import resource
import subprocess
import sys
from pathlib import Path

from .errors import BenchmarkError
from .h2load import LoadResult
from .loads import Load

CLIENT = Path(__file__).with_name("websocket_client.py")


class WebSocketEcho:
    """A message is what a request is elsewhere; all but the messages, the handshakes too, is a part of the CPU that is counted."""

    def __init__(self, folder: Path):
        self.log = folder / "latencies"

    def run(self, server: str, socket: str, load: Load, connections: int, requests: int, *, log: bool = False) -> LoadResult:
        """Fails unless every single message came back as it was."""
        command = [sys.executable, "-B", "-I", str(CLIENT), socket, load.path, str(connections), str(requests), str(len(load.answer))]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(command + [str(self.log)] * log, capture_output=True, text=True, timeout=60 + requests / 500)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"{server} did not send {requests} messages back in {error.timeout:.0f} s") from error
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise BenchmarkError(f"{server} does not echo {load.path}: {done.stderr.strip()[-2000:]}")
        seconds = float(done.stdout)
        busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
        return LoadResult(requests / seconds, busy)

    def latencies(self) -> list[int]:
        """Microseconds until each message of the last logged run was back, sorted."""
        found = [int(line) for line in self.log.read_text().splitlines()]
        self.log.unlink()
        return found

    def check(self, server: str, socket: str, load: Load) -> None:
        self.run(server, socket, load, 1, 2)
