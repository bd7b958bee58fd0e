"""A complete systemd, booted for the tests in namespaces of its own and thrown away afterwards.

Its root is an overlay over this system's root: everything that is installed here is there, and what is written there stays there.
It has its own process ids, mounts, cgroups, network (loopback only), /run, /tmp and /dev.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from network import SocketMaker
from requirements import require_root, require_programs

BOOT_TIMEOUT = 60
SYSTEMD = "/lib/systemd/systemd"

# Runs as process 1 of the new process ids. $1: an empty directory for the root, $2: the new cgroup or nothing.
BOOT = r"""
set -eu
space=$1
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$space"
mkdir "$space/upper" "$space/work" "$space/root"
mount -t overlay -o "lowerdir=/,upperdir=$space/upper,workdir=$space/work" overlay "$space/root"
cd "$space/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
chmod 1777 tmp
mkdir -m 1777 run/lock
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do cp -a /dev/$device dev/; done
mkdir dev/pts dev/shm
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ip link set lo up
# A real change of root: in a mere chroot no process may make a user namespace (PrivateUsers=).
pivot_root . .
umount -l .
# In what it takes for a container systemd does not do this itself, but credentials are mounted by a process with mounts of its own.
mount --make-rshared /
exec env -i container=roost-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    @SYSTEMD@ --unit=basic.target --log-target=journal --show-status=no
""".replace("@SYSTEMD@", SYSTEMD)

# Joins the new cgroup first, so that it is the root of the cgroup namespace that comes next.
ENTER = r"""
if [ -n "$2" ]; then echo $$ > "$2/cgroup.procs"; fi
exec unshare --pid --mount --cgroup --ipc --uts --net --fork --kill-child=SIGKILL -- bash -c "$3" boot "$1" "$2"
"""


class CommandFailed(Exception):
    """A command ended with a status that was not expected; the message holds its output."""


class Machine:
    """One booted systemd. `shared()` gives the one that all test modules use; it is stopped when the tests end."""

    _shared = None

    @classmethod
    def shared(cls):
        if cls._shared is None:
            cls._shared = cls()
            atexit.register(cls._shared.stop)
        return cls._shared

    def __init__(self):
        require_root()
        require_programs("unshare", "nsenter", "setpriv", "ip", "pivot_root", "systemctl", "journalctl", "dbus-daemon", SYSTEMD)
        self.space = tempfile.mkdtemp(prefix="roost-machine-")
        self.console = os.path.join(tempfile.gettempdir(), os.path.basename(self.space) + ".console")
        self.cgroup = _make_cgroup(os.path.basename(self.space))
        self.pid = None
        self._sockets = None
        with open(self.console, "wb") as console:
            # The death of this process takes unshare along, which takes the machine along.
            self._unshare = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "bash", "-c", ENTER, "enter", self.space, self.cgroup or "", BOOT],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)
        try:
            self._wait_until_booted()
        except BaseException:
            self.stop()
            raise

    def _wait_until_booted(self):
        deadline = time.monotonic() + BOOT_TIMEOUT
        state = "not there yet"
        while time.monotonic() < deadline:
            if self._unshare.poll() is not None:
                break
            self.pid = self.pid or child_of(self._unshare.pid)
            if self.pid and _command_name(self.pid) == "systemd":
                state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    return
            time.sleep(0.1)
        with open(self.console, errors="replace") as console:
            raise CommandFailed("systemd did not come up (state: {}):\n{}".format(state, console.read()[-4000:]))

    def stop(self):
        """Kills the machine's process 1, which ends every process in it, and checks that nothing is left."""
        if self.pid is not None:
            # A process that is waited for by nobody but us can't have given its number away.
            if self._unshare.poll() is None:
                os.kill(self.pid, signal.SIGKILL)
        elif self._unshare.poll() is None:
            self._unshare.kill()
        self._unshare.wait(timeout=30)
        if self._sockets is not None:
            self._sockets.close()
            self._sockets = None
        left = self.pid is not None and os.path.exists("/proc/{}".format(self.pid))
        self.pid = None
        if self.cgroup:
            _remove_cgroup(self.cgroup)
            self.cgroup = None
        shutil.rmtree(self.space, ignore_errors=True)
        if os.path.exists(self.console):
            os.unlink(self.console)
        if left:
            raise CommandFailed("the machine's process 1 outlived SIGKILL")
        if Machine._shared is self:
            Machine._shared = None
            atexit.unregister(self.stop)

    # Commands

    def command(self, *arguments):
        """What to run here so that these arguments run there."""
        return ["nsenter", "-t", str(self.pid), "-p", "-m", "-C", "-i", "-u", "-n", "-r", "-w", "--",
                "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"] + list(arguments)

    def run(self, *arguments, check=True, timeout=120, input=None):
        """Runs a command there and gives its outcome; without `check` a failure is an outcome as well."""
        done = subprocess.run(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                              timeout=timeout, input=input, stdin=subprocess.DEVNULL if input is None else None)
        if check and done.returncode != 0:
            raise CommandFailed("{} ended with {}:\n{}{}".format(" ".join(arguments), done.returncode, done.stdout, done.stderr))
        return done

    def spawn(self, *arguments, **options):
        """Starts a command there; the caller waits for it."""
        return subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, **options)

    def outside(self, processes):
        """The numbers that these processes of the machine have here."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/{}/status".format(name)) as file:
                    numbers = next(line.split()[1:] for line in file if line.startswith("NSpid:"))
                if int(numbers[-1]) in processes and os.path.samefile("/proc/{}/ns/pid".format(name), "/proc/{}/ns/pid".format(self.pid)):
                    found.append(int(name))
            except OSError:
                continue
        return found

    # Files

    def path(self, path):
        """Where a file of the machine is seen from here; a Unix socket as well."""
        return "/proc/{}/root{}".format(self.pid, path)

    def write(self, path, text, mode=0o644):
        os.makedirs(self.path(os.path.dirname(path)), exist_ok=True)
        # A new file each time: a program that is running can't be written to.
        temporary = self.path(path) + ".new"
        with open(temporary, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.chmod(temporary, mode)
        os.rename(temporary, self.path(path))

    def install(self, source, path, mode=0o644):
        with open(source, "rb") as file:
            self.write(path, file.read(), mode)

    def remove(self, path):
        try:
            os.unlink(self.path(path))
        except FileNotFoundError:
            pass

    # Network

    def socket(self, family, kind):
        """A socket in the machine's network; anyone here may use it."""
        if self._sockets is None:
            self._sockets = SocketMaker("/proc/{}/ns/net".format(self.pid))
        return self._sockets.make(family, kind)

    def connect(self, address, timeout=30):
        """A connected stream socket: to a path of the machine, or to a (host, port) in its network."""
        if isinstance(address, str):
            made, address = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), self.path(address)
        else:
            made = self.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(timeout)
        try:
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    # systemd

    def systemctl(self, *arguments, **options):
        return self.run("systemctl", *arguments, **options)

    def show(self, unit, *properties):
        """Properties of a unit by name; a single one as itself."""
        lines = self.systemctl("show", unit, *["--property=" + name for name in properties]).stdout.splitlines()
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        return values.get(properties[0], "") if len(properties) == 1 else values

    def wait_for(self, unit, name, accept, timeout=30):
        """Waits until a property of a unit has a value that `accept` says yes to."""
        deadline = time.monotonic() + timeout
        while True:
            value = self.show(unit, name)
            if accept(value):
                return value
            if time.monotonic() > deadline:
                raise CommandFailed("{} of {} is still {!r} after {} s\n{}".format(name, unit, value, timeout, self.log(unit)))
            time.sleep(0.05)

    def journal(self, unit):
        """The journal's entries under this unit, oldest first."""
        self.run("journalctl", "--sync")
        text = self.run("journalctl", "--unit", unit, "--output=json", "--no-pager", "--quiet").stdout
        return [json.loads(line) for line in text.splitlines()]

    def log(self, unit):
        """What an operator would read after a failure."""
        self.run("journalctl", "--sync", check=False)
        return self.run("journalctl", "--unit", unit, "--no-pager", "--quiet", "--lines=40", check=False).stdout


def child_of(parent):
    """The process whose parent this is; None as long as there is none."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/{}/stat".format(name)) as file:
                    # The command's name stands in parentheses and may hold anything, parentheses as well.
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                return int(name)
    return None


def _command_name(process):
    try:
        with open("/proc/{}/comm".format(process)) as file:
            return file.read().strip()
    except OSError:
        return None


def _make_cgroup(name):
    """A cgroup below our own, so that the machine finds no strangers in its root; None where that can't be had."""
    try:
        with open("/proc/self/cgroup") as file:
            own = next(line.strip()[3:] for line in file if line.startswith("0::"))
        with open("/proc/self/mountinfo") as file:
            mounts = [line.split() for line in file]
        mount = next(fields[4] for fields in mounts if fields[fields.index("-") + 1] == "cgroup2")
        path = os.path.join(mount, own.lstrip("/"), name)
        os.mkdir(path)
        return path
    except (OSError, StopIteration):
        return None


def _remove_cgroup(path):
    for directory, _, _ in os.walk(path, topdown=False):
        # The kernel clears dead processes away a moment after their death.
        deadline = time.monotonic() + 10
        while True:
            try:
                os.rmdir(directory)
                break
            except FileNotFoundError:
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
