"""The Python package's own tests, with the extension module that was built, on every interpreter that is found here."""

import os
import re
import subprocess
import unittest

from python_apps import CORE, FOLDER, OLDEST, environment, interpreters
from requirements import binary, missing


class PackageTests(unittest.TestCase):
    def test_the_package_on_every_interpreter(self):
        tree = os.path.join(os.path.dirname(os.path.realpath(binary("ROOST_BIN"))), "..", "..", "python")
        if not os.path.exists(os.path.join(tree, "roost", "_roost.abi3.so")):
            missing("the Python package beside roost; Sources/RoostPython/build makes it")
        for interpreter in interpreters(OLDEST[CORE]):
            with self.subTest(str(interpreter)):
                python = os.path.join(environment(CORE, interpreter), "bin", "python")
                variables = dict(os.environ, TREE_UNDER_TEST=os.path.realpath(tree))
                done = subprocess.run([python, "-m", "unittest", "discover"], cwd=os.path.join(FOLDER, "unit"), env=variables,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
                                      timeout=300)
                self.assertEqual(done.returncode, 0, done.stdout[-6000:])
                self.assertGreater(int(re.search(r"^Ran (\d+) tests", done.stdout, re.MULTILINE).group(1)), 100)


if __name__ == "__main__":
    unittest.main()
