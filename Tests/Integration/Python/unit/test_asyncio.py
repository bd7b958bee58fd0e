import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import threading
import unittest

import apps
import tree
from http_client import answer, ask, connect, get
from roost.asyncio import serve
from roost.config import Config
from roost.errors import LifespanError


class Status:
    """A task_status that lets a test wait for it."""

    def __init__(self):
        self.binds = asyncio.get_running_loop().create_future()
        self.count = 0

    def started(self, binds):
        self.count += 1
        self.binds.set_result(binds)


def configured(**values):
    return Config.from_mapping(values, bind=values.get("bind", "127.0.0.1:0"), loglevel="error")


class OnAsyncio(unittest.TestCase):
    @staticmethod
    def new_loop():
        return asyncio.new_event_loop()

    def run_test(self, main):
        loop = self.new_loop()
        try:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(asyncio.wait_for(main(), 20))
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    @contextlib.asynccontextmanager
    async def served(self, app, config=None, **options):
        """Serves while the block runs; then the trigger returns. Gives URL, task and trigger."""
        status, trigger = Status(), asyncio.Event()
        task = asyncio.ensure_future(serve(app, config or configured(), shutdown_trigger=trigger.wait, task_status=status, **options))
        await asyncio.wait([task, status.binds], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        try:
            yield status.binds.result()[0], task, trigger
        finally:
            trigger.set()
            if not task.done():
                await task
        self.assertEqual(status.count, 1)

    @staticmethod
    async def blocking(function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    async def eventually(self, condition):
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        self.fail("it did not happen")

    # Apps

    def test_an_asgi_app_is_served(self):
        async def main():
            async with self.served(apps.plain) as (url, _, _):
                self.assertRegex(url, r"^http://127\.0\.0\.1:\d+$")
                self.assertEqual(await self.blocking(get, url, "/hello"), (200, b"/hello"))

        self.run_test(main)

    def test_an_asgi_2_app_is_served(self):
        class App:
            def __init__(self, scope):
                self.scope = scope

            async def __call__(self, receive, send):
                await apps.plain(self.scope, receive, send)

        async def main():
            async with self.served(App) as (url, _, _):
                self.assertEqual(await self.blocking(get, url, "/two"), (200, b"/two"))

        self.run_test(main)

    def test_a_wsgi_app_is_served(self):
        async def main():
            async with self.served(apps.wsgi) as (url, _, _):
                self.assertEqual(await self.blocking(get, url, "/w"), (200, b"/w"))

        self.run_test(main)

    def test_the_mode_may_be_given(self):
        async def main():
            async with self.served(lambda *args: apps.plain(*args), mode="asgi") as (url, _, _):
                self.assertEqual(await self.blocking(get, url, "/m"), (200, b"/m"))

        self.run_test(main)

    def test_several_addresses(self):
        async def main():
            with tempfile.TemporaryDirectory() as directory:
                config = configured(bind=[f"unix:{directory}/a.sock", "127.0.0.1:0"])
                async with self.served(apps.plain, config) as (url, _, _):
                    self.assertEqual(url, f"http://unix:{directory}/a.sock")
                    self.assertEqual(await self.blocking(get, url, "/u"), (200, b"/u"))
                self.assertEqual(os.listdir(directory), [])

        self.run_test(main)

    def test_each_request_is_a_real_task_with_its_own_context(self):
        seen = []

        async def app(scope, receive, send):
            task = asyncio.current_task()
            await asyncio.sleep(0)
            seen.append((task, asyncio.current_task()))
            await apps.respond(send, b"")

        async def main():
            async with self.served(app, configured(lifespan="off")) as (url, _, _):
                await self.blocking(get, url)
                await self.blocking(get, url)
            (first, still_first), (second, still_second) = seen
            self.assertIsInstance(first, asyncio.Task)
            self.assertIs(first, still_first)
            self.assertIs(second, still_second)
            self.assertIsNot(first, second)

        self.run_test(main)

    def test_a_task_factory_sees_every_request(self):
        made = []

        def factory(loop, coroutine, **options):
            made.append(coroutine)
            return asyncio.Task(coroutine, loop=loop, **options)

        async def main():
            asyncio.get_running_loop().set_task_factory(factory)
            async with self.served(apps.plain, configured(lifespan="off")) as (url, _, _):
                before = len(made)
                await self.blocking(get, url)
                self.assertGreater(len(made), before)

        self.run_test(main)

    # Lifespan

    def test_state_reaches_each_request(self):
        app = apps.Scripted(asyncio.sleep)

        async def main():
            async with self.served(app) as (url, _, _):
                self.assertEqual(await self.blocking(get, url), (200, b"/ {'database': 'open'}"))
            self.assertEqual(app.diary, ["lifespan.startup", "answered", "lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_an_app_without_lifespan_is_served_unless_it_is_asked_for(self):
        async def main():
            async with self.served(apps.plain) as (url, _, _):
                self.assertEqual((await self.blocking(get, url))[0], 200)
            with self.assertRaisesRegex(LifespanError, "the app raised in its lifespan call: AssertionError"):
                await serve(apps.plain, configured(lifespan="on"))
            app = apps.Scripted(asyncio.sleep)
            async with self.served(app, configured(lifespan="off")):
                pass
            self.assertEqual(app.diary, [])

        self.run_test(main)

    def test_a_startup_that_fails(self):
        async def main():
            for how, reason in [
                ("raise", "the app raised during its lifespan startup: RuntimeError: no database"),
                ("fail", "the app's lifespan startup failed: no database"),
                ("return", "the app returned from its lifespan call before it answered the startup event"),
            ]:
                app = apps.Scripted(asyncio.sleep, startup=how)
                with self.assertRaises(LifespanError) as caught:
                    await serve(app, configured())
                self.assertEqual((str(caught.exception), caught.exception.stage), (reason, "startup"))
                self.assertEqual(isinstance(caught.exception.__cause__, RuntimeError), how == "raise")
                self.assertEqual(app.diary, ["lifespan.startup", "lifespan over"])

        self.run_test(main)

    def test_a_startup_that_takes_too_long(self):
        async def main():
            app = apps.Scripted(asyncio.sleep, startup="sleep")
            with self.assertRaisesRegex(LifespanError, r"did not complete within 0.1 s \(startup_timeout\)"):
                await serve(app, configured(startup_timeout=0.1))
            self.assertEqual(app.diary[-1], "lifespan over")

        self.run_test(main)

    def test_a_shutdown_that_fails(self):
        async def main():
            for how, reason in [
                ("raise", "RuntimeError: cannot close"),
                ("fail", "the app's lifespan shutdown failed$"),
                ("sleep", r"shutdown did not complete within 0.1 s \(shutdown_timeout\)"),
            ]:
                app = apps.Scripted(asyncio.sleep, shutdown=how)
                with self.assertRaisesRegex(LifespanError, reason) as caught:
                    async with self.served(app, configured(shutdown_timeout=0.1)):
                        pass
                self.assertEqual(caught.exception.stage, "shutdown")
                self.assertEqual(app.diary[-1], "lifespan over")

        self.run_test(main)

    def test_a_lifespan_that_leaves_early_does_not_stop_serving(self):
        async def main():
            app = apps.Scripted(asyncio.sleep, startup="leave")
            async with self.served(app) as (url, _, _):
                self.assertEqual((await self.blocking(get, url))[0], 200)

        self.run_test(main)

    def test_a_lifespan_message_at_the_wrong_time_is_an_error_of_the_app(self):
        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.shutdown.complete"})

        async def main():
            with self.assertRaisesRegex(LifespanError, "RuntimeError: 'lifespan.shutdown.complete' was sent"):
                await serve(app, configured())

        self.run_test(main)

    def test_the_startup_is_given_up_when_the_trigger_returns(self):
        async def main():
            app = apps.Scripted(asyncio.sleep, startup="sleep")
            await serve(app, configured(), shutdown_trigger=lambda: asyncio.sleep(0.1))
            self.assertEqual(app.diary, ["lifespan.startup", "lifespan over"])

        self.run_test(main)

    # Binding

    def test_an_address_that_is_taken(self):
        async def main():
            app = apps.Scripted(asyncio.sleep)
            async with self.served(apps.plain) as (url, _, _):
                with self.assertRaises(OSError) as caught:
                    await serve(app, configured(bind=url[len("http://") :]))
                self.assertEqual(type(caught.exception).__name__, "BindError")
            self.assertEqual(app.diary, ["lifespan.startup", "lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_a_wrong_setting_is_a_value_error(self):
        async def main():
            with self.assertRaisesRegex(ValueError, "graceful_timeout"):
                await serve(apps.plain, configured(graceful_timeout="soon"))

        self.run_test(main)

    # Shutdown

    def test_a_request_in_flight_is_finished(self):
        async def main():
            app = apps.Scripted(asyncio.sleep)
            async with self.served(app) as (url, task, trigger):
                asked = asyncio.ensure_future(self.blocking(get, url, "/slow"))
                await self.eventually(lambda: app.diary[-1:] == ["slow"])
                trigger.set()
                await task
                self.assertEqual((await asked)[0], 200)
            self.assertEqual(app.diary[1:], ["slow", "answered", "lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_what_outlasts_the_graceful_timeout_is_cut(self):
        async def main():
            app = apps.Scripted(asyncio.sleep)
            async with self.served(app, configured(graceful_timeout=0.1)) as (url, task, trigger):
                connection = await self.blocking(connect, url)
                ask(connection, "/endless")
                await self.eventually(lambda: app.diary[-1:] == ["endless"])
                with self.assertLogs("roost", "WARNING") as logs:
                    trigger.set()
                    await task
                self.assertIn("the graceful timeout is over: requests in flight are cut requests=1 connections=1", logs.output[0])
                await self.blocking(answer, connection)
            self.assertEqual(app.diary[2:], ["request: CancelledError", "lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_a_cancellation_drains_and_is_raised_again(self):
        async def main():
            app = apps.Scripted(asyncio.sleep)
            async with self.served(app) as (url, task, _):
                asked = asyncio.ensure_future(self.blocking(get, url, "/slow"))
                await self.eventually(lambda: app.diary[-1:] == ["slow"])
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                self.assertEqual((await asked)[0], 200)
            self.assertEqual(app.diary[-2:], ["lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_a_second_cancellation_does_not_wait(self):
        async def main():
            app = apps.Scripted(asyncio.sleep)
            async with self.served(app) as (url, task, _):
                connection = await self.blocking(connect, url)
                ask(connection, "/endless")
                await self.eventually(lambda: app.diary[-1:] == ["endless"])
                task.cancel()
                await asyncio.sleep(0.05)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await asyncio.wait_for(asyncio.shield(task), 5)
                await self.blocking(answer, connection)
            self.assertIn("request: CancelledError", app.diary)

        self.run_test(main)

    def test_a_cancellation_during_startup(self):
        async def main():
            app = apps.Scripted(asyncio.sleep, startup="sleep")
            task = asyncio.ensure_future(serve(app, configured()))
            await self.eventually(lambda: app.diary)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            await self.eventually(lambda: app.diary[-1] == "lifespan over")

        self.run_test(main)

    def test_what_the_trigger_raises_is_raised_after_the_shutdown(self):
        async def trigger():
            await asyncio.sleep(0.1)
            raise KeyError("broken")

        async def main():
            app = apps.Scripted(asyncio.sleep)
            with self.assertRaises(KeyError):
                await serve(app, configured(), shutdown_trigger=trigger)
            self.assertEqual(app.diary[-1], "lifespan over")

        self.run_test(main)

    def test_what_started_raises_is_raised_after_the_shutdown(self):
        class Broken:
            def started(self, binds):
                raise KeyError(binds[0])

        async def main():
            app = apps.Scripted(asyncio.sleep)
            with self.assertRaises(KeyError):
                await serve(app, configured(), task_status=Broken())
            self.assertEqual(app.diary[-1], "lifespan over")

        self.run_test(main)

    def test_a_waiting_app_sees_the_disconnect(self):
        async def main():
            app = apps.Scripted(asyncio.sleep)
            async with self.served(app) as (url, _, _):
                connection = await self.blocking(connect, url)
                ask(connection, "/disconnect")
                await self.eventually(lambda: app.diary[-1:] == ["waiting"])
                connection.close()
                await self.eventually(lambda: app.diary[-1:] == ["http.disconnect"])

        self.run_test(main)

    # Signals

    def test_signals_end_it_and_are_put_back(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

                async def main():
                    app, status = apps.Scripted(asyncio.sleep), Status()
                    task = asyncio.ensure_future(serve(app, configured(), task_status=status))
                    await status.binds
                    os.kill(os.getpid(), number)
                    await asyncio.wait_for(task, 5)
                    self.assertEqual(app.diary, ["lifespan.startup", "lifespan.shutdown", "lifespan over"])

                self.run_test(main)
                self.assertEqual({each: signal.getsignal(each) for each in before}, before)

    def test_a_second_signal_does_not_wait(self):
        async def main():
            app, status = apps.Scripted(asyncio.sleep), Status()
            task = asyncio.ensure_future(serve(app, configured(), task_status=status))
            (url,) = await status.binds
            connection = await self.blocking(connect, url)
            ask(connection, "/endless")
            await self.eventually(lambda: app.diary[-1:] == ["endless"])
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.1)
            self.assertFalse(task.done())
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(task, 5)
            await self.blocking(answer, connection)
            self.assertIn("request: CancelledError", app.diary)

        self.run_test(main)

    def test_a_trigger_leaves_signals_alone(self):
        async def main():
            before = signal.getsignal(signal.SIGTERM)
            async with self.served(apps.plain):
                self.assertIs(signal.getsignal(signal.SIGTERM), before)

        self.run_test(main)

    def test_another_thread_than_the_main_one(self):
        failures = []

        async def main():
            async with self.served(apps.plain) as (url, _, _):
                self.assertEqual((await self.blocking(get, url))[0], 200)
            status = Status()
            task = asyncio.ensure_future(serve(apps.plain, configured(), task_status=status))
            await status.binds
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        def thread():
            try:
                self.run_test(main)
            except BaseException as error:
                failures.append(error)

        other = threading.Thread(target=thread)
        other.start()
        other.join(30)
        self.assertEqual(failures, [])


@unittest.skipUnless(tree.HAS_UVLOOP, "uvloop is not installed")
class OnUvloop(OnAsyncio):
    @staticmethod
    def new_loop():
        import uvloop

        return uvloop.new_event_loop()


if __name__ == "__main__":
    sys.exit(unittest.main())
