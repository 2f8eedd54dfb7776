"""Batches items that arrive within a short window."""

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")
LARGEST_BATCH = 200


class Batcher(Generic[T]):
    """Waits `seconds` after the first item, then processes it with all that arrived in the meantime.

    One thread processes the batches, so a slow batch makes the next one larger. Items that wait are lost with the
    process: use it only for what will be delivered again. `process` must not raise.
    """

    def __init__(self, seconds: float, process: Callable[[list[T]], None]) -> None:
        self._seconds, self._process = seconds, process
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="batcher", daemon=True)
        self._thread.start()

    def add(self, item: T) -> None:
        """Put an item into the next batch."""
        self._waiting.put(item)

    def finish(self, seconds: float) -> bool:
        """Process the items that wait, then stop. Returns False if that took longer than `seconds`."""
        self._waiting.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            time.sleep(self._seconds)
            self._process(self._batch_from(first))

    def _batch_from(self, first: T) -> list[T]:
        """The first item and those that wait behind it, up to the largest batch."""
        batch = [first]
        with suppress(Empty):
            while len(batch) < LARGEST_BATCH:
                item = self._waiting.get_nowait()
                if item is None:
                    self._waiting.put(None)  # the loop in _run reads this end mark
                    break
                batch.append(item)
        return batch
