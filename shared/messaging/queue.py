"""The queue of a service: its handlers, and serving them from a Dramatiq broker.

The broker is fast and forgetful, and nothing here depends on its memory: no delays, no retries, no results. The
outbox remembers what is owed, the inbox what was done.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, TypeVar

import dramatiq
import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from shared.contracts import Message, UnreadableMessage, decode
from shared.contracts.receipts import Settled
from shared.messaging import outbox, receiving
from shared.messaging.batching import Batcher
from shared.messaging.envelope import Envelope
from shared.messaging.sender import BULK_SUFFIX, Sender

RECEIPTS_BATCH_SECONDS = 0.1

log = structlog.get_logger()
H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True)
class _Handling:
    """A handler, and how it is called."""

    handler: Callable[..., Any]
    wants_envelope: bool = False
    is_receipt: bool = False
    leased: bool = False
    unless: receiving.Exemption | None = None


class Queue(Sender):
    """A service's queue: the handlers of what it receives, and what serves them."""

    def __init__(self, name: str, db: SQLAlchemy, *, outbox_table: Any, inbox_table: Any) -> None:
        super().__init__(name, db, outbox_table=outbox_table, inbox_table=inbox_table)
        self._handlers: dict[tuple[str, int], _Handling] = {}

    def init_app(self, app: Flask, broker_url: str) -> None:
        """Tie the queue to its application and to the broker at `broker_url`."""
        self._broker_url = broker_url
        app.extensions["queue"] = self

    def receives(
        self, contract: type[Message], *, leased: bool = False, unless: receiving.Exemption | None = None
    ) -> Callable[[H], H]:
        """Make a function the handler of one kind of message, which is its first argument.

        A handler with a parameter named `envelope` is given the message's envelope too, for its id. It
        returns `inbox.Forward` or `inbox.Ended`, or raises `inbox.TryAgain`; deduplication, order
        and the answer are looked after. One that does anything outside its database is `leased`; where
        `unless` knows from the database that nothing is to be done, its answer is taken and nothing is leased.

        The handler of receipts is given a list of those that came together, in one transaction, and returns nothing.
        """

        def register(handler: H) -> H:
            wants_envelope = "envelope" in signature(handler).parameters
            self._handlers[contract.wire_name, contract.wire_version] = _Handling(
                handler, wants_envelope, is_receipt=contract.is_receipt, leased=leased, unless=unless
            )
            return handler

        return register

    def handle(self, envelope: Envelope) -> None:
        """Handle one message that arrived from the broker, inside the service's application context."""
        known = self._handling(envelope)
        if known.is_receipt:
            return self.handle_receipts([envelope])
        handler = partial(known.handler, envelope=envelope) if known.wants_envelope else known.handler
        with structlog.contextvars.bound_contextvars(message_id=envelope.id, key=envelope.key, type=envelope.type):
            receiving.receive(self, envelope, handler, leased=known.leased, unless=known.unless)

    def handle_receipts(self, envelopes: Iterable[Envelope]) -> None:
        """Handle receipts together. What they do not settle is sent again, and answered again."""
        receipts: dict[Callable[..., Any], list[Message]] = defaultdict(list)
        for envelope in envelopes:
            try:
                receipt = decode(envelope.type, envelope.version, envelope.body)
                receipts[self._handling(envelope).handler].append(receipt)
            except UnreadableMessage as error:
                log.error("unreadable receipt", message_id=envelope.id, reason=str(error))
        for handler, alike in receipts.items():
            handler(alike)
        self.session.commit()

    def serve(self, app: Flask, broker: dramatiq.Broker) -> Batcher[Envelope]:
        """Let a worker on `broker` handle this service's messages; fresh ones before bulk.

        Receipts that come close together are handled together, by what is returned. It has to be finished.
        """

        @contextmanager
        def at_work(message_id: object) -> Iterator[None]:
            try:
                with app.app_context():
                    yield
            except Exception as error:  # its sender owes it still, and sends it again
                log.error("message not handled", message_id=message_id, error=type(error).__name__)

        def handle_together(envelopes: list[Envelope]) -> None:
            """All at once; where one of them is in the way, each alone."""
            try:
                with app.app_context():
                    self.handle_receipts(envelopes)
            except Exception:
                for envelope in envelopes:
                    with at_work(envelope.id):
                        self.handle_receipts([envelope])

        receipts = Batcher(RECEIPTS_BATCH_SECONDS, handle_together)

        def handle(fields: dict[str, Any]) -> None:
            with at_work(fields.get("id")):
                envelope = Envelope(**fields)
                if self._handling(envelope).is_receipt:
                    receipts.add(envelope)
                else:
                    self.handle(envelope)

        for name, priority in ((self.name, 0), (self.name + BULK_SUFFIX, 10)):
            dramatiq.actor(broker=broker, actor_name=name, queue_name=name, priority=priority)(handle)
        return receipts

    def _handling(self, envelope: Envelope) -> _Handling:
        return self._handlers.get((envelope.type, envelope.version), UNKNOWN)

    def settle(self, receipts: Iterable[Settled]) -> list[Settled]:
        """Mark what receipts are for as settled. Returns those that were the first for their message."""
        return outbox.settle(self, receipts)


def _unknown(message: Message) -> None:
    raise UnreadableMessage(f"This service does not receive {message.wire_name!r}.")


UNKNOWN = _Handling(_unknown)
