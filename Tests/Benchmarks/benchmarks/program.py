"""From the command line to the tables."""

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from . import costs, idle, ready, rounds
from .certificate import Certificate
from .client_program import Handshakes, WebSocketEcho
from .curl import Curl
from .errors import BenchmarkError
from .h2load import H2load
from .loads import HELLO_LOAD, LOADS, HandshakeLoad, with_connections
from .machine import busy_share, describe
from .options import parse
from .prerequisites import check_machine, find_binaries, raise_file_limit, tool
from .progress import say
from .python_loads import PYTHON_LOADS, WebSocketLoad
from .python_servers import PYTHON_SERVERS
from .report import OURS, Results, markdown, plain
from .servers import ALL, Binaries
from .variants import FORWARDED, LOGS, METRICS, PROXY

# Starts of each server that the memory of idle connections is the median of.
IDLE_ROUNDS = 3
# Of all CPUs; above it the machine is not ours alone.
QUIET_SHARE = 0.05
# Of h2load, for the cost of forwarded fields, logs and metrics.
FORWARDED_CONNECTIONS = [64]


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        results = run(options)
    except BenchmarkError as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if OURS in options.servers:
        print(markdown(results), end="\n\n")
    print(plain(results))
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    return 0


def run(options: argparse.Namespace) -> Results:
    check_machine(options)
    h2load = tool("h2load", "nghttp2-client")
    binaries = find_binaries(options)
    raise_file_limit(options)
    with tempfile.TemporaryDirectory(prefix="roost-bench-") as folder:
        os.chmod(folder, 0o755)
        return measure(options, binaries, h2load, Path(folder))


def measure(options: argparse.Namespace, binaries: Binaries, h2load: str, folder: Path) -> Results:
    everywhere = os.sched_getaffinity(0)
    server_cpus = everywhere if options.unpinned else {options.server_cpu}
    load_cpus = everywhere if options.unpinned else {options.load_cpu}
    results = Results(describe(binaries, h2load), settings(options))
    servers = [server(binaries, folder, server_cpus) for server in ALL if server.name in options.servers]
    certificate = Certificate(folder)
    if binaries.openssl:
        certificate.make(binaries.openssl)
    # h2load is started by this program and inherits its CPU.
    os.sched_setaffinity(0, load_cpus)
    curl = Curl(binaries.curl or "", certificate)
    generator = H2load(h2load, folder, curl)
    handshakes = Handshakes(folder, curl)
    for load in LOADS:
        for connections in options.connections or load.connections if load.name in options.only else []:
            client = handshakes if isinstance(load, HandshakeLoad) else generator
            results.cells.append(rounds.measure(load, connections, servers, client, options.rounds, options.seconds))
    python_servers = [server(binaries, folder, server_cpus) for server in PYTHON_SERVERS if server.name in options.servers]
    echo = WebSocketEcho(folder)
    for load in PYTHON_LOADS:
        for connections in options.connections or load.connections if load.name in options.only else []:
            client = echo if isinstance(load, WebSocketLoad) else generator
            results.python.append(rounds.measure(load, connections, python_servers, client, options.rounds, options.seconds))
    for_hello = [server for server in servers if server.serves(HELLO_LOAD)]
    if "idle" in options.only:
        results.idle_connections = options.idle_connections
        results.idle = idle.measure(for_hello, options.idle_connections, min(IDLE_ROUNDS, options.rounds))
    if "ready" in options.only:
        results.ready = ready.measure(for_hello, options.starts, folder)
    if OURS in options.servers:
        results.costs = measure_costs(options, binaries, generator, folder, server_cpus)
    return results


def measure_costs(options: argparse.Namespace, binaries: Binaries, generator: H2load, folder: Path, cpus: set[int]) -> list[costs.Cost]:
    """Roost beside Roost."""
    drivers = []
    for comparison in (FORWARDED, LOGS, METRICS):
        for connections in options.connections or FORWARDED_CONNECTIONS if comparison.name in options.only else []:
            drivers.append((comparison, with_connections(comparison.title, connections), costs.Requests(generator, connections)))
    if PROXY.name in options.only:
        drivers.append((PROXY, f"{PROXY.title}, one request per connection", costs.Connections()))
    return [
        costs.measure(comparison, label, driver, binaries, folder, cpus, options.rounds, options.seconds) for comparison, label, driver in drivers
    ]


def settings(options: argparse.Namespace) -> str:
    where = "on any CPU" if options.unpinned else f"servers on CPU {options.server_cpu}, load on CPU {options.load_cpu}"
    text = (
        f"Unix sockets, keep-alive, one event loop each, {where}; medians of {options.rounds} interleaved rounds "
        f"of {options.seconds:g} s after a warm-up, ratios within a round"
    )
    notes = ["a smoke run, not to be quoted"] if options.quick else []
    if (busy := busy_share()) > QUIET_SHARE:
        notes.append(f"other programs used {busy:.0%} of the CPUs when it began")
        say(f"warning: {notes[-1]}: figures taken beside them are worth little")
    return "; ".join([text, *notes]) + "."
