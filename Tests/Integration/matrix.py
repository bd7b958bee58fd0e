"""What `Python/apps/matrix.py` answers where an app may rely on everything that its library promises."""

import json

from clients import Connection, Later

# With any library; each of these is also asked for under BaseHTTPMiddleware.
COMMON = {
    "move-on-after": True,
    "fail-after": "TimeoutError",
    "task-group": [0, 1, 2],
    "cleanup-in-a-cancelled-scope": True,
    "threadpool": [42, False],
    "from-a-thread": 42,
    "sync-endpoint": False,
    "main-thread": True,
    "streaming": "piece0 piece1 piece2 ",
    "sync-streaming": "piece0 piece1 piece2 ",
    "context": {"before": "unset", "seen": ["request", "request", "request", "request"], "own": "request"},
    "failing-task-group": ["ExceptionGroup", ["work"]],
    "locks": "item",
    "own-sockets": "hello",
    "subprocesses": [3, "hello\n"],
    "is-disconnected": [0, [False, False, False]],
    "cancelled-by-itself": True,
}
ASYNCIO = {
    "asyncio-timeout": "TimeoutError",
    "asyncio-wait-for": "TimeoutError",
    "asyncio-task-group": 7,
    "asyncio-gather": [1, "shielded", 3],
    "asyncio-callbacks": ["soon", "thread"],
    "asyncio-introspection": {
        "coroutine": True, "stack": True, "shown": True, "named": True, "loop": True, "cancelling": 0, "done": [False, False, []],
    },
    "asyncio-streams": "line\n",
    "asyncio-task-factory": False,
}
TRIO = {
    "trio-move-on-after": True,
    "trio-nursery": [1, [1, 2]],
    "trio-to-thread": None,
    "trio-task-context": [True, True],
}
EXPECTED = {
    "asyncio": dict(COMMON, **ASYNCIO, **{"current-task": {"loop": "asyncio", "real": True, "same": True}}),
    "uvloop": dict(COMMON, **ASYNCIO, **{"current-task": {"loop": "uvloop", "real": True, "same": True}}),
    "trio": dict(COMMON, **TRIO, **{"current-task": {"loop": "trio", "real": True, "same": True}}),
}


def ask_matrix(test, server, name, expected):
    """Asks for one line of the matrix twice on one connection, without and under middleware."""
    for prefix in ("", "/wrapped"):
        with test.subTest(line=name, middleware=bool(prefix)), Connection(server.connector) as connection:
            for _ in range(2):
                answer = connection.ask("{}/{}".format(prefix, name))
                test.assertEqual(answer.status, 200, (answer.body, server.output()))
                test.assertEqual("x-middleware" in answer.headers, bool(prefix))
                found = answer.body.decode() if name.endswith("streaming") else json.loads(answer.body)
                test.assertEqual(found, expected)


def tests_of(worker_class):
    """Adds a test for each line of the matrix to a class that has a server of this worker class."""
    def add(cls):
        for name, expected in EXPECTED[worker_class].items():
            def test(self, name=name, expected=expected):
                ask_matrix(self, self.server, name, expected)
            test.__name__ = "test_matrix_" + name.replace("-", "_")
            test.__qualname__ = "{}.{}".format(cls.__qualname__, test.__name__)
            setattr(cls, test.__name__, test)
        return cls
    return add


class MatrixBehaviour:
    """What needs more than one request, or more than a look at the answer."""

    def test_contexts_of_requests_at_the_same_time_are_their_own(self):
        for prefix in ("", "/wrapped"):
            asking = [Later(self.ask_json, "{}/context?own={}".format(prefix, number)) for number in range(20)]
            for number, one in enumerate(asking):
                self.assertEqual(one.result(), {"before": "unset", "seen": [str(number)] * 4, "own": str(number)})

    def test_behind_a_body_the_client_is_still_there(self):
        for prefix in ("", "/wrapped"):
            for length in (1, 100000, 1000000):
                with self.subTest(middleware=bool(prefix), length=length):
                    found = self.ask_json(prefix + "/is-disconnected", method="POST", body=b"x" * length)
                    self.assertEqual(found, [length, [False, False, False]])

    def test_background_tasks_run_behind_the_response(self):
        before = self.ask_json("/background-task")
        self.server.wait_for(lambda: len(self.ask_json("/background-task")) > len(before), "no background task has run")

    def test_the_apps_exception_is_a_500_and_the_connection_goes_on(self):
        for prefix in ("", "/wrapped"):
            with self.server.connection() as connection:
                for _ in range(2):
                    self.assertEqual(connection.ask(prefix + "/raises").status, 500)
                    self.assertEqual(connection.ask(prefix + "/main-thread").body, b"true")
        self.server.wait_for_output("ValueError: the app's own error")
