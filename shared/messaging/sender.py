"""Enqueues envelopes at the broker. A failed send is only logged, because the clock sends the message again."""

import time
from datetime import timedelta
from functools import partial
from typing import Any

import dramatiq
import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from shared.contracts.receipts import Settled
from shared.database.session import call_after_commit
from shared.messaging import broker
from shared.messaging.envelope import Envelope

BULK_SUFFIX = ".bulk"
PAUSE_AFTER_FAILURE_SECONDS = 5.0
LONGEST_TRYING = timedelta(hours=48)

log = structlog.get_logger()


class Sender:
    """One service's side of the messaging: its outbox and inbox tables, its session and its broker.

    The tables are in the service's own database and use the mixins `outbox.OutboxRow` and `inbox.InboxRow`.
    The inbox retries a message for `longest_trying` before the message fails. `leased` holds the turns of `receiving`
    that this process has under a lease.
    """

    def __init__(self, name: str, db: SQLAlchemy, *, outbox_table: Any, inbox_table: Any) -> None:
        self.name = name
        self.Outbox, self.Inbox = outbox_table, inbox_table
        self.longest_trying: timedelta = LONGEST_TRYING
        self.leased: set[Any] = set()
        self._db = db
        self._broker_url = ""
        self._paused_until = 0.0

    @property
    def session(self) -> Session:
        """The database session of the current application context."""
        return self._db.session  # type: ignore[return-value]

    def send(self, to: str, envelope: Envelope) -> None:
        """Enqueue now. Raises nothing: a committed message stays owed, so the clock sends it again."""
        if not self.broker_is_well():
            return
        name = to + BULK_SUFFIX if envelope.bulk and envelope.type != Settled.wire_name else to
        message: Any = dramatiq.Message(queue_name=name, actor_name=name, args=(vars(envelope),), kwargs={}, options={})
        try:
            self._broker.enqueue(message)
        except Exception as error:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("the broker does not answer", error=type(error).__name__)

    def send_after_commit(self, to: str, envelope: Envelope) -> None:
        """Enqueue once the session's transaction has committed; never if it rolls back."""
        call_after_commit(self._db.session, partial(self.send, to, envelope))

    def broker_is_well(self) -> bool:
        """False for some seconds after a failed send, so that requests do not wait for a broker that is down."""
        return time.monotonic() >= self._paused_until

    def broker_answers(self) -> bool:
        """True if the broker answers now."""
        return broker.answers(self._broker)

    def broker_has_forgotten(self) -> bool:
        """True once after the broker has lost its messages, as Redis does in a flush or a restart without its data."""
        return self.broker_is_well() and broker.has_forgotten(self._broker, self.name)

    def depths(self) -> dict[str, int]:
        """The number of messages that wait at the broker for this service, by queue; unknown depths are left out."""
        found = {name: broker.depth(self._broker, name) for name in (self.name, self.name + BULK_SUFFIX)}
        return {name: waiting for name, waiting in found.items() if waiting is not None}

    @property
    def _broker(self) -> dramatiq.Broker:
        return broker.broker_for(self._broker_url)
