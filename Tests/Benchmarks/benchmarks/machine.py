"""Where and with what the figures were taken."""

import datetime
import os
import platform
import re
import subprocess
import time
from pathlib import Path

from .prerequisites import hummingbird_version
from .python_environment import pinned_versions
from .servers import Binaries


def describe(binaries: Binaries, h2load: str) -> str:
    versions = []
    if binaries.roost:
        versions.append(first_line([binaries.roost, "--version"]) or "roost")
    if binaries.hummingbird:
        versions.append(f"Hummingbird {hummingbird_version()}")
    if binaries.nginx:
        versions.append(first_line([binaries.nginx, "-v"]).replace("nginx version: ", "").replace("/", " "))
    if binaries.openssl:
        versions.append(" ".join(first_line([binaries.openssl, "version"]).split()[:2]))
    if binaries.venv:
        versions += [first_line([str(Path(binaries.venv, "bin", "python")), "--version"]), *pinned_versions()]
    versions.append(first_line([h2load, "--version"]).replace("nghttp2/", ""))
    if swift := re.search(r"Swift version \S+", first_line(["swift", "--version"])):
        versions.append(swift.group(0).replace("version ", ""))
    machine = f"{processor()}, {os.cpu_count()} CPUs, Linux {platform.release()}"
    return f"{datetime.date.today().isoformat()}; {machine}; {', '.join(versions)}"


def busy_share(seconds: float = 1.0) -> float:
    """How much of all CPUs other programs use now; proc(5), /proc/stat."""

    def read() -> tuple[int, int]:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]

    total, idle = read()
    time.sleep(seconds)
    later_total, later_idle = read()
    return 1 - (later_idle - idle) / max(1, later_total - total)


def processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def first_line(command: list[str]) -> str:
    """Empty if the command can't be run: a version is worth printing, not failing for."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except OSError:
        return ""
    return ((done.stdout + done.stderr).strip().splitlines() or [""])[0]
