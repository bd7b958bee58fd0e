"""What must be there before anything is measured: tools, CPUs, open files, binaries."""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import BenchmarkError
from .loads import FILE_LOAD, LOADS
from .progress import say
from .python_environment import make_environment
from .python_loads import PYTHON_LOADS, PYTHON_SCENARIOS
from .servers import Binaries
from .variants import COMPARISONS, FORWARDED

PACKAGE = Path(__file__).resolve().parent.parent
ROOST_PACKAGE = PACKAGE.parent.parent
# Roost's own build directory would be built anew each time: the Python package is built there, without --static-swift-stdlib. And the
# tests have their Python package there.
ROOST_SCRATCH = PACKAGE / ".build/roost"
# Descriptors that a server or this program needs beside its connections.
SPARE_FILES = 200


def tool(name: str, package: str) -> str:
    # nginx lies where a user's PATH does not always look.
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        raise BenchmarkError(f"{name} is not installed: apt-get install {package}")
    return found


def check_machine(options: argparse.Namespace) -> None:
    if not sys.platform.startswith("linux"):
        raise BenchmarkError("this reads Linux's /proc and runs nowhere else")
    here = os.sched_getaffinity(0)
    for flag, cpu in [("--server-cpu", options.server_cpu), ("--load-cpu", options.load_cpu)]:
        if cpu not in here and not options.unpinned:
            raise BenchmarkError(f"{flag} {cpu}: this machine gives us {sorted(here)}; choose others, or --unpinned")


def raise_file_limit(options: argparse.Namespace) -> None:
    """Servers inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = (options.idle_connections if "idle" in options.only else 1024) + SPARE_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, needed))
        except (ValueError, OSError) as error:
            raise BenchmarkError(
                f"{needed} open files are needed and the limit is {hard}: raise it (ulimit -Hn), or --idle-connections {hard - SPARE_FILES}"
            ) from error
    elif soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def find_binaries(options: argparse.Namespace) -> Binaries:
    """Given, or built now."""
    # Costs are of Roost beside Roost.
    beside = set(options.only) - {comparison.name for comparison in COMPARISONS} - set(PYTHON_SCENARIOS)
    peers = options.servers if beside else []
    python = set(options.only) & set(PYTHON_SCENARIOS)
    binaries = Binaries(nginx=tool("nginx", "nginx") if any(name.startswith("nginx") for name in peers) else None)
    # The Roost command serves what it has built in; other loads need this package's own application.
    application = {load.name for load in LOADS if load.path != "/" and load != FILE_LOAD}
    ours = bool(set(options.only) & (application | {FORWARDED.name}))
    command = bool(set(options.only) - application)
    if "roost" in options.servers:
        if command:
            binaries.roost = given(options.roost, "--roost") or build(options, "roost", ROOST_PACKAGE, "--roost")
            if python and not options.roost:
                build_python_package()
        if ours:
            binaries.bench_roost = given(options.bench_roost, "--bench-roost") or build(options, "RoostServer", PACKAGE, "--bench-roost")
    if any(name.startswith("hummingbird") for name in peers):
        binaries.hummingbird = given(options.hummingbird, "--hummingbird") or build(options, "HummingbirdServer", PACKAGE, "--hummingbird")
    chosen = [load for load in [*LOADS, *PYTHON_LOADS] if load.name in options.only]
    if any(load.tls for load in chosen):
        binaries.openssl = tool("openssl", "openssl")
    if any(load.tls or load.http2 for load in chosen):
        binaries.curl = tool("curl", "curl")
    if python:
        binaries.venv = make_environment(options.python)
    return binaries


def given(path: Path | None, flag: str) -> str | None:
    if path is None:
        return None
    if not os.access(path, os.X_OK) or not path.is_file():
        raise BenchmarkError(f"{flag} {path}: no executable file is there")
    return str(path.resolve())


def build(options: argparse.Namespace, product: str, package: Path, flag: str) -> str:
    if options.no_build:
        raise BenchmarkError(f"{product} is needed and --no-build was given: say where it is with {flag}")
    swift = shutil.which("swift")
    if not swift:
        raise BenchmarkError(f"swift is not on PATH, and {product} must be built: install Swift, or give {flag}")
    command = [swift, "build", "--package-path", str(package), "-c", "release", "--static-swift-stdlib"]
    command += ["--scratch-path", str(ROOST_SCRATCH)] if package == ROOST_PACKAGE else []
    say(f"building {product}; the first time this takes minutes")
    # Its progress belongs to the reader, not between the tables.
    if subprocess.run(command + ["--product", product], stdout=sys.stderr).returncode != 0:
        raise BenchmarkError(f"{product} does not build: see above, or try {' '.join(command)} --product {product}")
    folder = subprocess.run(command + ["--show-bin-path"], capture_output=True, text=True, check=True).stdout.strip()
    return str(Path(folder, product))


def build_python_package() -> None:
    """To where this program's build of the command looks for it."""
    say("building the Python package; the first time this takes minutes")
    command = [str(ROOST_PACKAGE / "Sources/RoostPython/build"), "--configuration", "release", "--output", str(ROOST_SCRATCH / "python")]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise BenchmarkError(f"the Python package does not build: see above, or try {' '.join(command)}")


def hummingbird_version() -> str:
    found = re.search(r'hummingbird", exact: "([^"]+)"', (PACKAGE / "Package.swift").read_text())
    return found.group(1) if found else "of unknown version"
