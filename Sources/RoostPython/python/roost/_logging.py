"""What an app logs that has not said where to."""

from __future__ import annotations

import logging

from . import _roost

__all__ = ["HostHandler"]


class HostHandler(logging.Handler):
    """Gives records to the host's log, a traceback and its message as one, with the ids of the request and the trace that they belong to."""

    _LEVELS = ((logging.CRITICAL, "critical"), (logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))

    def __init__(self, host: _roost.Host) -> None:
        super().__init__(logging.WARNING)
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = next((name for number, name in self._LEVELS if record.levelno >= number), "debug")
            fields = {"logger": record.name}
            for name, variable in (("request_id", _roost.request_id), ("trace_id", _roost.trace_id)):
                value = variable.get(None)
                if value is not None:
                    fields[name] = value
            self._host.log(level, self.format(record), fields)
        except Exception:
            self.handleError(record)
