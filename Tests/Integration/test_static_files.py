"""`static:` apps: with curl, and behind nginx, which passes them on or sends the files itself."""

import os
import re
import subprocess
import tempfile
import unittest

from clients import ask, unix
from nginx import Nginx
from processes import Program
from requirements import binary, require_programs


class StaticTests(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="roost-static-")
        self.addCleanup(directory.cleanup)
        self.site = os.path.join(directory.name, "site")
        self.socket = os.path.join(directory.name, "app.sock")
        self.content = os.urandom(1 << 20)
        for name, content in (("index.html", b"<h1>home</h1>"), ("below/index.html", b"below"), ("big.bin", self.content), ("app.js", b"plain"),
                              ("app.js.gz", b"zipped"), (".secret", b"secret"), ("../outside", b"outside")):
            path = os.path.join(self.site, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)

    def start(self, *flags, app=None):
        return Program(self, binary("ROOST_BIN"), "serve", app or "static:" + self.site, "--bind", "unix:" + self.socket, *flags)

    def serve(self, *flags):
        self.roost = self.start(*flags).wait_until_ready()
        return unix(self.socket)

    def curl(self, target, *options):
        require_programs("curl")
        return subprocess.run(["curl", "-s", "--path-as-is", "--max-time", "20", "--unix-socket", self.socket, "http://site" + target, *options],
                              stdout=subprocess.PIPE, check=True).stdout

    def check(self, *arguments):
        done = subprocess.run([binary("ROOST_BIN"), "check", *arguments, "--bind", "unix:" + self.socket], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True)
        return done.returncode, done.stdout

    def test_curl_gets_files_and_parts_of_them_and_resumes(self):
        self.serve("--static-max-age", "1h")
        self.assertEqual(self.curl("/"), b"<h1>home</h1>")
        self.assertEqual(self.curl("/big.bin"), self.content)
        self.assertEqual(self.curl("/big.bin", "-r", "1000-1999"), self.content[1000:2000])
        with tempfile.NamedTemporaryFile() as partial:
            partial.write(self.content[:500000])
            partial.flush()
            self.curl("/big.bin", "-C", "-", "-o", partial.name)
            with open(partial.name, "rb") as file:
                self.assertEqual(file.read(), self.content)
        several = self.curl("/big.bin", "-r", "0-9,500000-500009")
        self.assertIn(self.content[500000:500010], several)
        self.assertEqual(several.count(b"content-range: bytes "), 2)
        with tempfile.NamedTemporaryFile() as tag:
            self.curl("/big.bin", "--etag-save", tag.name, "-o", "/dev/null")
            again = self.curl("/big.bin", "--etag-compare", tag.name, "-o", "/dev/null", "-w", "%{http_code} %{size_download}")
            self.assertEqual(again, b"304 0")
        self.assertIn(b"cache-control: max-age=3600", self.curl("/app.js", "-D", "-"))
        self.assertEqual(self.curl("/app.js", "-H", "Accept-Encoding: gzip"), b"zipped")
        self.assertEqual(self.curl("/below?a=b", "-L"), b"below")

    def test_nothing_else_is_to_be_had(self):
        self.serve()
        for target in ("/.secret", "/../outside", "/%2e%2e/outside", "/below/../../outside", "/..%2foutside", "//etc/passwd", "/below%2findex.html", "/none"):
            with self.subTest(target=target):
                self.assertIn(self.curl(target, "-o", "/dev/null", "-w", "%{http_code}"), (b"404", b"400"))
        self.assertEqual(self.curl("/", "-X", "DELETE", "-o", "/dev/null", "-w", "%{http_code}"), b"405")

    def test_the_settings_reach_it(self):
        os.symlink("app.js", os.path.join(self.site, "link.js"))
        self.serve("--static-symlinks", "--no-static-precompressed", "--static-index", "app.js", "--workers", "2")
        self.assertEqual(self.curl("/link.js", "-H", "Accept-Encoding: gzip"), b"plain")
        self.assertEqual(self.curl("/"), b"plain")

    def test_a_directory_that_is_not_there_is_named(self):
        program = self.start(app="static:" + self.site + "/none")
        self.assertEqual(program.wait(), 3)
        self.assertRegex(program.output(), "cannot serve files from {}/none: No such file or directory".format(re.escape(self.site)))
        status, output = self.check("static:" + self.site + "/none")
        self.assertNotEqual(status, 0)
        self.assertIn("cannot serve files from {}/none: No such file or directory".format(self.site), output)
        self.assertEqual(self.check("static:" + self.site), (0, "ok\n"))
        status, output = self.check("static:")
        self.assertEqual(status, 2)
        self.assertIn("such as static:/srv/www", output)

    def test_nginx_passes_parts_and_conditions_on(self):
        self.serve()
        connector = Nginx(self, self.socket).connector
        whole = ask(connector, "/big.bin")
        self.assertEqual(whole.body, self.content)
        part = ask(connector, "/big.bin", headers={"Range": "bytes=5-9", "If-Range": whole.headers["etag"]})
        self.assertEqual((part.status, part.body, part.headers["content-range"]), (206, self.content[5:10], "bytes 5-9/{}".format(len(self.content))))
        self.assertEqual(ask(connector, "/big.bin", headers={"If-None-Match": whole.headers["etag"]}).status, 304)
        redirect = ask(connector, "/below")
        self.assertEqual(redirect.status, 301)
        self.assertTrue(redirect.headers["location"].endswith("./below/"), redirect.headers["location"])

    def test_nginx_sends_the_files_itself(self):
        self.serve("--accel-map", self.site + "=/protected", "--forwarded-allow-ips", "unix:")
        location = "location /protected/ {{ internal; alias {}/; }}\n    location / {{".format(self.site)
        connector = Nginx(self, self.socket, edits=[(r"location / \{", location)]).connector
        whole = ask(connector, "/big.bin")
        self.assertEqual(whole.body, self.content)
        # nginx's own tag has a time of whole seconds.
        self.assertRegex(whole.headers["etag"], '^"[0-9a-f]{8}-100000"$')
        part = ask(connector, "/big.bin", headers={"Range": "bytes=5-9"})
        self.assertEqual((part.status, part.body), (206, self.content[5:10]))
        self.assertEqual(ask(connector, "/big.bin", headers={"If-None-Match": whole.headers["etag"]}).status, 304)
        self.assertRegex(ask(connector, "/app.js").headers["content-type"], "^text/javascript")
        self.assertEqual(ask(connector, "/.secret").status, 404)


if __name__ == "__main__":
    unittest.main()
