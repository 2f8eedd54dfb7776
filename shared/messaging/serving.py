"""Connects a service's queue to a Dramatiq broker, for a worker to consume."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dramatiq
import structlog
from flask import Flask

from shared.messaging import receiving
from shared.messaging.batching import Batcher
from shared.messaging.envelope import Envelope
from shared.messaging.queue import Queue
from shared.messaging.sender import BULK_SUFFIX

RECEIPTS_BATCH_SECONDS = 0.1
LEASES_RENEWED_EVERY_SECONDS = 10.0

log = structlog.get_logger()


class Serving:
    """Registers a service's two Dramatiq actors and handles what they consume: bulk messages after all others.

    Receipts that arrive within a tenth of a second are handled in one batch. While a message takes long to handle, a
    thread renews its lease. Call `finish` before the process ends.
    """

    def __init__(self, app: Flask, queue: Queue, broker: dramatiq.Broker) -> None:
        self._app, self._queue = app, queue
        self._receipts: Batcher[Envelope] = Batcher(RECEIPTS_BATCH_SECONDS, self._handle_batch)
        self._finished = threading.Event()
        threading.Thread(target=self._renew_leases, name="leases", daemon=True).start()
        for name, priority in ((queue.name, 0), (queue.name + BULK_SUFFIX, 10)):
            dramatiq.actor(broker=broker, actor_name=name, queue_name=name, priority=priority)(self.consume)

    def consume(self, fields: dict[str, Any]) -> None:
        """Handle one message, given as the fields of its envelope."""
        with self._in_context(fields.get("id")):
            envelope = Envelope(**fields)
            if self._queue.is_receipt(envelope):
                self._receipts.add(envelope)
            else:
                self._queue.handle(envelope)

    def finish(self, seconds: float) -> bool:
        """Handle the receipts that still wait. Returns False if that took longer than `seconds`."""
        self._finished.set()
        return self._receipts.finish(seconds)

    def _handle_batch(self, envelopes: list[Envelope]) -> None:
        """Handle receipts together; if that fails, one at a time, so that only the bad one is left out."""
        try:
            with self._app.app_context():
                self._queue.handle_receipts(envelopes)
        except Exception:
            for envelope in envelopes:
                with self._in_context(envelope.id):
                    self._queue.handle_receipts([envelope])

    def _renew_leases(self) -> None:
        while not self._finished.wait(LEASES_RENEWED_EVERY_SECONDS):
            with self._in_context(None):
                receiving.renew_leases(self._queue)

    @contextmanager
    def _in_context(self, message_id: object) -> Iterator[None]:
        """The service's application context, with errors logged."""
        try:
            with self._app.app_context():
                yield
        except Exception as error:  # the sender still owes the message and sends it again
            log.error("message not handled", message_id=message_id, error=type(error).__name__)
