"""What an app may rely on in a request's task, one endpoint for each thing; the same again under BaseHTTPMiddleware at /wrapped.

Every endpoint answers with JSON. The names of the endpoints are the tests' names.
"""

import asyncio
import contextvars
import functools
import os
import socket
import sys
import threading

import anyio
import anyio.from_thread
import anyio.to_thread
import sniffio
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

variable = contextvars.ContextVar("variable", default="unset")
background = []
routes = []


def check(function):
    """Makes an endpoint of a function that takes the request and returns what can be JSON."""
    @functools.wraps(function)
    async def endpoint(request):
        return JSONResponse(await function(request))

    return route(endpoint)


def route(endpoint):
    routes.append(Route("/" + endpoint.__name__.replace("_", "-"), endpoint, methods=["GET", "POST"]))
    return endpoint


def running_task():
    if sniffio.current_async_library() == "trio":
        import trio
        return trio.lowlevel.current_task()
    return asyncio.current_task()


# MARK: with any library

@check
async def current_task(request):
    first = running_task()
    await anyio.sleep(0)
    second = running_task()
    await anyio.sleep(0.001)
    third = running_task()
    library = sniffio.current_async_library()
    if library == "trio":
        import trio
        is_real = isinstance(first, trio.lowlevel.Task)
    else:
        is_real = isinstance(first, asyncio.Task) and first in asyncio.all_tasks()
    loop = library if library == "trio" else type(asyncio.get_running_loop()).__module__.split(".")[0]
    return {"loop": loop, "real": is_real, "same": first is second is third}


@check
async def move_on_after(request):
    with anyio.move_on_after(0.05) as scope:
        await anyio.sleep(5)
    return scope.cancelled_caught


@check
async def fail_after(request):
    try:
        with anyio.fail_after(0.05):
            await anyio.sleep(5)
    except TimeoutError:
        return "TimeoutError"
    return None


@check
async def task_group(request):
    done = []

    async def work(number):
        await anyio.sleep(0.01)
        done.append(number)

    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(work, number)
    return sorted(done)


@check
async def failing_task_group(request):
    """One task that fails ends the others, and the request goes on."""
    ended = []

    async def work():
        try:
            await anyio.sleep(5)
        finally:
            ended.append("work")

    async def fail():
        await anyio.sleep(0.01)
        raise ValueError("fails")

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(work)
            group.start_soon(fail)
    except BaseException as error:
        return [type(error).__name__, ended]


@check
async def cleanup_in_a_cancelled_scope(request):
    cleaned = False
    with anyio.move_on_after(0.02):
        try:
            await anyio.sleep(5)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
                cleaned = True
    return cleaned


@check
async def threadpool(request):
    return [await run_in_threadpool(lambda: 42), await anyio.to_thread.run_sync(lambda: threading.current_thread() is threading.main_thread())]


@check
async def from_a_thread(request):
    def work():
        return anyio.from_thread.run(answer)

    async def answer():
        await anyio.sleep(0.001)
        return 42

    return await anyio.to_thread.run_sync(work)


@route
def sync_endpoint(request):
    return JSONResponse(threading.current_thread() is threading.main_thread())


@check
async def main_thread(request):
    return threading.current_thread() is threading.main_thread()


@route
async def streaming(request):
    async def pieces():
        for number in range(3):
            yield "piece{} ".format(number)
            await anyio.sleep(0.005)

    return StreamingResponse(pieces(), media_type="text/plain")


@route
async def sync_streaming(request):
    return StreamingResponse(("piece{} ".format(number) for number in range(3)), media_type="text/plain")


@check
async def context(request):
    """What a request sets stays for it, also in its threads and tasks, and no other request sees it."""
    before = variable.get()
    own = request.query_params.get("own", "request")
    variable.set(own)
    await anyio.sleep(0.01)
    seen = [variable.get(), await anyio.to_thread.run_sync(variable.get)]

    async def child():
        seen.append(variable.get())
        variable.set("child")

    async with anyio.create_task_group() as group:
        group.start_soon(child)
    return {"before": before, "seen": seen + [variable.get()], "own": own}


@check
async def locks(request):
    lock, event = anyio.Lock(), anyio.Event()
    sender, receiver = anyio.create_memory_object_stream(1)

    async def other():
        async with lock:
            await sender.send("item")
            event.set()

    async with anyio.create_task_group() as group:
        group.start_soon(other)
        await event.wait()
        async with lock:
            return await receiver.receive()


@check
async def own_sockets(request):
    """The app's own descriptors in the same loop."""
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)

        async def answer():
            await anyio.sleep(0.01)
            far.send(b"hello")

        async with anyio.create_task_group() as group:
            group.start_soon(answer)
            await anyio.wait_readable(near)
            return near.recv(100).decode()


@check
async def subprocesses(request):
    done = await anyio.run_process([sys.executable, "-S", "-c", "print('hello'); raise SystemExit(3)"], check=False)
    return [done.returncode, done.stdout.decode()]


@check
async def is_disconnected(request):
    """Asks by a receive that is cancelled at once."""
    length = len(await request.body())
    return [length, [await request.is_disconnected() for _ in range(3)]]


@route
async def background_task(request):
    async def later(word):
        await anyio.sleep(0.02)
        background.append(word)

    return JSONResponse(background[:], background=BackgroundTask(later, "done"))


@check
async def cancelled_by_itself(request):
    if sniffio.current_async_library() == "trio":
        import trio
        with trio.CancelScope() as scope:
            scope.cancel()
            await trio.sleep(5)
        return scope.cancelled_caught
    asyncio.current_task().cancel()
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        if hasattr(asyncio.Task, "uncancel"):
            asyncio.current_task().uncancel()
        return True
    return False


@check
async def raises(request):
    raise ValueError("the app's own error")


# MARK: with asyncio, also on uvloop

@check
async def asyncio_timeout(request):
    if not hasattr(asyncio, "timeout"):
        return "TimeoutError"
    try:
        async with asyncio.timeout(0.05):
            await asyncio.sleep(5)
    except TimeoutError:
        return "TimeoutError"


@check
async def asyncio_wait_for(request):
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.05)
    except asyncio.TimeoutError:
        return "TimeoutError"


@check
async def asyncio_task_group(request):
    if not hasattr(asyncio, "TaskGroup"):
        return 7
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.sleep(0.001, 7))
    return task.result()


@check
async def asyncio_gather(request):
    inner = asyncio.ensure_future(asyncio.sleep(0.01, "shielded"))
    return await asyncio.gather(asyncio.sleep(0.002, 1), asyncio.shield(inner), asyncio.get_running_loop().run_in_executor(None, lambda: 3))


@check
async def asyncio_callbacks(request):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    order = []
    loop.call_later(0.01, future.set_result, None)
    loop.call_soon(order.append, "soon")
    threading.Thread(target=loop.call_soon_threadsafe, args=(order.append, "thread")).start()
    await future
    return order


@check
async def asyncio_introspection(request):
    """What debuggers and monitors ask of a task."""
    task = asyncio.current_task()
    name = task.get_name()
    task.set_name("renamed")
    done = []
    task.add_done_callback(lambda _: None)
    return {
        "coroutine": asyncio.iscoroutine(task.get_coro()),
        "stack": isinstance(task.get_stack(), list),
        "shown": "renamed" in repr(task),
        "named": bool(name),
        "loop": task.get_loop() is asyncio.get_running_loop(),
        "cancelling": task.cancelling() if hasattr(task, "cancelling") else 0,
        "done": [task.done(), task.cancelled(), done],
    }


@check
async def asyncio_streams(request):
    near, far = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=near)
    other_reader, other_writer = await asyncio.open_connection(sock=far)
    other_writer.write(b"line\n")
    line = await reader.readline()
    for one in (writer, other_writer):
        one.close()
    return line.decode()


@check
async def asyncio_task_factory(request):
    """Whether tasks that the app makes start at once, which only it may ask for."""
    started = []

    async def work():
        started.append(True)

    task = asyncio.get_running_loop().create_task(work())
    at_once = bool(started)
    await task
    return at_once


# MARK: with trio

@check
async def trio_move_on_after(request):
    import trio
    with trio.move_on_after(0.05) as scope:
        await trio.sleep(5)
    return scope.cancelled_caught


@check
async def trio_nursery(request):
    import trio
    done = []

    async def work(number, task_status=trio.TASK_STATUS_IGNORED):
        task_status.started(number)
        await trio.sleep(0.01)
        done.append(number)

    async with trio.open_nursery() as nursery:
        first = await nursery.start(work, 1)
        nursery.start_soon(work, 2)
    return [first, sorted(done)]


@check
async def trio_to_thread(request):
    import trio

    def work():
        return trio.from_thread.run(trio.sleep, 0.001)

    return await trio.to_thread.run_sync(work)


@check
async def trio_task_context(request):
    """A request's task is a child of a nursery of the server's, not its root."""
    import trio
    task = trio.lowlevel.current_task()
    return [task.parent_nursery is not None, task is not trio.lowlevel.current_root_task()]


class Middle(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-middleware"] = "passed"
        return response


def home(request):
    return PlainTextResponse("pid {}".format(os.getpid()))


app = Starlette(routes=routes + [Route("/", home), Mount("/wrapped", Starlette(routes=routes, middleware=[Middleware(Middle)]))])
