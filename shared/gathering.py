"""Lets what comes close together be done at once."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Gathering(Generic[T]):
    """Waits `seconds` after the first thing that comes, and then does it and all that came meanwhile.

    Nothing here survives its process: it is for what may be lost, because somebody asks for it again.
    """

    def __init__(self, seconds: float, do: Callable[[list[T]], None]) -> None:
        self._seconds, self._do = seconds, do
        self._waiting: list[T] = []
        self._lock = threading.Lock()

    def add(self, thing: T) -> None:
        """Have it done in a moment."""
        with self._lock:
            self._waiting.append(thing)
            is_first = len(self._waiting) == 1
        if is_first:
            timer = threading.Timer(self._seconds, self.finish)
            timer.daemon = True
            timer.start()

    def finish(self) -> None:
        """Do now what waits."""
        with self._lock:
            things, self._waiting = self._waiting, []
        if things:
            self._do(things)
