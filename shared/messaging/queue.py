"""The queue of a service: a sender with the handlers of the messages that the service receives.

The broker may forget everything, so nothing here depends on its delays, retries or results. The outbox remembers
what is owed; the inbox remembers what was done.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Any, TypeVar

import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from shared.contracts import Message, UnreadableMessage, decode
from shared.contracts.receipts import Settled
from shared.messaging import outbox, receiving
from shared.messaging.envelope import Envelope
from shared.messaging.sender import Sender

log = structlog.get_logger()
H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True)
class _Registered:
    """A registered handler and the way to call it."""

    handler: Callable[..., Any]
    wants_envelope: bool = False
    is_receipt: bool = False
    leased: bool = False
    unless: receiving.Exemption | None = None


class Queue(Sender):
    """Sends a service's messages and dispatches those it receives to their handlers."""

    def __init__(self, name: str, db: SQLAlchemy, *, outbox_table: Any, inbox_table: Any) -> None:
        super().__init__(name, db, outbox_table=outbox_table, inbox_table=inbox_table)
        self._handlers: dict[tuple[str, int], _Registered] = {}

    def init_app(self, app: Flask, broker_url: str) -> None:
        """Bind the queue to its application and to the broker at `broker_url`."""
        self._broker_url = broker_url
        app.extensions["queue"] = self

    def receives(
        self, contract: type[Message], *, leased: bool = False, unless: receiving.Exemption | None = None
    ) -> Callable[[H], H]:
        """Decorator: register the handler of one message class. The message is its first argument.

        A handler with a parameter named `envelope` also gets the envelope, for the message's id. It returns
        `inbox.Forward` or `inbox.Ended`, or raises `inbox.TryAgain`; the inbox takes care of deduplication, order and
        the answer. Set `leased` for a handler with effects outside its database. `unless` decides from the database
        alone that there is nothing to do: if it returns an answer, no lease is taken and the handler is not called.

        The handler of receipts gets a list of them, in one transaction, and returns nothing.
        """

        def register(handler: H) -> H:
            wants_envelope = "envelope" in signature(handler).parameters
            self._handlers[contract.wire_name, contract.wire_version] = _Registered(
                handler, wants_envelope, is_receipt=contract.is_receipt, leased=leased, unless=unless
            )
            return handler

        return register

    def is_receipt(self, envelope: Envelope) -> bool:
        """True if the envelope holds a receipt, which can be handled in a batch."""
        return self._registered_for(envelope).is_receipt

    def handle(self, envelope: Envelope) -> None:
        """Handle one message that arrived from the broker, inside the service's application context."""
        registered = self._registered_for(envelope)
        if registered.is_receipt:
            return self.handle_receipts([envelope])
        handler = partial(registered.handler, envelope=envelope) if registered.wants_envelope else registered.handler
        with structlog.contextvars.bound_contextvars(message_id=envelope.id, key=envelope.key, type=envelope.type):
            receiving.receive(self, envelope, handler, leased=registered.leased, unless=registered.unless)

    def handle_receipts(self, envelopes: Iterable[Envelope]) -> None:
        """Handle a batch of receipts in one transaction. A message they do not settle is sent again."""
        batches: dict[Callable[..., Any], list[Message]] = defaultdict(list)
        for envelope in envelopes:
            try:
                receipt = decode(envelope.type, envelope.version, envelope.body)
                batches[self._registered_for(envelope).handler].append(receipt)
            except UnreadableMessage as error:
                log.error("unreadable receipt", message_id=envelope.id, reason=str(error))
        for handler, batch in batches.items():
            handler(batch)
        self.session.commit()

    def settle(self, receipts: Iterable[Settled]) -> list[Settled]:
        """Mark the outbox rows of these receipts as settled. Returns the receipts that were the first for their row."""
        return outbox.settle(self, receipts)

    def _registered_for(self, envelope: Envelope) -> _Registered:
        return self._handlers.get((envelope.type, envelope.version), UNKNOWN)


def _unknown(message: Message) -> None:
    raise UnreadableMessage(f"This service does not receive {message.wire_name!r}.")


UNKNOWN = _Registered(_unknown)
