"""The queue between services: a Dramatiq broker from BROKER_URL, and one `Queue` a service.

The broker is fast and forgetful, and nothing here depends on its memory: no delays, no retries, no
results. `shared.outbox` remembers what is owed, `shared.inbox` what was done.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from inspect import signature
from typing import Any, TypeVar

import dramatiq
import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import Session

from shared import inbox, outbox, receiving
from shared.appending import append_at_commit
from shared.gathering import Gathering
from shared.messages import Message, UnreadableMessage, decode
from shared.messages.receipts import Settled
from shared.outbox import Envelope

BULK_SUFFIX = ".bulk"
PAUSE_AFTER_FAILURE_SECONDS = 5.0
RECEIPTS_GATHER_SECONDS = 0.1

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


class Queue:
    """A service's end of the road: what it receives, what it owes, and the broker between.

    Its outbox and inbox are tables of the service's own database, made from the mixins
    `outbox.OutboxRow` and `inbox.InboxRow`.
    """

    def __init__(self, name: str, db: SQLAlchemy, *, outbox_table: Any, inbox_table: Any) -> None:
        self.name = name
        self.Outbox, self.Inbox = outbox_table, inbox_table
        self.longest_trying: timedelta = inbox.LONGEST_TRYING
        self._db = db
        self._handlers: dict[tuple[str, int], _Handling] = {}
        self._broker_url = ""
        self._mended_at = 0.0

    @property
    def session(self) -> Session:
        """The session of the application context at hand."""
        return self._db.session  # type: ignore[return-value]

    def init_app(self, app: Flask, broker_url: str) -> None:
        """Tie the queue to its application and to the broker at `broker_url`."""
        self._broker_url = broker_url
        self.__dict__.pop("_broker", None)
        app.extensions["queue"] = self
        with app.app_context():
            factory = self._db.session.session_factory
            append_at_commit(factory)
            if not event.contains(factory, "after_commit", _send_what_was_committed):
                event.listen(factory, "after_commit", _send_what_was_committed)
                event.listen(factory, "after_rollback", _drop_what_was_not)

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

    def send(self, to: str, envelope: Envelope) -> None:
        """Enqueue now. A broker that is away costs nothing but a log line: the clocks send it again."""
        if not self.broker_is_well():
            return
        name = to + BULK_SUFFIX if envelope.bulk and envelope.type != Settled.wire_name else to
        message: Any = dramatiq.Message(queue_name=name, actor_name=name, args=(vars(envelope),), kwargs={}, options={})
        try:
            self._broker.enqueue(message)
        except Exception as error:  # whatever it is, what was committed stays true and stays owed
            self._mended_at = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("the broker is away", error=type(error).__name__)

    def send_after_commit(self, to: str, envelope: Envelope) -> None:
        """Enqueue when, and only if, the session's transaction commits."""
        self.session.info.setdefault("to_send", []).append((self, to, envelope))

    def broker_is_well(self) -> bool:
        """False for some seconds after the broker failed, so that requests need not wait for it."""
        return time.monotonic() >= self._mended_at

    def broker_answers(self) -> bool:
        """Ask the broker itself, now."""
        from shared.broker import answers

        return answers(self._broker)

    def depths(self) -> dict[str, int]:
        """How many messages wait at the broker for this service, by queue; a queue it cannot tell of is left out."""
        from shared.broker import depth

        found = {name: depth(self._broker, name) for name in (self.name, self.name + BULK_SUFFIX)}
        return {name: waiting for name, waiting in found.items() if waiting is not None}

    def serve(self, app: Flask, broker: dramatiq.Broker) -> Gathering[Envelope]:
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

        receipts = Gathering(RECEIPTS_GATHER_SECONDS, handle_together)

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

    @cached_property
    def _broker(self) -> dramatiq.Broker:
        from shared.broker import broker_for

        return broker_for(self._broker_url)

    def _handling(self, envelope: Envelope) -> _Handling:
        return self._handlers.get((envelope.type, envelope.version), UNKNOWN)

    def settle(self, receipts: Iterable[Settled]) -> list[Settled]:
        """Mark what receipts are for as settled. Returns those that were the first for their message."""
        return outbox.settle(self, receipts)


def _unknown(message: Message) -> None:
    raise UnreadableMessage(f"This service does not receive {message.wire_name!r}.")


UNKNOWN = _Handling(_unknown)


def _send_what_was_committed(session: Session) -> None:
    for queue, to, envelope in session.info.pop("to_send", []):
        queue.send(to, envelope)


def _drop_what_was_not(session: Session) -> None:
    session.info.pop("to_send", None)
