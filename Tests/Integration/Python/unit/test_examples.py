"""The ways in which programs call Hypercorn's `serve`, as its documentation shows them; only the imports name another package."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

import tree
from http_client import connect, get

BASIC = """
    from roost.config import Config

    config = Config()
    config.bind = ["unix:app.sock"]

    import asyncio
    from roost.asyncio import serve

    asyncio.run(serve(app, config))
"""

UVLOOP = """
    from roost.config import Config

    config = Config()
    config.bind = ["unix:app.sock"]

    import asyncio

    import uvloop
    from roost.asyncio import serve

    uvloop.install()
    asyncio.run(serve(app, config))
"""

TRIO = """
    from roost.config import Config

    config = Config()
    config.bind = ["unix:app.sock"]

    import trio
    from roost.trio import serve

    trio.run(serve, app, config)
"""

TRIGGER = """
    import asyncio
    import signal
    from typing import Any
    from roost.asyncio import serve
    from roost.config import Config

    config = Config()
    config.bind = ["unix:app.sock"]
    shutdown_event = asyncio.Event()

    def _signal_handler(*_: Any) -> None:
            shutdown_event.set()

    loop = asyncio.get_event_loop()
    loop.add_signal_handler(signal.SIGTERM, _signal_handler)
    loop.run_until_complete(
        serve(app, config, shutdown_trigger=shutdown_event.wait)
    )
"""

NO_SIGNALS = """
    import asyncio
    from roost.asyncio import serve
    from roost.config import Config

    config = Config()
    config.bind = ["unix:app.sock"]

    async def main():
        task = asyncio.ensure_future(serve(app, config, shutdown_trigger=lambda: asyncio.Future()))
        await asyncio.get_running_loop().run_in_executor(None, input)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
"""

NURSERY = """
    import trio
    from roost.config import Config
    from roost.trio import serve

    async def main():
        config = Config()
        config.bind = ["unix:app.sock"]
        async with trio.open_nursery() as nursery:
            binds = await nursery.start(serve, app, config)
            print("running on", *binds, flush=True)
            await trio.to_thread.run_sync(input)
            nursery.cancel_scope.cancel()

    trio.run(main)
"""

MANAGER = """
    import asyncio
    from roost.asyncio import serve
    from roost.config import Config

    class ServerManager:
        def __init__(self, app, config):
            self.app = app
            self.config = config
            self.shutdown_event = asyncio.Event()
            self.server_task = None

        async def start(self):
            self.server_task = asyncio.create_task(
                serve(self.app, self.config, shutdown_trigger=self.shutdown_event.wait)
            )

        async def stop(self):
            if self.server_task:
                self.shutdown_event.set()
                await self.server_task

    async def main():
        config = Config()
        config.bind = "unix:app.sock"
        manager = ServerManager(app, config)
        await manager.start()
        await asyncio.get_running_loop().run_in_executor(None, input)
        await manager.stop()

    asyncio.run(main())
"""

WSGI = """
    import asyncio
    from roost.asyncio import serve
    from roost.config import Config

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["PATH_INFO"].encode()]

    config = Config()
    config.bind = ["unix:app.sock"]
    config.workers = 1
    config.accesslog = None
    asyncio.run(serve(app, config{mode}))
"""


class Examples(unittest.TestCase):
    def run_example(self, text, *, stop):
        """Runs a program, asks it something, stops it, and gives what it printed."""
        with tempfile.TemporaryDirectory() as directory:
            program = f"import sys; sys.path.insert(0, {str(tree.HERE)!r}); import tree\nfrom apps import plain as app\n" + textwrap.dedent(text)
            Path(directory, "program.py").write_text(program)
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore::DeprecationWarning", "program.py"],
                cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            try:
                url = f"http://unix:{directory}/app.sock"
                self.wait(url, process)
                self.assertEqual(get(url, "/example"), (200, b"/example"))
                if stop == "input":
                    process.stdin.write("\n")
                    process.stdin.flush()
                else:
                    process.send_signal(stop)
                output, errors = process.communicate(timeout=20)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.communicate()
            self.assertNotIn("Traceback", errors)
            self.assertEqual(process.returncode, 0, errors)
            self.assertFalse(os.path.exists(f"{directory}/app.sock"))
            return output

    def wait(self, url, process):
        for _ in range(1000):
            try:
                return connect(url).close()
            except OSError:
                if process.poll() is not None:
                    self.fail(process.communicate()[1])
                time.sleep(0.01)
        self.fail("it does not listen")

    def test_asyncio(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.run_example(BASIC, stop=number)

    @unittest.skipUnless(tree.HAS_UVLOOP, "uvloop is not installed")
    def test_uvloop(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.run_example(UVLOOP, stop=number)

    @unittest.skipUnless(tree.HAS_TRIO, "trio is not installed")
    def test_trio(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.run_example(TRIO, stop=number)

    def test_a_shutdown_trigger_with_a_signal_handler(self):
        self.run_example(TRIGGER, stop=signal.SIGTERM)

    def test_a_trigger_that_never_returns(self):
        self.run_example(NO_SIGNALS, stop="input")

    @unittest.skipUnless(tree.HAS_TRIO, "trio is not installed")
    def test_a_nursery(self):
        self.assertRegex(self.run_example(NURSERY, stop="input"), "running on http://unix:.*app.sock")

    def test_a_server_manager(self):
        self.run_example(MANAGER, stop="input")

    def test_a_wsgi_app(self):
        self.run_example(WSGI.format(mode=""), stop=signal.SIGINT)

    def test_an_explicit_mode(self):
        self.run_example(WSGI.format(mode=', mode="wsgi"'), stop=signal.SIGINT)
        self.run_example(BASIC.replace("serve(app, config)", 'serve(lambda *args: app(*args), config, mode="asgi")'), stop=signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
