"""The servers that are measured: how each is started for a load, and what it can serve."""

import time
from dataclasses import dataclass
from pathlib import Path

from .certificate import Certificate
from .client import connect
from .errors import BenchmarkError
from .loads import FILE_LOAD, HELLO, LARGE, Load
from .processes import Process

START_SECONDS = 15


@dataclass
class Binaries:
    nginx: str | None = None
    roost: str | None = None
    bench_roost: str | None = None
    hummingbird: str | None = None
    # The virtual environment of the servers of Python apps.
    venv: str | None = None
    # What makes the certificate of those that speak TLS, and what checks answers that are not HTTP/1.1 in clear text.
    openssl: str | None = None
    curl: str | None = None


class Server:
    """One contender; `announces` says whether it sends READY=1."""

    name = ""
    announces = True

    def __init__(self, binaries: Binaries, folder: Path, cpus: set[int]):
        self.binaries = binaries
        self.cpus = cpus
        self.folder = folder / self.name
        self.folder.mkdir(exist_ok=True)
        # nginx's worker runs as another user and must get here.
        self.folder.chmod(0o755)
        self.socket = str(self.folder / "s")
        self.certificate = Certificate(folder)

    def serves(self, load: Load) -> bool:
        return True

    def command(self, load: Load) -> list[str]:
        raise NotImplementedError

    def launch(self, load: Load, environment: dict[str, str] | None = None) -> Process:
        """A process that may not listen yet."""
        Path(self.socket).unlink(missing_ok=True)
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        return Process(self.command(load), log, self.cpus, environment)

    def start(self, load: Load) -> Process:
        """A process that listens."""
        process = self.launch(load)
        try:
            self.wait_until_listening(process)
        except BaseException:
            process.stop()
            raise
        return process

    def wait_until_listening(self, process: Process, pause: float = 0.005) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                connect(self.socket).close()
                return
            except OSError as error:
                if not process.running():
                    raise BenchmarkError(f"{self.name} ended with status {process.exit_status}: {process.last_words()}") from error
                if time.monotonic() > deadline:
                    raise BenchmarkError(f"{self.name} does not listen on {self.socket} after {START_SECONDS} s: {process.last_words()}") from error
            time.sleep(pause)


class Nginx(Server):
    name = "nginx"
    announces = False

    def serves(self, load: Load) -> bool:
        return load.upload is None

    def command(self, load: Load) -> list[str]:
        (self.folder / "file").write_bytes(FILE_LOAD.answer)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(self.configuration(load))
        return [self.binaries.nginx or "", "-p", str(self.folder), "-c", str(configuration), "-e", str(self.folder / "log")]

    def configuration(self, load: Load) -> str:
        """One worker, everything that costs time without serving switched off, and no end to keep-alive."""
        return f"""\
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {self.folder}/pid;
events {{
    worker_connections 15000;
    use epoll;
}}
http {{
    access_log off;
    keepalive_timeout 75s;
    keepalive_requests 1000000000;
    keepalive_time 24h;
    default_type text/plain;
    client_body_temp_path {self.folder}/body;
    proxy_temp_path {self.folder}/proxy;
    fastcgi_temp_path {self.folder}/fastcgi;
    uwsgi_temp_path {self.folder}/uwsgi;
    scgi_temp_path {self.folder}/scgi;
    server {{
        listen unix:{self.socket} backlog=4096{" http2" * load.http2}{" ssl" * load.tls};
        {self.tls() if load.tls else ""}
        root {self.folder};
        location = / {{ return 200 "{HELLO.decode()}"; }}
        location = /64k {{ {self.large_answer()} }}
        location = /file {{ sendfile on; }}
    }}
}}
"""

    def tls(self) -> str:
        """1.3 is not among this version's own protocols."""
        return f"ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {self.certificate.chain}; ssl_certificate_key {self.certificate.key};"

    def large_answer(self) -> str:
        """64 KiB from memory, as the other servers have them; nginx takes no string as long as that in one piece."""
        pieces = 32
        return f'set $piece "{LARGE[: len(LARGE) // pieces].decode()}"; return 200 "{"$piece" * pieces}";'


class NginxSendfile(Nginx):
    """For the 64 KiB: nginx at its best, where the kernel hands over pages of a cached file and nobody copies them."""

    name = "nginx-sendfile"

    def serves(self, load: Load) -> bool:
        return load.name == "64k"

    def large_answer(self) -> str:
        (self.folder / "64k").write_bytes(LARGE)
        return "sendfile on; open_file_cache max=16 inactive=24h; open_file_cache_valid 24h;"


class Hummingbird(Server):
    name = "hummingbird"

    def serves(self, load: Load) -> bool:
        return load != FILE_LOAD

    def command(self, load: Load) -> list[str]:
        tls = ["--tls", self.certificate.chain, self.certificate.key]
        return [self.binaries.hummingbird or "", self.socket, *(["--http2"] * load.http2), *(tls * load.tls)]


class HummingbirdRouter(Hummingbird):
    name = "hummingbird-router"

    def serves(self, load: Load) -> bool:
        """Another protocol makes a look-up no dearer."""
        return super().serves(load) and not (load.http2 or load.tls)

    def command(self, load: Load) -> list[str]:
        return super().command(load) + ["--router"]


class Roost(Server):
    name = "roost"

    def command(self, load: Load) -> list[str]:
        """The command for what it has built in, an application of our own for the rest."""
        if load.path == "/":
            return [self.binaries.roost or "", "serve", "builtin:hello", *self.flags(load)]
        if load == FILE_LOAD:
            files = self.folder / "files"
            files.mkdir(exist_ok=True)
            (files / "file").write_bytes(load.answer)
            return [self.binaries.roost or "", "serve", f"static:{files}", *self.flags(load)]
        return [self.binaries.bench_roost or "", *self.flags(load)]

    def flags(self, load: Load) -> list[str]:
        tls = ["--certfile", self.certificate.chain, "--keyfile", self.certificate.key]
        return ["--bind", f"unix:{self.socket}", "--keep-alive-max-requests", "off", *(tls * load.tls)]


class ConfiguredRoost(Roost):
    """Roost with flags and a name of its own, to be measured beside Roost itself."""

    def __init__(self, binaries: Binaries, folder: Path, cpus: set[int], name: str, flags: list[str], wrapper: list[str] | None = None):
        self.name = f"{Roost.name}-{name}"
        self.further_flags = flags
        # Becomes the server.
        self.wrapper = wrapper or []
        super().__init__(binaries, folder, cpus)

    def command(self, load: Load) -> list[str]:
        return self.wrapper + super().command(load) + self.further_flags


ALL: list[type[Server]] = [Nginx, NginxSendfile, Hummingbird, HummingbirdRouter, Roost]
