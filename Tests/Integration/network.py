"""Sockets in another network namespace."""

import ctypes
import os
import queue
import socket
import threading


class SocketMaker:
    """A thread that lives in another network namespace and makes sockets there: a socket belongs to where it was made."""

    def __init__(self, namespace):
        self._namespace = namespace
        self._wanted, self._made = queue.Queue(), queue.Queue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        CLONE_NEWNET = 0x40000000
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = os.open(self._namespace, os.O_RDONLY | os.O_CLOEXEC)
        failed = libc.setns(descriptor, CLONE_NEWNET) != 0
        number = ctypes.get_errno()
        os.close(descriptor)
        while True:
            wanted = self._wanted.get()
            if wanted is None:
                return
            try:
                if failed:
                    raise OSError(number, os.strerror(number))
                self._made.put(socket.socket(*wanted))
            except OSError as error:
                self._made.put(error)

    def make(self, family, kind):
        with self._lock:
            self._wanted.put((family, kind))
            made = self._made.get()
        if isinstance(made, OSError):
            raise made
        return made

    def close(self):
        self._wanted.put(None)
        self._thread.join()
