"""What a service has received, and what became of it. `shared.receiving` fills it in; a clock looks after it.

A row goes `pending → claimed → an outcome`; a message that was handled in one transaction has its outcome
at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, Text, or_, select, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.contracts import Message
from shared.contracts.receipts import Outcome
from shared.database.types import Json, UtcDateTime
from shared.database.utc import now
from shared.messaging.envelope import Envelope
from shared.messaging.sender import Sender

LEASE = timedelta(seconds=90)
KEPT_AFTER_SETTLING = timedelta(days=90)


@dataclass(frozen=True)
class Forward:
    """A handler's answer: the errand goes on to the service `to`, with `message` in it."""

    to: str
    message: Message


@dataclass(frozen=True)
class Ended:
    """A handler's answer: the errand ends here. `kept` fills columns that its service's inbox has besides."""

    outcome: Outcome
    detail: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)


class TryAgain(Exception):
    """A handler could not do it now, for a reason that may pass; it is tried again for up to two days.

    `pause` is how long to wait at the least; without it the wait grows with each try. `perhaps_done`
    says that it may have been done after all: such a try counts like a crash, and is repeated as seldom.
    """

    def __init__(self, reason: str, pause: timedelta | None = None, *, perhaps_done: bool = False) -> None:
        super().__init__(reason)
        self.pause = pause
        self.perhaps_done = perhaps_done


class InboxRow:
    """One message received. `lease_until` holds while a worker is at it; `due_at` is when the clock should
    next call for it, and `paused_until` keeps anyone from trying earlier.

    `tries` counts the pauses that grow: one that was asked for does not make the next any longer.
    `errors` counts tries that ended in an unexpected exception, `crashes` those whose end nobody knows.
    """

    __tablename__ = "inbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    envelope: Mapped[dict[str, Any] | None] = mapped_column(Json)
    type: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120))
    ordinal: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(20))
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


def retry_due(sender: Sender, limit: int = 500) -> int:
    """Enqueue again what waits for another try, or was let go by a dead worker. Returns how many."""
    row = sender.Inbox
    at = now()
    waiting = or_(row.lease_until.is_(None), row.lease_until < at)
    query = select(row).where(row.settled_at.is_(None), row.due_at <= at, waiting).order_by(row.due_at).limit(limit)
    rows = list(sender.session.scalars(query.with_for_update(skip_locked=True)))
    for one in rows:
        sender.send(sender.name, Envelope(**one.envelope))
        one.due_at, one.paused_until = at + LEASE, None  # its pause is over, whatever the worker's clock says
    return len(rows)


def forget_settled(sender: Sender) -> None:
    """Delete rows that were settled long ago."""
    row = sender.Inbox
    sender.session.query(row).where(row.settled_at < now() - KEPT_AFTER_SETTLING).delete()
