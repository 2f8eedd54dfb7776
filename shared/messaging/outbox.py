"""What a service owes others: rows written in the transaction that made them true.

Only these rows remember what is owed. The queue is fast and forgetful: a row is enqueued right
after its commit, and enqueued again by the clock until its receipt arrives.
"""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

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
from shared.database.session import insert_at_commit
from shared.database.types import Json, UtcDateTime
from shared.database.utc import now
from shared.messaging.envelope import Envelope
from shared.messaging.sender import Sender

PATIENCE = timedelta(seconds=30)
LONGEST_PATIENCE = timedelta(minutes=15)
BULK_IN_FLIGHT = 400
KEPT_AFTER_SETTLING = timedelta(days=30)


class OutboxRow:
    """One message owed. `ordinal` rises within `key`; a later one replaces an earlier one.

    `due_at` is when the clock should next look at it; `published_at` is empty while a bulk row waits
    its turn; `settled_at`, `outcome` and `detail` come with the receipt.
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
    outcome: Mapped[str | None] = mapped_column(String(20))
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
        """What goes on the wire."""
        body = self.body or {}
        attempt = self.attempts + 1
        return Envelope(str(self.id), self.type, self.version, self.key, self.ordinal, origin, self.bulk, body, attempt)


def owe(sender: Sender, to: str, message: Message, *, key: str, ordinal: int, bulk: bool = False) -> UUID:
    """Write down a message owed to the service `to`; it leaves right after the commit.

    Bulk messages have no fast path: the clock lets a window of them out at a time.
    """
    at, message_id = now(), new_id()
    held_back = bulk or not sender.broker_is_well()
    body = encode(message)
    insert_at_commit(
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
        due_at=at if held_back else at + PATIENCE,
        published_at=None if held_back else at,
        attempts=0 if held_back else 1,
        possibly_repeated=False,
    )
    if not held_back:
        envelope = Envelope(
            str(message_id), message.wire_name, message.wire_version, key, ordinal, sender.name, bulk, body
        )
        sender.send_after_commit(to, envelope)
    return message_id


def sweep(sender: Sender, limit: int = 500) -> int:
    """Enqueue again what is due and not settled, and top up the bulk window. Returns how many.

    Several clocks may run: on PostgreSQL each takes rows that no other holds. The caller commits.
    """
    rows = [*_due(sender, limit), *_bulk_turn(sender, limit)]
    for row in rows:
        sender.send(row.queue, row.envelope(sender.name))
        row.published_at = now()
        row.due_at = row.published_at + patience(row.attempts)
        row.attempts += 1
    return len(rows)


def patience(attempts: int) -> timedelta:
    """How long to wait for a receipt before asking again: longer each time, and never in step."""
    seconds = min(PATIENCE.total_seconds() * 1.5**attempts, LONGEST_PATIENCE.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def settle(sender: Sender, receipts: Iterable[Settled]) -> list[Settled]:
    """Mark rows settled; forget their bodies, unless they failed and may be replayed.

    Returns the receipts that were the first for their message.
    """
    connection, table, at = sender.session.connection(), sender.Outbox.__table__, now()
    by_id = {UUID(receipt.message_id): receipt for receipt in receipts}
    first = [by_id[row_id] for row_id in connection.scalars(_still_owed(table), {"ids": list(by_id)})]
    for failed, alike in groupby(sorted(first, key=_has_failed), key=_has_failed):
        connection.execute(_settling(table, keeps_body=failed), [_outcome(receipt, at) for receipt in alike])
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
def _still_owed(table: Table) -> Executable:
    is_one = table.c.id.in_(bindparam("ids", expanding=True)) & table.c.settled_at.is_(None)
    return select(table.c.id).where(is_one).order_by(table.c.id).with_for_update()


@cache
def _settling(table: Table, *, keeps_body: bool) -> Executable:
    settling = update(table).where(table.c.id == bindparam("row_id"))
    return settling if keeps_body else settling.values(body=None)


def replay(sender: Sender, message_id: UUID) -> UUID | None:
    """Owe a failed message once more under an id of its own; None where there is nothing to replay. The caller commits.

    Its body is kept when it fails, for this. It keeps its key and ordinal, so a replay of something
    that has been overtaken since ends as superseded.
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
    failed.outcome, failed.body = "replayed", None
    return again_id


def forget_settled(sender: Sender) -> None:
    """Delete rows that were settled long ago; failed ones stay until somebody has looked."""
    row = sender.Outbox
    old = now() - KEPT_AFTER_SETTLING
    sender.session.query(row).where(row.settled_at < old, row.outcome != Outcome.FAILED).delete()


def _due(sender: Sender, limit: int) -> list[Any]:
    row = sender.Outbox
    waiting = row.settled_at.is_(None) & (row.due_at <= now()) & ~(row.bulk & row.published_at.is_(None))
    return _take(sender.session, select(row).where(waiting), limit, row)


def _bulk_turn(sender: Sender, limit: int) -> list[Any]:
    row, session = sender.Outbox, sender.session
    open_bulk = row.settled_at.is_(None) & row.bulk
    in_flight = session.scalar(select(func.count()).where(open_bulk, row.published_at.is_not(None))) or 0
    room = min(limit, BULK_IN_FLIGHT - in_flight)
    if room <= 0:
        return []
    return _take(session, select(row).where(open_bulk, row.published_at.is_(None)), room, row)


def _take(session: Session, query: Select[Any], limit: int, row: Any) -> list[Any]:
    return list(session.scalars(query.order_by(row.due_at).limit(limit).with_for_update(skip_locked=True)))
