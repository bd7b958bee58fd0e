"""Names of Hypercorn's configuration that mean nothing here, and what to do instead."""

from __future__ import annotations

from typing import Any, Optional

__all__ = ["ELSEWHERE", "Elsewhere"]


class Elsewhere:
    """An attribute that can only have the value with which it asks for nothing."""

    def __init__(self, advice: str, *neutral: Any) -> None:
        self.advice = advice
        self._neutral = neutral

    @property
    def value(self) -> Optional[Any]:
        """What it reads as."""
        first = self._neutral[0] if self._neutral else None
        return list(first) if isinstance(first, list) else first

    def permits(self, value: Any) -> bool:
        return any(value is neutral or (type(value) is type(neutral) and value == neutral) for neutral in self._neutral)


_LOGGING = "configure Python's logging in the program itself, for example with logging.config.dictConfig"
_STATSD = "the command sends to StatsD, roost serve, and serve() does not"
_SUPERVISED = "serve() is one process; run a command of your own under systemd and let Restart= start it again"

ELSEWHERE: dict[str, Elsewhere] = {
    "alt_svc_headers": Elsewhere("HTTP/3 is for the proxy in front, which sends alt-svc itself", []),
    "application_path": Elsewhere("give serve() the app itself, or name it on the command line: roost serve module:attribute"),
    "daemon": Elsewhere("there are no worker processes in serve()", True, False),
    "debug": Elsewhere("switch on the loop's debug mode where the loop is started: asyncio.run(..., debug=True)", False),
    "dogstatsd_tags": Elsewhere(_STATSD, ""),
    "h11_pass_raw_headers": Elsewhere("ASGI field names are lower case", False),
    "logconfig": Elsewhere(_LOGGING, None),
    "logconfig_dict": Elsewhere(_LOGGING, None),
    "logger_class": Elsewhere(_LOGGING, None),
    "max_app_queue_size": Elsewhere("what waits for an app is bounded in bytes, not in events", 10),
    "max_requests": Elsewhere(_SUPERVISED, None),
    "max_requests_jitter": Elsewhere(_SUPERVISED, 0),
    "pid_path": Elsewhere("systemd knows the main process; a program of your own can write os.getpid() itself", None),
    "quic_bind": Elsewhere("HTTP/3 is for the proxy in front", []),
    "statsd_host": Elsewhere(_STATSD, None),
    "statsd_prefix": Elsewhere(_STATSD, ""),
    "use_reloader": Elsewhere("start the program again when its files change", False),
    "verify_flags": Elsewhere("certificates are verified without revocation lists, which is all that Roost offers", None),
    # The loop is the caller's, whatever stands here; so it is with Hypercorn's serve().
    "worker_class": Elsewhere("roost.asyncio.serve runs on asyncio and uvloop, roost.trio.serve on trio", "asyncio", "uvloop", "trio"),
    "workers": Elsewhere("serve() runs in the process that calls it: start the program several times with reuse_port = True", 1),
}
