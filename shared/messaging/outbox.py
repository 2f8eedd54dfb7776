"""The outbox: the messages that a service owes, written in the transaction of the change they announce.

Only these rows remember what is owed, because the broker may forget everything. A message is enqueued right after
the commit, and the clock enqueues it again until its receipt arrives.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    BigInteger,
    Executable,
    Index,
    Select,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from shared.contracts import Message, encode
from shared.contracts.receipts import Outcome, Settled
from shared.database.ids import new_id
from shared.database.session import defer_insert
from shared.database.types import EnumText, Json, UtcDateTime
from shared.database.utc import now
from shared.messaging.envelope import Envelope
from shared.messaging.sender import Sender

PATIENCE = timedelta(seconds=20)
LONGEST_PATIENCE = timedelta(minutes=15)
BULK_IN_FLIGHT = 400
KEPT_AFTER_SETTLING = timedelta(days=30)

log = structlog.get_logger()


class Ending(StrEnum):
    """The end of a message owed: the outcome in its receipt, or that another message replays it."""

    SENT = Outcome.SENT
    DONE = Outcome.DONE
    SUPPRESSED = Outcome.SUPPRESSED
    SUPERSEDED = Outcome.SUPERSEDED
    FAILED = Outcome.FAILED
    REPLAYED = "replayed"


class OutboxRow:
    """One message owed. `ordinal` rises within `key`: a higher one supersedes a lower one. All times are UTC.

    The clock enqueues the message again at `due_at`. `published_at` is empty while a bulk row waits for room in the
    window. The receipt fills in `settled_at`, `outcome` and `detail`.
    """

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    key: Mapped[str] = mapped_column(String(120))
    ordinal: Mapped[int] = mapped_column(BigInteger)
    bulk: Mapped[bool]
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[Ending | None] = mapped_column(EnumText(Ending))
    detail: Mapped[str | None] = mapped_column(Text)
    possibly_repeated: Mapped[bool] = mapped_column(default=False)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        owed = text("settled_at IS NULL")
        return (
            Index("ix_outbox_owed", "due_at", sqlite_where=owed, postgresql_where=owed),
            Index("ix_outbox_key", "key", "ordinal"),
            Index("ix_outbox_settled_at", "settled_at"),
        )

    def envelope(self, origin: str) -> Envelope:
        """The envelope for the next attempt; `origin` is the name of this service."""
        body = self.body or {}
        attempt = self.attempts + 1
        return Envelope(str(self.id), self.type, self.version, self.key, self.ordinal, origin, self.bulk, body, attempt)


def owe(sender: Sender, to: str, message: Message, *, key: str, ordinal: int, bulk: bool = False) -> UUID:
    """Owe a message to the service `to`: store it at the commit, and enqueue it right after. Returns its id.

    Bulk messages are not enqueued at the commit: the clock keeps a window of them in flight.
    """
    at, message_id = now(), new_id()
    deferred = bulk or not sender.broker_is_well()
    body = encode(message)
    defer_insert(
        sender.session,
        sender.Outbox,
        id=message_id,
        queue=to,
        type=message.wire_name,
        version=message.wire_version,
        key=key,
        ordinal=ordinal,
        bulk=bulk,
        body=body,
        created_at=at,
        due_at=at if deferred else at + PATIENCE,
        published_at=None if deferred else at,
        attempts=0 if deferred else 1,
        possibly_repeated=False,
    )
    if not deferred:
        envelope = Envelope(
            str(message_id), message.wire_name, message.wire_version, key, ordinal, sender.name, bulk, body
        )
        sender.send_after_commit(to, envelope)
    return message_id


def sweep(sender: Sender, limit: int = 500) -> int:
    """Enqueue again the messages that are due and not settled, and fill the bulk window. Returns their number.

    If the broker has lost its messages, those in flight are due at once. Several clocks may run: on PostgreSQL each
    skips the rows that another has locked. The caller commits.
    """
    if sender.broker_has_forgotten():
        _make_due(sender)
    sent = 0
    for row in [*_due(sender, limit), *_bulk_window(sender, limit)]:
        sender.send(row.queue, row.envelope(sender.name))
        if not sender.broker_is_well():
            break  # the rest stays due
        at = now()
        age = timedelta(0) if row.published_at is None else at - row.created_at
        row.published_at, row.due_at = at, at + patience(age)
        row.attempts += 1
        sent += 1
    return sent


def _make_due(sender: Sender) -> None:
    row, at = sender.Outbox, now()
    in_flight = row.settled_at.is_(None) & row.published_at.is_not(None) & (row.due_at > at)
    if count := sender.session.connection().execute(update(row).where(in_flight).values(due_at=at)).rowcount:
        log.warning("the broker is new or has lost its messages: those in flight are sent again", count=count)


def patience(age: timedelta) -> timedelta:
    """The time to wait for a receipt before the next attempt, with jitter so that rows spread out.

    It grows with the age of the message and not with the attempts, since those may have failed through no fault of
    the receiver: a quarter of the age, from 20 seconds to 15 minutes.
    """
    return min(max(age / 4, PATIENCE), LONGEST_PATIENCE) * random.uniform(0.8, 1.2)


def settle(sender: Sender, receipts: Iterable[Settled]) -> list[Settled]:
    """Mark the rows of these receipts as settled. Only failed rows keep their bodies, for a replay.

    Returns the receipts that were the first for their row.
    """
    connection, table, at = sender.session.connection(), sender.Outbox.__table__, now()
    by_id = {UUID(receipt.message_id): receipt for receipt in receipts}
    first = [by_id[row_id] for row_id in connection.scalars(_lock_owed(table), {"ids": list(by_id)})]
    for failed, batch in groupby(sorted(first, key=_has_failed), key=_has_failed):
        connection.execute(_settling(table, keeps_body=failed), [_outcome(receipt, at) for receipt in batch])
    return first


def _has_failed(receipt: Settled) -> bool:
    return receipt.outcome == Outcome.FAILED


def _outcome(receipt: Settled, at: datetime) -> dict[str, Any]:
    return {
        "row_id": UUID(receipt.message_id),
        "settled_at": at,
        "outcome": receipt.outcome,
        "detail": receipt.detail[:2000],
        "due_at": None,
        "possibly_repeated": receipt.possibly_repeated,
    }


@cache
def _lock_owed(table: Table) -> Executable:
    is_one = table.c.id.in_(bindparam("ids", expanding=True)) & table.c.settled_at.is_(None)
    return select(table.c.id).where(is_one).order_by(table.c.id).with_for_update()


@cache
def _settling(table: Table, *, keeps_body: bool) -> Executable:
    settling = update(table).where(table.c.id == bindparam("row_id"))
    return settling if keeps_body else settling.values(body=None)


def replay(sender: Sender, message_id: UUID) -> UUID | None:
    """Owe a failed message again, under a new id. Returns the id, or None if there is nothing to replay.

    The new row keeps the key and ordinal, so it ends as superseded if a newer message has been sent since. The caller
    commits.
    """
    failed = sender.session.get(sender.Outbox, message_id, with_for_update=True, populate_existing=True)
    if failed is None or failed.outcome != Outcome.FAILED or failed.body is None:
        return None
    again_id = new_id()
    again = sender.Outbox(
        id=again_id,
        queue=failed.queue,
        type=failed.type,
        version=failed.version,
        key=failed.key,
        ordinal=failed.ordinal,
        bulk=failed.bulk,
        body=failed.body,
        created_at=now(),
        due_at=now(),
        attempts=0,
        possibly_repeated=False,
    )
    sender.session.add(again)
    failed.outcome, failed.body = Ending.REPLAYED, None
    return again_id


def forget_settled(sender: Sender) -> None:
    """Delete rows that were settled more than 30 days ago, except failed ones, which an operator has to look at."""
    row = sender.Outbox
    old = now() - KEPT_AFTER_SETTLING
    sender.session.query(row).where(row.settled_at < old, row.outcome != Outcome.FAILED).delete()


def _due(sender: Sender, limit: int) -> list[Any]:
    row = sender.Outbox
    waiting = row.settled_at.is_(None) & (row.due_at <= now()) & ~(row.bulk & row.published_at.is_(None))
    return _lock_rows(sender.session, select(row).where(waiting), limit, row)


def _bulk_window(sender: Sender, limit: int) -> list[Any]:
    row, session = sender.Outbox, sender.session
    open_bulk = row.settled_at.is_(None) & row.bulk
    in_flight = session.scalar(select(func.count()).where(open_bulk, row.published_at.is_not(None))) or 0
    room = min(limit, BULK_IN_FLIGHT - in_flight)
    if room <= 0:
        return []
    return _lock_rows(session, select(row).where(open_bulk, row.published_at.is_(None)), room, row)


def _lock_rows(session: Session, query: Select[Any], limit: int, row: Any) -> list[Any]:
    return list(session.scalars(query.order_by(row.due_at).limit(limit).with_for_update(skip_locked=True)))
