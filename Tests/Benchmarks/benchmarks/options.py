"""The command line."""

import argparse
import os
from pathlib import Path

from .loads import LOAD_SCENARIOS
from .python_loads import PYTHON_SCENARIOS
from .python_servers import PYTHON_PEERS
from .servers import ALL
from .variants import COMPARISONS

SCENARIOS = LOAD_SCENARIOS + ["idle", "ready"] + [comparison.name for comparison in COMPARISONS] + PYTHON_SCENARIOS
SERVERS = [server.name for server in ALL] + PYTHON_PEERS
# Short for all scenarios with Python apps.
PYTHON = "python"
# All servers of Python apps run in one interpreter.
DEBIAN_PYTHON = Path("/usr/bin/python3")

DESCRIPTION = """\
Measures Roost beside Hummingbird and nginx, and beside other servers of Python apps, on Unix sockets, with one
event loop each.

Servers stand on one CPU and the load generator (h2load, or a client of our own) on another. Every load runs once to
warm up, which is thrown away, and then in rounds: each round loads every server in turn, and every other round does so
in reverse order. A ratio is taken within a round; what is printed is the median over the rounds.

scenarios:
  hello          GET /, 11 bytes; 1, 16, 64 and 256 connections (Roost: roost serve builtin:hello)
  64k            GET /64k, 64 KiB from memory; 64 connections; nginx from a file by sendfile as well
  echo           POST /echo of 10 KiB, answered with the same bytes; 64 connections; not nginx
  pipelining     GET / with 16 requests in flight on each of 16 connections
  static         GET of a file of 64 KiB below a directory; 64 connections; nginx and Roost (static:DIR), both by sendfile
  http2-hello    hello over HTTP/2 in clear text, with 1 and with 10 requests in flight on each of 64 connections
  tls-handshake  connections that are opened, 16 at once, each with a whole handshake of TLS 1.3 (ECDSA on P-256, no
                 session is resumed) and one GET /; a connection is what a request is elsewhere, p50 and p99 last from
                 its opening to its end, and what limits the rate is the client
  tls-64k        64k over TLS on connections that are kept
  idle           memory per idle connection: 10,000 connections, each after one request (nginx's figure lacks
                 what it reserves for every connection when it starts)
  ready          time from exec to READY=1 (nginx: to the first answer)
and what it costs Roost to know who is calling, and to log it, Roost beside Roost, every variant started anew in every round:
  forwarded  hello with the X-Forwarded-* fields that nginx sends: not there, passed on, believed; the same for an
             application that reads client, scheme and host of each request (GET /who); hello without request ids in
             answers; 64 connections
  logs       hello with the access log off, in a file on a tmpfs, there as JSON, and in the journal, of which a private one
             is started (as root), and which drops what it can't take; 64 connections
  metrics    hello with an admin socket, for which everything is counted and timed, and without; 64 connections
  proxy      one connection after the other, each with one request: --proxy-protocol off and auto without a PROXY
             header, required with v1, with v2, and with v2 and what HAProxy tells of TLS
and apps in Python, the same for every server, with one worker and 64 connections (--only python: all of them):
  python-hello    ASGI, GET /, 11 bytes, on uvloop and on asyncio: granian, uvicorn, hypercorn
  python-trio     the same on trio: hypercorn
  python-wsgi     WSGI, GET /, 11 bytes: bjoern, granian, uwsgi, gunicorn
  python-fastapi  a small object as JSON: granian, uvicorn
  python-flask    a string: bjoern, uwsgi
  python-echo     ASGI, POST of 10 KiB, answered with the same bytes: uvicorn, granian
  python-64k      ASGI, 64 KiB: granian, uvicorn
  http2           ASGI, GET /, 11 bytes, over HTTP/2 with 1 and with 10 requests in flight on each connection: granian, hypercorn
  websocket       ASGI on uvloop, a message of 32 bytes and of 1 KiB that is sent back, as soon as it is there the next; a
                  message is what a request is elsewhere: uvicorn with its usual protocol and with wsproto, granian, hypercorn
"""

EPILOGUE = """\
what the figures mean:
  CPU per request   nanoseconds that the kernel counted for all processes and threads of the server, over requests;
                    the plain table also has utime + stime, whose grain is 10 ms
  p50, p99          from the load generator's log of single requests, in a shorter run of its own, because
                    writing it costs time
  ratio             of what knowing the caller costs: CPU per request or connection, this variant ÷ the one named
                    beside it, in the same round; a target stands beside it where there is one; for Python
                    apps Roost's CPU per request ÷ the other server's
  load CPU          how busy the load generator was; near 100 % means that requests per second are its limit, not the server's

examples:
  run --quick                         does everything work? a few minutes, figures worthless
  run                                 the whole table, about 40 minutes
  run --only python                   Python apps, about 17 minutes
  run --only forwarded --only proxy --rounds 9 --seconds 1.5
                                      what knowing the caller costs, under 5 minutes; more rounds, because the
                                      differences are small
  run --only hello --connections 64   one load
  run --no-build --roost PATH --bench-roost PATH --hummingbird PATH
                                      binaries that were built before
  run --only python --no-build --roost Tests/Benchmarks/.build/roost/release/roost
                                      the command and the Python package of the run before

needs: swift, nginx and h2load (apt-get install nginx nghttp2-client), for HTTP/2 and TLS curl and openssl, two CPUs,
and for idle 10,000 connections a limit of about 10,500 open files (ulimit -Hn). For Python apps pip brings the other
servers into a virtual environment in the user's cache, and compiles some: apt-get install python3-venv python3-dev
libev-dev build-essential. Run it on a machine that does nothing else.
"""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run", description=DESCRIPTION, epilog=EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_argument_group("what is measured")
    scenarios = [*SCENARIOS, PYTHON]
    what.add_argument("--only", action="append", choices=scenarios, metavar="SCENARIO", help=f"one of {', '.join(scenarios)}; may be given again")
    what.add_argument("--servers", type=names(SERVERS), default=SERVERS, metavar="LIST", help=f"default: {','.join(SERVERS)}")
    what.add_argument("--connections", type=numbers, metavar="LIST", help="connections for every load, such as 1,16,64,256; default: as listed above")

    how = parser.add_argument_group("how it is measured")
    how.add_argument("--quick", action="store_true", help="a smoke run: two short rounds, few connections")
    how.add_argument("--rounds", type=number, metavar="N", help="rounds after the warm-up; default 5")
    how.add_argument("--seconds", type=float, metavar="S", help="length of one run of one server; default 3")
    how.add_argument("--idle-connections", type=number, metavar="N", help="default 10000")
    how.add_argument("--starts", type=number, metavar="N", help="starts of each server for ready; default 21")
    how.add_argument("--server-cpu", type=int, default=0, metavar="CPU", help="where servers run; default 0")
    how.add_argument("--load-cpu", type=int, default=1, metavar="CPU", help="where h2load and this program run; default 1")
    how.add_argument("--unpinned", action="store_true", help="leave all of them on all CPUs")

    binaries = parser.add_argument_group("binaries (default: built in release mode with --static-swift-stdlib)")
    binaries.add_argument("--python", type=Path, default=DEBIAN_PYTHON, metavar="PATH", help=f"runs the Python apps; default {DEBIAN_PYTHON}")
    for flag, variable, program in [
        ("--roost", "BENCH_ROOST", "the roost command; for Python apps with its package where it looks for it"),
        ("--bench-roost", "BENCH_ROOST_SERVER", "this package's RoostServer"),
        ("--hummingbird", "BENCH_HUMMINGBIRD", "this package's HummingbirdServer"),
    ]:
        binaries.add_argument(flag, type=Path, default=path_from(variable), metavar="PATH", help=f"{program}; or {variable}")
    binaries.add_argument("--no-build", action="store_true", help="build nothing; a binary that is needed and not given is an error")

    output = parser.add_argument_group("output")
    output.add_argument("--json", type=Path, metavar="PATH", help="also write every single figure there")

    options = parser.parse_args(arguments)
    fill_defaults(options)
    if options.server_cpu == options.load_cpu and not options.unpinned:
        parser.error("--server-cpu and --load-cpu are the same CPU: servers and load would take each other's time")
    costs = {comparison.name for comparison in COMPARISONS}
    if "roost" not in options.servers and costs.issuperset(options.only):
        parser.error(f"--only {' --only '.join(options.only)} measures nothing but roost, and --servers leaves it out")
    return options


def fill_defaults(options: argparse.Namespace) -> None:
    """What --quick changes, unless it was said otherwise."""
    options.only = options.only or SCENARIOS
    if PYTHON in options.only:
        options.only = [name for name in options.only if name != PYTHON] + PYTHON_SCENARIOS
    if options.quick and options.connections is None:
        options.connections = [16]
    for name, usual, quick in [("rounds", 5, 2), ("seconds", 3.0, 0.3), ("idle_connections", 10_000, 500), ("starts", 21, 3)]:
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else usual)


def number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 is needed")
    return value


def numbers(text: str) -> list[int]:
    return [number(part) for part in text.split(",")]


def names(known: list[str]):
    def parse_names(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return [name for name in known if name in chosen]

    return parse_names


def path_from(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None
