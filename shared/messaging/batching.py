"""Lets what comes close together be done at once."""

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_AT_ONCE = 200


class Batcher(Generic[T]):
    """Waits `seconds` after the first thing that comes, and then does it and all that came meanwhile.

    One thread of its own does it, so what takes long makes the next wait and grow. Nothing here survives its
    process: it is for what may be lost, because somebody asks for it again. `do` must not raise.
    """

    def __init__(self, seconds: float, do: Callable[[list[T]], None]) -> None:
        self._seconds, self._do = seconds, do
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="gathering", daemon=True)
        self._thread.start()

    def add(self, thing: T) -> None:
        """Have it done in a moment."""
        self._waiting.put(thing)

    def finish(self, seconds: float) -> bool:
        """Do what waits, and no more after that. False where that was not done within `seconds`."""
        self._waiting.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            time.sleep(self._seconds)
            self._do(self._together_with(first))

    def _together_with(self, first: T) -> list[T]:
        """It and what else has come, as much as is done at once."""
        things = [first]
        with suppress(Empty):
            while len(things) < MOST_AT_ONCE:
                thing = self._waiting.get_nowait()
                if thing is None:
                    self._waiting.put(None)  # that nothing more comes is for the loop to see
                    break
                things.append(thing)
        return things
