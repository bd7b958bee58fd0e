"""Measures the variants of a comparison in turn, round after round."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from . import journal
from .client import check, connect
from .errors import BenchmarkError
from .h2load import H2load
from .progress import say
from .servers import Binaries, ConfiguredRoost
from .variants import Comparison, Variant

# How much of a measured run's length the one before it has, which is thrown away.
WARM_UP_SHARE = 8
# A file system in memory, so that an access log's cost is the server's and not a disk's.
MEMORY = Path("/dev/shm")


@dataclass
class Cost:
    """Nanoseconds of the server's CPU per request or connection, by variant, one for each round."""

    comparison: Comparison
    label: str
    samples: dict[str, list[float]]

    def as_json(self) -> dict:
        return {
            "scenario": self.comparison.name,
            "label": self.label,
            "unit": f"CPU nanoseconds per {self.comparison.unit}",
            "variants": {
                variant.name: {"title": variant.title, "beside": variant.beside, "most": variant.most, "samples": self.samples[variant.name]}
                for variant in self.comparison.variants
            },
        }


class Requests:
    """h2load on connections that are kept."""

    def __init__(self, generator: H2load, connections: int):
        self.generator = generator
        self.connections = connections
        self.least = connections * 10

    def check(self, variant: Variant, socket: str) -> None:
        check(variant.title, socket, variant.load)

    def run(self, variant: Variant, socket: str, count: int) -> float:
        """Seconds that so many requests took."""
        return count / self.generator.run(variant.title, socket, variant.load, self.connections, count).requests_per_second


class Connections:
    """One connection after the other with one request each; slow, but what is measured is the server."""

    least = 100

    def check(self, variant: Variant, socket: str) -> None:
        self.run(variant, socket, 2)

    def run(self, variant: Variant, socket: str, count: int) -> float:
        """Seconds that so many connections took."""
        message = variant.preamble + variant.load.request()
        begin = time.monotonic()
        try:
            for _ in range(count):
                check_only_answer(variant, exchange(socket, message))
        except OSError as error:
            raise BenchmarkError(f"{variant.title} does not answer a connection on {socket}: {error}") from error
        return time.monotonic() - begin


def exchange(socket: str, message: bytes) -> bytes:
    """All that the server sends until it closes."""
    received = bytearray()
    with connect(socket) as connection:
        connection.sendall(message)
        while piece := connection.recv(1 << 16):
            received += piece
    return bytes(received)


def check_only_answer(variant: Variant, received: bytes) -> None:
    if not (received.startswith(b"HTTP/1.1 200 ") and received.endswith(b"\r\n\r\n" + variant.load.answer)):
        raise BenchmarkError(f"{variant.title} answers {variant.load.path} with {received[:200]!r} instead of 200 and {variant.load.answer[:40]!r}")


def measure(
    comparison: Comparison, label: str, driver: Requests | Connections, binaries: Binaries, folder: Path, cpus: set[int], rounds: int, seconds: float
) -> Cost:
    """Every round starts every variant anew: how one process happens to lie in memory is not taken for a cost of its flags."""
    if not journal.can_run() and any(variant.journal for variant in comparison.variants):
        say(f"{label}: without the journal, which needs root and {journal.JOURNALD}")
        comparison = replace(comparison, variants=tuple(variant for variant in comparison.variants if not variant.journal))
    cost = Cost(comparison, label, {variant.name: [] for variant in comparison.variants})
    with access_log() as log, ExitStack() as stack:
        wrapper = stack.enter_context(journal.running()) if any(variant.journal for variant in comparison.variants) else []
        servers = {variant.name: server(variant, binaries, folder, cpus, log, wrapper) for variant in comparison.variants}
        say(f"{label}: finding the pace")
        count = find_count(comparison.variants[0], servers, driver, seconds)
        for number in range(rounds):
            say(f"{label}: round {number + 1} of {rounds}")
            for variant in comparison.variants if number % 2 == 0 else reversed(comparison.variants):
                cost.samples[variant.name].append(one_start(variant, servers[variant.name], driver, count, log))
    return cost


def server(variant: Variant, binaries: Binaries, folder: Path, cpus: set[int], log: Path, wrapper: list[str]) -> ConfiguredRoost:
    place = str(log) if variant.access_log else "journal" if variant.journal else None
    flags = [*variant.flags, *(["--access-logfile", place] if place else [])]
    if variant.admin_socket:
        flags += ["--admin-socket", str(folder / f"{variant.name}.admin.sock")]
    return ConfiguredRoost(binaries, folder, cpus, variant.name, flags, wrapper if variant.journal else [])


def find_count(variant: Variant, servers: dict[str, ConfiguredRoost], driver: Requests | Connections, seconds: float) -> int:
    """How many fill the time, found in two steps; all variants are given as many."""
    process = servers[variant.name].start(variant.load)
    try:
        driver.check(variant, servers[variant.name].socket)
        count = max(driver.least, 1000)
        for length in (seconds / 2, seconds):
            count = max(driver.least, round(count / driver.run(variant, servers[variant.name].socket, count) * length))
        return count
    finally:
        process.stop()


def one_start(variant: Variant, roost: ConfiguredRoost, driver: Requests | Connections, count: int, log: Path) -> float:
    log.unlink(missing_ok=True)
    process = roost.start(variant.load)
    try:
        driver.check(variant, roost.socket)
        driver.run(variant, roost.socket, max(driver.least, count // WARM_UP_SHARE))
        before = process.cpu_nanoseconds()
        driver.run(variant, roost.socket, count)
        nanoseconds = process.cpu_nanoseconds() - before
    finally:
        process.stop()
    if variant.access_log:
        check_log(variant, log, count)
    return nanoseconds / count


@contextmanager
def access_log() -> Iterator[Path]:
    if not MEMORY.is_dir():
        raise BenchmarkError(f"{MEMORY} is missing, where an access log is written in memory: mount a tmpfs there")
    with tempfile.TemporaryDirectory(prefix="roost-bench-", dir=MEMORY) as folder:
        yield Path(folder, "access.log")


def check_log(variant: Variant, log: Path, count: int) -> None:
    """A server that had dropped lines would look thrifty."""
    try:
        with log.open("rb") as lines:
            written = sum(1 for _ in lines)
    except OSError as error:
        raise BenchmarkError(f"{variant.title}: {log} can't be read: {error}") from error
    if written < count:
        raise BenchmarkError(f"{variant.title}: {log} has {written} lines after more than {count} requests")
