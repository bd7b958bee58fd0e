"""``python -m roost serve module:attribute``: the command, inside the app's own interpreter."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from . import _roost
from ._ending import Ending

__all__ = ["main"]


def main() -> NoReturn:
    """Serves what the command line names, and ends the process: 0 asked, 1 internal error, 2 usage, 3 startup failed, 4 app not
    loaded, 5 bind failed."""
    host = _roost.Host(sys.argv[1:])
    for name in [name for name in os.environ if name.startswith("_ROOST_")]:
        # They were for this process alone, not for what the app starts.
        del os.environ[name]
    # The arguments were Roost's; an app that looks at its own finds none.
    sys.argv[:] = ["roost"]
    try:
        from ._worker import Worker

        Worker(host).run()
        ending = Ending.of(None)
    except BaseException as error:
        ending = Ending.of(error)
    ending.leave(host)


if __name__ == "__main__":
    main()
