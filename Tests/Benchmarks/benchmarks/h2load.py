"""One run of h2load and what it says."""

import re
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .client import check
from .curl import Curl
from .errors import BenchmarkError
from .loads import Load


@dataclass
class LoadResult:
    requests_per_second: float
    # Of one CPU: 1.0 is a generator that could not do more.
    generator_busy: float


class H2load:
    def __init__(self, binary: str, folder: Path, curl: Curl):
        self.binary = binary
        self.curl = curl
        self.log = folder / "latencies"
        self.upload = folder / "upload"

    def run(self, server: str, socket: str, load: Load, connections: int, requests: int, *, log: bool = False) -> LoadResult:
        """Fails unless every single request was answered with 2xx and a body of the right length."""
        command = [self.binary, *([] if load.http2 else ["--h1"]), "-t1", "-n", str(requests), "-c", str(connections), "-m", str(load.in_flight)]
        if load.upload is not None:
            self.upload.write_bytes(load.upload)
            command += ["-d", str(self.upload)]
        for name, value in load.fields:
            command += ["-H", f"{name}: {value}"]
        if log:
            self.log.unlink(missing_ok=True)
            command += ["--log-file", str(self.log)]
        command += ["-B", f"unix:{socket}", load.url]

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            # Every pace is given its time, and a server that hangs does not hang us.
            done = subprocess.run(command, capture_output=True, text=True, timeout=60 + requests / 500)
        except subprocess.TimeoutExpired as error:
            raise BenchmarkError(f"{server} did not answer {requests} requests for {load.path} in {error.timeout:.0f} s") from error
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            raise BenchmarkError(f"h2load failed with status {done.returncode} on {server}: {done.stderr.strip() or done.stdout.strip()}")
        seconds = check_summary(done.stdout, server, load, requests)
        busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
        return LoadResult(requests / seconds, busy)

    def check(self, server: str, socket: str, load: Load) -> None:
        (self.curl.check if load.http2 or load.tls else check)(server, socket, load)

    def latencies(self) -> list[int]:
        """Microseconds to the end of each response of the last logged run, sorted."""
        with self.log.open() as lines:
            found = sorted(int(line.split("\t")[2]) for line in lines)
        self.log.unlink()
        return found


def check_summary(text: str, server: str, load: Load, requests: int) -> float:
    """Seconds that the run took."""
    time = re.search(r"finished in ([\d.]+)(us|ms|s|m|h)\b", text)
    counts = re.search(r"requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
    statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    data = re.search(r"headers .*?, \S+ \((\d+)\) data", text)
    if not (time and counts and statuses and data):
        raise BenchmarkError(f"h2load's summary is not understood: {text.strip()!r}")
    total, done, succeeded, failed, errored, timed_out = map(int, counts.groups())
    in_hundreds = [int(count) for count in statuses.groups()]
    # An answer without a reason phrase, such as each of Hypercorn's, counts as failed and its status is not seen; its body is.
    if not any(in_hundreds):
        in_hundreds[0], succeeded, failed = done, failed, 0
    if not total == done == succeeded == in_hundreds[0] == requests or failed or errored or timed_out:
        raise BenchmarkError(f"{server} failed requests for {load.path}: {counts.group(0)}; {statuses.group(0)}; expected {requests}")
    if int(data.group(1)) != requests * len(load.answer):
        raise BenchmarkError(f"{server} sent {data.group(1)} body bytes for {requests} requests of {load.path}, expected {requests * len(load.answer)}")
    return float(time.group(1)) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}[time.group(2)]
