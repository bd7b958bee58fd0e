import os
import signal
import unittest

import apps
import tree
from http_client import answer, ask, connect, get
from roost.config import Config
from roost.errors import LifespanError

if tree.HAS_TRIO:
    import trio

    from roost.trio import TrioFuture, serve


def configured(**values):
    return Config.from_mapping(values, bind=values.get("bind", "127.0.0.1:0"), loglevel="error")


@unittest.skipUnless(tree.HAS_TRIO, "trio is not installed")
class OnTrio(unittest.TestCase):
    def run_test(self, main):
        async def limited():
            with trio.fail_after(20):
                await main()

        trio.run(limited)

    @staticmethod
    async def blocking(function, *arguments):
        return await trio.to_thread.run_sync(function, *arguments)

    async def eventually(self, condition):
        for _ in range(500):
            if condition():
                return
            await trio.sleep(0.01)
        self.fail("it did not happen")

    def start(self, nursery, app, config=None, **options):
        async def serving(task_status):
            await serve(app, config or configured(), task_status=task_status, **options)

        return nursery.start(serving)

    # Apps

    def test_start_gives_the_addresses(self):
        async def main():
            app = apps.Scripted(trio.sleep)
            async with trio.open_nursery() as nursery:
                binds = await nursery.start(serve, app, configured())
                self.assertRegex(binds[0], r"^http://127\.0\.0\.1:\d+$")
                self.assertEqual(await self.blocking(get, binds[0]), (200, b"/ {'database': 'open'}"))
                nursery.cancel_scope.cancel()
            self.assertEqual(app.diary, ["lifespan.startup", "answered", "lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_a_wsgi_app_is_served(self):
        async def main():
            trigger = trio.Event()
            async with trio.open_nursery() as nursery:
                (url,) = await self.start(nursery, apps.wsgi, shutdown_trigger=trigger.wait)
                self.assertEqual(await self.blocking(get, url, "/w"), (200, b"/w"))
                trigger.set()

        self.run_test(main)

    def test_each_request_is_a_task_of_its_own(self):
        tasks = []

        async def app(scope, receive, send):
            before = trio.lowlevel.current_task()
            await trio.sleep(0)
            self.assertIs(before, trio.lowlevel.current_task())
            tasks.append(before)
            with trio.move_on_after(0.01):
                await trio.sleep(5)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 0)
            await trio.to_thread.run_sync(int)
            await apps.respond(send, b"all")

        async def main():
            async with trio.open_nursery() as nursery:
                (url,) = await self.start(nursery, app, configured(lifespan="off"))
                self.assertEqual(await self.blocking(get, url), (200, b"all"))
                self.assertEqual(await self.blocking(get, url), (200, b"all"))
                nursery.cancel_scope.cancel()
            self.assertEqual(len(set(tasks)), 2)

        self.run_test(main)

    # Failures are what they are, and not groups

    def test_a_startup_that_fails(self):
        async def main():
            for how, reason in [
                ("raise", "the app raised during its lifespan startup: RuntimeError: no database"),
                ("fail", "the app's lifespan startup failed: no database"),
                ("return", "the app returned from its lifespan call before it answered the startup event"),
                ("sleep", "the app's lifespan startup did not complete within 0.1 s (startup_timeout)"),
            ]:
                app = apps.Scripted(trio.sleep, startup=how)
                with self.assertRaises(LifespanError) as caught:
                    await serve(app, configured(startup_timeout=0.1))
                self.assertEqual((str(caught.exception), caught.exception.stage), (reason, "startup"))
                self.assertEqual(app.diary, ["lifespan.startup", "lifespan over"])

        self.run_test(main)

    def test_an_app_without_lifespan_is_served_unless_it_is_asked_for(self):
        async def main():
            async with trio.open_nursery() as nursery:
                (url,) = await self.start(nursery, apps.plain)
                self.assertEqual((await self.blocking(get, url))[0], 200)
                nursery.cancel_scope.cancel()
            with self.assertRaisesRegex(LifespanError, "AssertionError"):
                await serve(apps.plain, configured(lifespan="on"))

        self.run_test(main)

    def test_a_shutdown_that_fails(self):
        async def main():
            for how, reason in [
                ("raise", "RuntimeError: cannot close"),
                ("fail", "the app's lifespan shutdown failed$"),
                ("sleep", r"shutdown did not complete within 0.1 s \(shutdown_timeout\)"),
            ]:
                app = apps.Scripted(trio.sleep, shutdown=how)

                async def soon():
                    await trio.sleep(0.05)

                with self.assertRaisesRegex(LifespanError, reason):
                    await serve(app, configured(shutdown_timeout=0.1), shutdown_trigger=soon)
                self.assertEqual(app.diary[-1], "lifespan over")

        self.run_test(main)

    def test_an_address_that_is_taken(self):
        async def main():
            async with trio.open_nursery() as nursery:
                (url,) = await self.start(nursery, apps.plain)
                app = apps.Scripted(trio.sleep)
                with self.assertRaises(OSError):
                    await serve(app, configured(bind=url[len("http://") :]))
                self.assertEqual(app.diary, ["lifespan.startup", "lifespan.shutdown", "lifespan over"])
                nursery.cancel_scope.cancel()

        self.run_test(main)

    def test_what_the_trigger_raises_is_raised_after_the_shutdown(self):
        async def trigger():
            await trio.sleep(0.1)
            raise KeyError("broken")

        async def main():
            app = apps.Scripted(trio.sleep)
            with self.assertRaises(KeyError):
                await serve(app, configured(), shutdown_trigger=trigger)
            self.assertEqual(app.diary[-1], "lifespan over")

        self.run_test(main)

    # Shutdown

    def test_a_cancellation_drains_first(self):
        async def main():
            app, answers = apps.Scripted(trio.sleep), []

            async def client(url):
                answers.append(await self.blocking(get, url, "/slow"))

            async with trio.open_nursery() as outer:
                async with trio.open_nursery() as nursery:
                    (url,) = await self.start(nursery, app)
                    outer.start_soon(client, url)
                    await self.eventually(lambda: app.diary[-1:] == ["slow"])
                    nursery.cancel_scope.cancel()
            self.assertEqual(answers[0][0], 200)
            self.assertEqual(app.diary[1:], ["slow", "answered", "lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_what_outlasts_the_graceful_timeout_is_cut(self):
        async def main():
            app, trigger = apps.Scripted(trio.sleep), trio.Event()
            async with trio.open_nursery() as nursery:
                config = configured(graceful_timeout=0.1)
                (url,) = await self.start(nursery, app, config, shutdown_trigger=trigger.wait)
                connections = [await self.blocking(connect, url) for _ in range(2)]
                ask(connections[0], "/endless")
                ask(connections[1], "/disconnect")
                await self.eventually(lambda: {"endless", "waiting"} <= set(app.diary))
                trigger.set()
            for connection in connections:
                await self.blocking(answer, connection)
            self.assertIn("request: Cancelled", app.diary)
            self.assertEqual(app.diary[-2:], ["lifespan.shutdown", "lifespan over"])

        self.run_test(main)

    def test_a_waiting_app_sees_the_disconnect(self):
        async def main():
            app = apps.Scripted(trio.sleep)
            async with trio.open_nursery() as nursery:
                (url,) = await self.start(nursery, app)
                connection = await self.blocking(connect, url)
                ask(connection, "/disconnect")
                await self.eventually(lambda: app.diary[-1:] == ["waiting"])
                connection.close()
                await self.eventually(lambda: app.diary[-1:] == ["http.disconnect"])
                nursery.cancel_scope.cancel()

        self.run_test(main)

    def test_the_startup_is_given_up_when_the_trigger_returns(self):
        async def main():
            app = apps.Scripted(trio.sleep, startup="sleep")

            async def soon():
                await trio.sleep(0.1)

            await serve(app, configured(), shutdown_trigger=soon)
            self.assertEqual(app.diary, ["lifespan.startup", "lifespan over"])

        self.run_test(main)

    # Signals

    def test_signals_end_it_and_are_put_back(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                before = signal.getsignal(number)

                async def main():
                    app = apps.Scripted(trio.sleep)
                    async with trio.open_nursery() as nursery:
                        await self.start(nursery, app)
                        os.kill(os.getpid(), number)
                    self.assertEqual(app.diary, ["lifespan.startup", "lifespan.shutdown", "lifespan over"])

                self.run_test(main)
                self.assertIs(signal.getsignal(number), before)

    def test_a_second_signal_does_not_wait(self):
        async def main():
            app = apps.Scripted(trio.sleep)
            async with trio.open_nursery() as nursery:
                (url,) = await self.start(nursery, app)
                connection = await self.blocking(connect, url)
                ask(connection, "/endless")
                await self.eventually(lambda: app.diary[-1:] == ["endless"])
                os.kill(os.getpid(), signal.SIGTERM)
                await trio.sleep(0.1)
                os.kill(os.getpid(), signal.SIGTERM)
            await self.blocking(answer, connection)
            self.assertIn("request: Cancelled", app.diary)

        self.run_test(main)

    def test_with_a_trigger_ctrl_c_is_raised_after_the_shutdown(self):
        app = apps.Scripted(trio.sleep)

        async def main():
            async def stop(task_status):
                await serve(app, configured(), shutdown_trigger=trio.sleep_forever, task_status=task_status)

            async with trio.open_nursery() as nursery:
                await nursery.start(stop)
                os.kill(os.getpid(), signal.SIGINT)

        with self.assertRaises(BaseException) as caught:
            self.run_test(main)
        error = caught.exception
        while hasattr(error, "exceptions"):
            (error,) = error.exceptions
        self.assertIsInstance(error, KeyboardInterrupt)
        self.assertEqual(app.diary, ["lifespan.startup", "lifespan.shutdown", "lifespan over"])


@unittest.skipUnless(tree.HAS_TRIO, "trio is not installed")
class Future(unittest.TestCase):
    def test_a_result_that_comes_first_or_last(self):
        async def main():
            early = TrioFuture()
            self.assertFalse(early.done())
            early.set_result(1)
            self.assertTrue(early.done())
            self.assertEqual(await early, 1)
            late = TrioFuture()
            async with trio.open_nursery() as nursery:

                async def wait():
                    self.assertEqual(await late, 2)

                nursery.start_soon(wait)
                await trio.testing.wait_all_tasks_blocked()
                late.set_result(2)

        import trio.testing

        trio.run(main)

    def test_one_that_nobody_waits_for_any_more_is_done(self):
        async def main():
            future = TrioFuture()
            with trio.move_on_after(0):
                await future
            self.assertTrue(future.done())

        trio.run(main)

    def test_it_is_for_one_task(self):
        async def main():
            future = TrioFuture()
            async with trio.open_nursery() as nursery:

                async def wait():
                    await future

                nursery.start_soon(wait)
                await trio.testing.wait_all_tasks_blocked()
                with self.assertRaisesRegex(RuntimeError, "another task waits"):
                    await future
                future.set_result(None)

        import trio.testing

        trio.run(main)


if __name__ == "__main__":
    unittest.main()
