"""What an app logs that has not said where to."""

from __future__ import annotations

import logging

from . import _roost

__all__ = ["HostHandler"]


class HostHandler(logging.Handler):
    """Gives records to the host's log, a traceback and its message as one, with the id of the request that they belong to."""

    _LEVELS = ((logging.CRITICAL, "critical"), (logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))

    def __init__(self, host: _roost.Host) -> None:
        super().__init__(logging.WARNING)
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = next((name for number, name in self._LEVELS if record.levelno >= number), "debug")
            fields = {"logger": record.name}
            request_id = _roost.request_id.get(None)
            if request_id is not None:
                fields["request_id"] = request_id
            self._host.log(level, self.format(record), fields)
        except Exception:
            self.handleError(record)
