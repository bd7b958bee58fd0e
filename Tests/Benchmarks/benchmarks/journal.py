"""A journal of the benchmark's own, in a mount namespace that nobody else sees and with its files in memory."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchmarkError

JOURNALD = Path("/lib/systemd/systemd-journald")
START_SECONDS = 10
# What it keeps, and that it takes however many entries come.
SETUP = """\
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log/journal
cat > /run/systemd/journald.conf.d/benchmark.conf <<END
[Journal]
Storage=volatile
RuntimeMaxUse=256M
RateLimitIntervalSec=0
RateLimitBurst=0
ReadKMsg=no
Audit=no
END
exec "$0"
"""


def can_run() -> bool:
    return os.geteuid() == 0 and JOURNALD.exists()


@contextmanager
def running() -> Iterator[list[str]]:
    """What goes in front of a command that is to find this journal."""
    process = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", SETUP, str(JOURNALD)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        socket = Path("/proc", str(process.pid), "root", "run/systemd/journal/socket")
        deadline = time.monotonic() + START_SECONDS
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"{JOURNALD} does not start in a mount namespace of its own")
            time.sleep(0.05)
        yield ["/usr/bin/nsenter", f"--mount=/proc/{process.pid}/ns/mnt", "--"]
    finally:
        process.kill()
        process.wait()
