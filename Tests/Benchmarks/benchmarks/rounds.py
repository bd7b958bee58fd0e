"""Loads every server in turn, round after round."""

from dataclasses import dataclass, asdict

from .client_program import ClientProgram
from .errors import BenchmarkError
from .h2load import H2load
from .loads import Load
from .processes import Process
from .progress import say
from .servers import Server

Generator = H2load | ClientProgram

# How much of a measured run's length the run for latencies has.
LATENCY_SHARE = 4


@dataclass
class Sample:
    """One server in one round; times in nanoseconds, latencies in microseconds."""

    rate: float
    cpu: float
    cpu_ticks: float
    p50: float
    p99: float
    generator_busy: float


@dataclass
class Cell:
    """One load at one number of connections; samples by server name, one for each round."""

    load: Load
    connections: int
    samples: dict[str, list[Sample]]

    @property
    def label(self) -> str:
        return self.load.label(self.connections)

    def as_json(self) -> dict:
        return {
            "scenario": self.load.name,
            "label": self.label,
            "connections": self.connections,
            "samples": {name: [asdict(sample) for sample in samples] for name, samples in self.samples.items()},
        }


def measure(load: Load, connections: int, servers: list[Server], generator: Generator, rounds: int, seconds: float) -> Cell:
    servers = [server for server in servers if server.serves(load)]
    processes: dict[str, Process] = {}
    cell = Cell(load, connections, {server.name: [] for server in servers})
    try:
        for server in servers:
            processes[server.name] = server.start(load)
            generator.check(server.name, server.socket, load)
        say(f"{cell.label}: warm-up")
        counts = {server.name: warm_up(server, load, connections, generator, seconds) for server in servers}
        for number in range(rounds):
            say(f"{cell.label}: round {number + 1} of {rounds}")
            for server in servers if number % 2 == 0 else reversed(servers):
                sample = one_run(server, processes[server.name], load, connections, generator, counts[server.name])
                cell.samples[server.name].append(sample)
    finally:
        for process in processes.values():
            process.stop()
    return cell


def warm_up(server: Server, load: Load, connections: int, generator: Generator, seconds: float) -> int:
    """A run that is thrown away; how many requests fill the time, found in two steps."""
    least = connections * load.in_flight * 10
    requests = max(least, 1000)
    for length in (seconds / 2, seconds):
        rate = generator.run(server.name, server.socket, load, connections, requests).requests_per_second
        requests = max(least, round(rate * length))
    generator.run(server.name, server.socket, load, connections, requests)
    return requests


def one_run(server: Server, process: Process, load: Load, connections: int, generator: Generator, requests: int) -> Sample:
    tree = process.tree()
    nanoseconds, ticks = process.cpu_nanoseconds(), process.cpu_tick_nanoseconds()
    result = generator.run(server.name, server.socket, load, connections, requests)
    nanoseconds, ticks = process.cpu_nanoseconds() - nanoseconds, process.cpu_tick_nanoseconds() - ticks
    if process.tree() != tree:
        raise BenchmarkError(f"{server.name} ended or started processes while it was measured: {process.last_words()}")

    logged = max(connections * load.in_flight * 10, requests // LATENCY_SHARE)
    generator.run(server.name, server.socket, load, connections, logged, log=True)
    latencies = generator.latencies()
    return Sample(
        rate=result.requests_per_second,
        cpu=nanoseconds / requests,
        cpu_ticks=ticks / requests,
        p50=latencies[len(latencies) // 2],
        p99=latencies[len(latencies) * 99 // 100],
        generator_busy=result.generator_busy,
    )
