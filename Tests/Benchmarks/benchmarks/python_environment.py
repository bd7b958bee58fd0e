"""The virtual environment that all servers of Python apps run in: made once, and kept in the user's cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from .errors import BenchmarkError
from .progress import say

APPS = Path(__file__).resolve().parent.parent / "python"
REQUIREMENTS = APPS / "requirements.txt"
# What Debian has pip, the compiler and the headers in.
NEEDED = "python3-venv python3-dev libev-dev build-essential"
QUOTED = {"websockets", "wsproto", "granian", "uvicorn", "hypercorn", "bjoern", "uwsgi", "gunicorn", "uvloop", "trio", "fastapi", "flask"}


def make_environment(interpreter: Path) -> str:
    """Its name says what is in it, so that other requirements or another interpreter make another one."""
    version = output([str(interpreter), "-I", "-c", "import sys; print(sys.version)"], "no Python is there: see --python")
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + f"{interpreter} {version}".encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "roost-benchmarks")
    cache.mkdir(parents=True, exist_ok=True)
    venv = cache / f"python-{version.split()[0]}-{key}"
    complete = venv / "complete"
    # Of several runs at once the first makes it.
    with Path(f"{venv}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            say(f"making a virtual environment with the servers of {REQUIREMENTS.name}; this takes minutes, once")
            shutil.rmtree(venv, ignore_errors=True)
            output([str(interpreter), "-m", "venv", str(venv)], f"apt-get install {NEEDED}")
            pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            output([*pip, "--requirement", str(REQUIREMENTS)], f"bjoern and uWSGI are compiled here: apt-get install {NEEDED}")
            complete.touch()
    return str(venv)


def pinned_versions() -> list[str]:
    """Of what the figures depend on."""
    pins = [line.split("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line]
    return [f"{name} {version}" for name, version in pins if name.lower() in QUOTED]


def output(command: list[str], way_out: str) -> str:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise BenchmarkError(f"{error}; {way_out}") from error
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed with status {done.returncode}; {way_out}\n{done.stdout[-2000:]}")
    return done.stdout.strip()
