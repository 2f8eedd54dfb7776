"""The inbox: the messages that a service has received, and their outcomes.

A message that is handled in one transaction gets its outcome at once; others are claimed first. `receiving` writes the
rows, and the clock enqueues those that wait for a retry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, Text, func, select, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.contracts import Message
from shared.contracts.receipts import Outcome
from shared.database.types import EnumText, Json, UtcDateTime
from shared.database.utc import now
from shared.messaging.envelope import Envelope
from shared.messaging.sender import Sender

LEASE = timedelta(seconds=90)
"""The longest time that a worker may hold a message."""
LEASE_TERM = timedelta(seconds=40)
"""The time after which a lease expires unless its worker renews it, so that a dead worker does not hold it for long."""
PATIENCE = timedelta(seconds=20)
RETRIES_IN_FLIGHT = 400
KEPT_AFTER_SETTLING = timedelta(days=90)


class Status(StrEnum):
    """The status of a message received: pending, claimed by a worker, or its outcome."""

    PENDING = "pending"
    CLAIMED = "claimed"
    FORWARDED = "forwarded"
    SENT = Outcome.SENT
    DONE = Outcome.DONE
    SUPPRESSED = Outcome.SUPPRESSED
    SUPERSEDED = Outcome.SUPERSEDED
    FAILED = Outcome.FAILED


@dataclass(frozen=True)
class Forward:
    """A handler's answer: the conversation continues at the service `to`, with `message`."""

    to: str
    message: Message


@dataclass(frozen=True)
class Ended:
    """A handler's answer: the conversation ends here. `kept` fills the extra columns of this service's inbox."""

    outcome: Outcome
    detail: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)


class TryAgain(Exception):
    """A handler raises this for a failure that may pass: the inbox retries the message, for up to two days.

    The next try comes after `pause` at the earliest; without it, the pause grows with each try. `perhaps_done` marks
    a try that may have succeeded after all: it counts as a crash, and is retried as seldom.
    """

    def __init__(self, reason: str, pause: timedelta | None = None, *, perhaps_done: bool = False) -> None:
        super().__init__(reason)
        self.pause = pause
        self.perhaps_done = perhaps_done


class InboxRow:
    """One message received. All times are UTC.

    A worker holds it until `lease_until`. The clock enqueues it again at `due_at`; until `paused_until`, a redelivery
    is ignored. `tries` counts the pauses that grow, not those that a handler asked for. `errors` counts tries that
    ended in an unexpected exception, `crashes` those that may have succeeded or not.
    """

    __tablename__ = "inbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    envelope: Mapped[dict[str, Any] | None] = mapped_column(Json)
    type: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120))
    ordinal: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[Status] = mapped_column(EnumText(Status))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)
    detail: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        waiting = text("settled_at IS NULL")
        return (
            Index("ix_inbox_waiting", "due_at", sqlite_where=waiting, postgresql_where=waiting),
            Index("ix_inbox_key", "key", "ordinal"),
            Index("ix_inbox_settled_at", "settled_at"),
        )


def retry_due(sender: Sender) -> int:
    """Enqueue the messages that are due for a retry, and those whose lease has expired. Returns their number.

    They leave after the caller's commit. At most 400 are in flight, so a long backlog does not fill the queue.
    """
    if not sender.broker_is_well():
        return 0
    row, at = sender.Inbox, now()
    is_waiting = row.settled_at.is_(None) & (row.lease_until.is_(None) | (row.lease_until < at))
    in_flight = is_waiting & (row.due_at > at) & row.paused_until.is_(None)
    room = RETRIES_IN_FLIGHT - (sender.session.scalar(select(func.count()).where(in_flight)) or 0)
    due = select(row).where(is_waiting, row.due_at <= at).order_by(row.due_at).limit(max(room, 0))
    rows = sender.session.scalars(due.with_for_update(skip_locked=True)).all()
    for one in rows:
        # The pause is over even if the worker's clock is slow, so its end is committed before the worker looks.
        one.due_at, one.paused_until = at + PATIENCE, None
        sender.send_after_commit(sender.name, Envelope(**one.envelope))
    return len(rows)


def forget_settled(sender: Sender) -> None:
    """Delete rows that were settled more than 90 days ago."""
    row = sender.Inbox
    sender.session.query(row).where(row.settled_at < now() - KEPT_AFTER_SETTLING).delete()
