"""The servers of Python apps: one worker, one thread for the app, no access log, no end to keep-alive, all else as it comes."""

from pathlib import Path

from .loads import Load
from .processes import Process
from .python_environment import APPS
from .python_loads import PythonLoad
from .servers import Server

KEEP_ALIVE_SECONDS = "75"


class PythonServer(Server):
    announces = False

    def serves(self, load: Load) -> bool:
        return isinstance(load, PythonLoad) and self.name in load.peers

    def command(self, load: Load) -> list[str]:
        assert isinstance(load, PythonLoad)
        program, *flags = self.program(load)
        return [self.in_venv(program), *flags]

    def program(self, load: PythonLoad) -> list[str]:
        """The command, its first word a program of the virtual environment."""
        raise NotImplementedError

    def in_venv(self, program: str) -> str:
        return str(Path(self.binaries.venv or "", "bin", program))

    def launch(self, load: Load, environment: dict[str, str] | None = None) -> Process:
        return super().launch(load, {"PYTHONPATH": str(APPS), "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})})


class PythonRoost(PythonServer):
    name = "roost"

    def serves(self, load: Load) -> bool:
        return isinstance(load, PythonLoad)

    def command(self, load: Load) -> list[str]:
        assert isinstance(load, PythonLoad)
        app = [f"{load.module}:app", "--app-dir", str(APPS), "--venv", self.binaries.venv or ""]
        return [self.binaries.roost or "", "serve", *app, "--worker-class", load.loop, "--bind", f"unix:{self.socket}", "--keep-alive-max-requests", "off"]


class Granian(PythonServer):
    name = "granian"

    def program(self, load: PythonLoad) -> list[str]:
        flags = ["--interface", "wsgi" if load.module == "wsgi" else "asgi", "--loop", load.loop, "--uds", self.socket]
        return ["granian", "--workers", "1", "--runtime-threads", "1", *flags, f"{load.module}:app"]


class Uvicorn(PythonServer):
    name = "uvicorn"

    def program(self, load: PythonLoad) -> list[str]:
        return ["uvicorn", "--workers", "1", "--loop", load.loop, "--no-access-log", "--uds", self.socket, f"{load.module}:app"]


class UvicornWsproto(Uvicorn):
    name = "uvicorn-wsproto"

    def program(self, load: PythonLoad) -> list[str]:
        return [*super().program(load), "--ws", "wsproto"]


class Hypercorn(PythonServer):
    name = "hypercorn"

    def program(self, load: PythonLoad) -> list[str]:
        # It closes a connection after 1000 requests, and no flag changes that; it lets 100 connections wait, others 1000.
        configuration = self.folder / "hypercorn.toml"
        configuration.write_text(f"keep_alive_max_requests = 1000000000\nkeep_alive_timeout = {KEEP_ALIVE_SECONDS}\n")
        flags = ["--config", str(configuration), "--backlog", "1024", "--workers", "1", "--worker-class", load.loop]
        return ["hypercorn", *flags, "--bind", f"unix:{self.socket}", f"{load.module}:app"]


class Gunicorn(PythonServer):
    name = "gunicorn"

    def program(self, load: PythonLoad) -> list[str]:
        # Its usual workers close every connection.
        flags = ["--workers", "1", "--worker-class", "gthread", "--threads", "1", "--keep-alive", KEEP_ALIVE_SECONDS, "--no-control-socket"]
        return ["gunicorn", *flags, "--bind", f"unix:{self.socket}", f"{load.module}:app"]


class Bjoern(PythonServer):
    name = "bjoern"

    def program(self, load: PythonLoad) -> list[str]:
        return ["python", "-c", f"import bjoern, {load.module}; bjoern.run({load.module}.app, 'unix:{self.socket}')"]


class Uwsgi(PythonServer):
    name = "uwsgi"

    def program(self, load: PythonLoad) -> list[str]:
        # A worker that speaks HTTP itself (--http11-socket) serves no other connection while one is kept open; its router, a
        # process of its own, does. Without --die-on-term SIGTERM starts it anew.
        http = ["--http", self.socket, f"--http-keepalive={KEEP_ALIVE_SECONDS}", "--listen", "1024"]
        worker = ["--master", "--processes", "1", "--need-app", "--disable-logging", "--die-on-term"]
        return ["uwsgi", *http, *worker, "--virtualenv", self.binaries.venv or "", "--module", f"{load.module}:app"]


PYTHON_SERVERS: list[type[PythonServer]] = [Granian, Uvicorn, UvicornWsproto, Hypercorn, Bjoern, Uwsgi, Gunicorn, PythonRoost]
PYTHON_PEERS = [server.name for server in PYTHON_SERVERS if server is not PythonRoost]
