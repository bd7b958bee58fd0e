"""The manual pages."""

import glob
import os
import subprocess
import tempfile
import unittest

from requirements import CHECKOUT, require_programs


class ManualTests(unittest.TestCase):
    def test_mandoc_finds_nothing_wrong_with_them(self):
        require_programs("mandoc")
        pages = sorted(glob.glob(os.path.join(CHECKOUT, "man", "*.[1-8]")))
        self.assertNotEqual(pages, [])
        # As if they were installed: they refer to one another.
        tree = tempfile.TemporaryDirectory(prefix="roost-manual-")
        self.addCleanup(tree.cleanup)
        for page in pages:
            section = os.path.join(tree.name, "man" + page[-1])
            os.makedirs(section, exist_ok=True)
            os.symlink(page, os.path.join(section, os.path.basename(page)))
        for page in pages:
            with self.subTest(page=os.path.basename(page)):
                done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                      universal_newlines=True, env=dict(os.environ, MANPATH=tree.name + ":/usr/share/man"))
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
