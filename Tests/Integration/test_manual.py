"""The manual pages."""

import glob
import os
import subprocess
import unittest

from requirements import CHECKOUT, require_programs


class ManualTests(unittest.TestCase):
    def test_mandoc_finds_nothing_wrong_with_them(self):
        require_programs("mandoc")
        pages = sorted(glob.glob(os.path.join(CHECKOUT, "man", "*.[1-8]")))
        self.assertNotEqual(pages, [])
        for page in pages:
            with self.subTest(page=os.path.basename(page)):
                done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, universal_newlines=True)
                self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
