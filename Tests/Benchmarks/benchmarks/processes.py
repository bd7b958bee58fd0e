"""Server processes: started at a known moment, on known CPUs, with what they used read from /proc."""

import ctypes
import os
import signal
import struct
import time
from pathlib import Path

from .errors import BenchmarkError

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 5
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """A running server with all its children."""

    def __init__(self, command: list[str], log: Path, cpus: set[int], environment: dict[str, str] | None = None):
        self.command = command
        self.log = log
        self.exit_status: int | None = None
        variables = {name: value for name, value in os.environ.items() if name not in MEANT_FOR_US and not name.startswith(SETTINGS)}
        # Whoever measures runs the servers, and that may be root.
        variables.update(environment or {}, ROOST_ALLOW_ROOT="true")
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            become(command, log, cpus, variables, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            stamp = pipe.read()
        if len(stamp) != 8:
            self.wait(0)
            raise BenchmarkError(f"{command[0]} could not be started: {stamp[8:].decode(errors='replace') or 'unknown reason'}")
        # CLOCK_MONOTONIC in nanoseconds, taken by the child just before it called exec.
        self.exec_time: int = struct.unpack("q", stamp)[0]

    def cpu_nanoseconds(self) -> int:
        """Time on a CPU of all processes with all their threads, also those that have ended; clock_getcpuclockid(3)."""
        return sum(time.clock_gettime_ns(cpu_clock(pid)) for pid in self.tree())

    def cpu_tick_nanoseconds(self) -> int:
        """utime + stime, whose grain is one tick."""
        ticks = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks * 1_000_000_000 // TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.tree()) * PAGE_BYTES

    def tree(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found.extend(int(child) for child in children.read_text().split())
        return found

    def running(self) -> bool:
        return not self.wait(0)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for what is left."""
        tree = self.tree() if self.running() else []
        for number, seconds in [(signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)]:
            for pid in tree if number == signal.SIGKILL else tree[:1]:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            if self.wait(seconds):
                return

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within that time."""
        deadline = time.monotonic() + seconds
        while self.exit_status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= deadline:
                return False
            else:
                time.sleep(0.002)
        return True

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "it wrote nothing"


def cpu_clock(pid: int) -> int:
    clock = ctypes.c_int()
    if error := libc.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise BenchmarkError(f"process {pid} of a server has no CPU clock: {os.strerror(error)}")
    return clock.value


# A notification socket or descriptors that were meant for this program are not the servers'; nor are settings of servers and of
# Python, which are measured as they come.
MEANT_FOR_US = {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID", "WEB_CONCURRENCY", "VIRTUAL_ENV"}
SETTINGS = ("ROOST_", "PYTHON", "GRANIAN_", "UVICORN_", "GUNICORN_", "UWSGI_")


def become(command: list[str], log: Path, cpus: set[int], environment: dict[str, str], report: int) -> None:
    """The child's side of the fork: never returns."""
    try:
        # The server ends with this program, however that ends.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.sched_setaffinity(0, cpus)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.write(report, struct.pack("q", time.monotonic_ns()))
        os.execve(command[0], command, environment)
    except OSError as error:
        os.write(report, str(error).encode())
    finally:
        os._exit(127)
