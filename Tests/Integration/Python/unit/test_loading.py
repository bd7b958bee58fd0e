import os
import sys
import tempfile
import unittest
from pathlib import Path

import tree
from roost._loading import AppName, load
from roost.errors import LoadingError

assert tree


class Loading(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name).resolve()
        self.path, self.modules = list(sys.path), set(sys.modules)

    def tearDown(self):
        sys.path[:] = self.path
        for name in set(sys.modules) - self.modules:
            del sys.modules[name]

    def write(self, name, text):
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def load(self, name, **options):
        return load(name, directory=str(self.directory), **options)

    def assertFails(self, name, *parts, **options):
        with self.assertRaises(LoadingError) as caught:
            self.load(name, **options)
        reason = str(caught.exception)
        self.assertNotIn("\n", reason)
        for part in parts:
            self.assertIn(part, reason)
        return caught.exception

    # What is found

    def test_the_usual_names(self):
        self.write("one.py", "def app(e, s): 'a'\ndef application(e, s): 'b'")
        self.write("two.py", "def application(e, s): 'b'")
        self.write("three.py", "def create_app(): return app\ndef app(e, s): 'made'")
        self.assertEqual(self.load("one")[0].__doc__, "a")
        self.assertEqual(self.load("two")[1], AppName(None, "two", "application"))
        found, name = self.load("three", is_factory=True)
        self.assertEqual((found.__doc__, name.attribute), ("made", "create_app"))

    def test_dots_in_modules_and_attributes(self):
        self.write("shop/__init__.py", "")
        self.write("shop/main.py", "class Site:\n  class api:\n    app = staticmethod(lambda e, s: 'api')")
        found, name = self.load("wsgi:shop.main:Site.api.app")
        self.assertEqual(found(None, None), "api")
        self.assertEqual(name, AppName("wsgi", "shop.main", "Site.api.app"))

    def test_a_prefix_may_be_a_module(self):
        self.write("app.py", "def app(e, s): 'the module app'")
        self.assertEqual(self.load("asgi:app")[1], AppName("asgi", "app", "app"))
        self.write("wsgi.py", "def app(e, s): 'of the module wsgi'")
        self.assertEqual(self.load("wsgi:app")[1], AppName(None, "wsgi", "app"))
        self.assertEqual(self.load("wsgi:wsgi:app")[1], AppName("wsgi", "wsgi", "app"))

    def test_the_directory_takes_the_place_of_the_working_directory(self):
        self.write("where.py", "def app(e, s): pass")
        sys.path.insert(0, "")
        self.load("where")
        self.assertEqual(sys.path[0], str(self.directory))
        self.assertNotIn("", sys.path[:2])

    def test_without_a_directory_it_is_the_working_directory(self):
        self.write("here.py", "def app(e, s): pass")
        before = os.getcwd()
        os.chdir(self.directory)
        try:
            load("here")
        finally:
            os.chdir(before)
        self.assertEqual(sys.path[0], str(self.directory))

    # What is not

    def test_a_module_that_is_not_there(self):
        self.write("mainly.py", "")
        error = self.assertFails("mianly", "there is no module mianly; did you mean mainly?", str(self.directory))
        self.assertEqual(error.traceback, "")
        self.write("shop/__init__.py", "")
        self.write("shop/main.py", "")
        self.assertFails("shop.mian:app", "there is no module shop.mian; did you mean shop.main?", str(self.directory / "shop"))
        self.assertFails("shpo.main:app", "there is no module shpo; did you mean shop.main?")
        self.assertFails("mainly.app", "module mainly", "is not a package; name an attribute with a colon, such as mainly:app")

    def test_a_directory_that_is_not_there(self):
        with self.assertRaisesRegex(LoadingError, "there is no directory /nowhere"):
            load("m", directory="/nowhere")

    def test_an_attribute_that_is_not_there(self):
        file = self.write("m.py", "class Site: index = 1\nappy = 1")
        self.assertFails("m:apy", f"module m ({file}) has no attribute apy; did you mean appy?")
        self.assertFails("m:Site.indx", "Site of module m", "did you mean index?")
        self.assertFails("m:create_app()", "create_app() is a call: name the function alone, with --factory: m:create_app --factory")

    def test_no_usual_name(self):
        self.write("m.py", "def serve_me(e, s): pass\nimport os")
        self.assertFails("m", "has neither app nor application; it has serve_me: name one, such as m:serve_me")
        self.write("n.py", "def create_app(): pass")
        self.assertFails("n", "has neither app nor application; it has create_app, which --factory calls")
        self.write("o.py", "")
        self.assertFails("o", "has neither create_app, app nor application", is_factory=True)

    def test_what_cannot_be_called(self):
        self.write("m.py", "app = {}\ndef create_app(): return 7\nno_factory = 1")
        self.assertFails("m:app", "is not an app: dict objects cannot be called")
        self.assertFails("m:create_app", "is not an app: int objects", is_factory=True)
        self.assertFails("m:no_factory", "is not a factory: int objects", is_factory=True)

    # What raises

    def test_the_traceback_has_the_app_s_frames_alone(self):
        self.write("deep.py", "def fall():\n    raise RuntimeError('too deep')\n")
        file = self.write("m.py", "import deep\ndeep.fall()\n")
        error = self.assertFails("m", "importing m failed: RuntimeError: too deep")
        frames = [line for line in error.traceback.splitlines() if line.lstrip().startswith("File")]
        self.assertEqual(len(frames), 2, error.traceback)
        self.assertIn(f'File "{file}", line 2', frames[0])
        self.assertNotIn("importlib", error.traceback)
        self.assertTrue(error.traceback.endswith("RuntimeError: too deep"))

    def test_causes_are_cut_too(self):
        self.write("m.py", "import importlib\ntry:\n    importlib.import_module('absent_for_sure')\nexcept ImportError as error:\n    raise ValueError('no') from error\n")
        error = self.assertFails("m", "ValueError: no")
        self.assertIn("ModuleNotFoundError", error.traceback)
        self.assertNotIn("importlib/__init__", error.traceback)
        self.assertNotIn("frozen", error.traceback)

    def test_a_module_that_the_app_lacks(self):
        self.write("m.py", "import absent_for_sure")
        error = self.assertFails("m", "importing m failed: there is no module absent_for_sure; is it installed for " + sys.executable)
        self.assertIn("import absent_for_sure", error.traceback)

    def test_a_syntax_error(self):
        file = self.write("m.py", "def app(:\n")
        error = self.assertFails("m", "importing m failed: SyntaxError")
        self.assertIn(f'File "{file}", line 1', error.traceback)

    def test_a_module_that_exits(self):
        self.write("m.py", "import sys\nsys.exit(3)")
        self.assertFails("m", "sys.exit(3)", "__main__")

    def test_a_factory_that_raises(self):
        self.write("m.py", "def create_app():\n    raise KeyError('DATABASE_URL')")
        error = self.assertFails("m", "the factory m:create_app failed: KeyError: 'DATABASE_URL'", is_factory=True)
        self.assertIn("in create_app", error.traceback)
        self.write("n.py", "def create_app(config): pass")
        self.assertFails("n", "missing 1 required positional argument: 'config'", is_factory=True)


if __name__ == "__main__":
    unittest.main()
