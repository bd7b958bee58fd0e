"""What a test needs of the machine it runs on. Where it is missing the test is skipped, but with CI=true it fails."""

import os
import shutil
import unittest

CI = os.environ.get("CI", "").lower() == "true"
CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEPLOY = os.path.join(CHECKOUT, "deploy")

# The programs that were built, as Tests/run names them; taken out of the environment, where roost would take ROOST_BIN for a setting.
BUILT = {name: os.environ.pop(name, "") for name in ("ROOST_BIN", "INTEGRATION_APP_BIN")}

# Whoever runs the tests runs Roost, and that may be root.
os.environ["ROOST_ALLOW_ROOT"] = "true"

# Programs that lie where an ordinary user's PATH does not lead.
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"


def missing(what):
    """Ends the test: skipped on a developer's machine, failed in CI."""
    if CI:
        raise AssertionError("missing: " + what)
    raise unittest.SkipTest("missing: " + what)


def require_root():
    if os.geteuid() != 0:
        missing("root's rights")


def require_programs(*names):
    for name in names:
        if shutil.which(name) is None:
            missing(name)


def binary(variable):
    """The path of a program that was built: what this environment variable holds, which Tests/run sets."""
    path = BUILT[variable]
    if not path:
        missing("the environment variable " + variable)
    path = os.path.abspath(path)
    if not os.access(path, os.X_OK):
        missing("{}={}, which is not there".format(variable, path))
    return path


def deploy(*parts):
    """The path of a file that is shipped."""
    return os.path.join(DEPLOY, *parts)
