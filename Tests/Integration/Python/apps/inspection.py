"""What a process says of itself: memory, objects, tasks, threads."""

import asyncio
import collections
import gc
import os
import sys
import threading


def memory():
    """Resident memory in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def tasks():
    """How many tasks the running loop has, but for those that keep a place for requests to come; None without a loop."""
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            living = trio.lowlevel.current_statistics().tasks_living
            waiting, keepers = [trio.lowlevel.current_root_task()], 0
            while waiting:
                task = waiting.pop()
                keepers += task.name == "roost.trio.nursery"
                waiting.extend(child for nursery in task.child_nurseries for child in nursery.child_tasks)
            return living - keepers
        except RuntimeError:
            pass
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return None


def inspect():
    for _ in range(3):
        gc.collect()
    objects = gc.get_objects()
    kinds = collections.Counter(type(one).__name__ for one in objects)
    return {
        "pid": os.getpid(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "version": list(sys.version_info[:3]),
        "memory": memory(),
        "objects": len(objects),
        # Of bytes, str and the like the collector knows nothing; a leak of them shows in memory and in blocks.
        "blocks": sys.getallocatedblocks(),
        "kinds": dict(kinds.most_common(40)),
        "tasks": tasks(),
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }
