"""What a service has received: each message handled once, in order within its key.

A row goes `pending → claimed → an outcome`. The claim is committed before the handler runs and
carries a lease, so a worker that dies lets go of its messages; the outcome is committed with what
the handler did. A repeat is answered from the stored outcome.
"""

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from sqlalchemy import BigInteger, Index, String, Text, or_, select, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from shared.clock import now
from shared.db import Json, UtcDateTime, insert_if_absent, lock
from shared.messages import Message, UnreadableMessage, decode
from shared.messages.receipts import Outcome, Settled
from shared.outbox import Envelope

if TYPE_CHECKING:
    from shared.queue import Queue

LEASE = timedelta(seconds=90)
MOST_ERRORS = 5
MOST_CRASHES = 3
LONGEST_TRYING = timedelta(hours=48)
LONGEST_PAUSE = timedelta(minutes=30)
KEPT_AFTER_SETTLING = timedelta(days=90)

log = structlog.get_logger()


@dataclass(frozen=True)
class Forward:
    """A handler's answer: the errand goes on to the service `to`, with `message` in it."""

    to: str
    message: Message


@dataclass(frozen=True)
class Ended:
    """A handler's answer: the errand ends here."""

    outcome: Outcome
    detail: str = ""


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


Handler = Callable[[Any], Forward | Ended]


def receive(queue: "Queue", envelope: Envelope, handler: Handler) -> None:
    """Take one message in, handle it if it is its turn, and answer for it."""
    claimed = _claim(queue, envelope)
    if claimed is None:
        return
    row, lease = claimed
    try:
        answer = handler(decode(envelope.type, envelope.version, envelope.body))
    except UnreadableMessage as error:
        queue.session.rollback()
        answer = Ended(Outcome.FAILED, str(error))
    except TryAgain as error:
        queue.session.rollback()
        if _is_still_ours(queue, row, lease):
            row.crashes += error.perhaps_done
            _put_back(queue, row, str(error), error.pause)
        return
    except Exception as error:
        queue.session.rollback()
        where = traceback.extract_tb(error.__traceback__)[-1]  # its text may hold an address; logs do not
        log.error("handler failed", error=type(error).__name__, where=f"{where.filename}:{where.lineno}")
        if not _is_still_ours(queue, row, lease):
            return
        row.errors += 1
        if row.errors < MOST_ERRORS:
            return _put_back(queue, row, f"{type(error).__name__}: {error}", None)
        answer = Ended(Outcome.FAILED, f"{type(error).__name__}: {error}")
    if _is_still_ours(queue, row, lease):
        _finish(queue, row, envelope, answer)


def retry_due(queue: "Queue", limit: int = 500) -> int:
    """Enqueue again what waits for another try, or was let go by a dead worker. Returns how many."""
    row = queue.Inbox
    at = now()
    waiting = or_(row.lease_until.is_(None), row.lease_until < at)
    query = select(row).where(row.settled_at.is_(None), row.due_at <= at, waiting).order_by(row.due_at).limit(limit)
    rows = list(queue.session.scalars(query.with_for_update(skip_locked=True)))
    for one in rows:
        queue.send(queue.name, Envelope(**one.envelope))
        one.due_at, one.paused_until = at + LEASE, None  # its pause is over, whatever the worker's clock says
    queue.session.commit()
    return len(rows)


def forget_settled(queue: "Queue") -> None:
    """Delete rows that were settled long ago."""
    row = queue.Inbox
    queue.session.query(row).where(row.settled_at < now() - KEPT_AFTER_SETTLING).delete()
    queue.session.commit()


def _claim(queue: "Queue", envelope: Envelope) -> tuple[Any, datetime] | None:
    """The row of this message, leased to us and committed, and until when; None where there is nothing to do now."""
    session = queue.session
    at = now()
    lock(session, f"{queue.name} {envelope.key}")
    insert_if_absent(session, queue.Inbox.__table__, _fresh(envelope, at))
    row: Any = session.get(queue.Inbox, UUID(envelope.id), populate_existing=True)
    if row.settled_at is not None:
        to, answer = _answer(row, envelope)
        session.commit()
        queue.send(to, answer)
        return None
    if any(moment is not None and moment > at for moment in (row.lease_until, row.paused_until)):
        session.commit()
        return None
    if row.status == "claimed":
        row.status, row.crashes = "pending", row.crashes + 1
    if row.crashes >= MOST_CRASHES:
        unknown = f"{row.crashes} tries ended with nobody knowing whether it was done."
        _finish(queue, row, envelope, Ended(Outcome.FAILED, unknown))
        return None
    standing = _overtaken_or_busy(queue, envelope, at)
    if standing == "overtaken":
        _finish(queue, row, envelope, Ended(Outcome.SUPERSEDED, "Something newer was to be said."))
        return None
    if standing == "busy":
        row.due_at = at + timedelta(seconds=1)
        session.commit()
        return None
    lease = at + LEASE
    row.status, row.lease_until, row.due_at = "claimed", lease, lease
    session.commit()
    return row, lease


def _fresh(envelope: Envelope, at: datetime) -> dict[str, Any]:
    return {
        "id": UUID(envelope.id),
        "envelope": vars(envelope),
        "type": envelope.type,
        "key": envelope.key,
        "ordinal": envelope.ordinal,
        "status": "pending",
        "received_at": at,
        "due_at": at,
        "tries": 0,
        "errors": 0,
        "crashes": 0,
    }


def _overtaken_or_busy(queue: "Queue", envelope: Envelope, at: datetime) -> str | None:
    row = queue.Inbox
    others = select(row.ordinal, row.lease_until, row.settled_at).where(
        row.key == envelope.key, row.id != UUID(envelope.id)
    )
    busy = False
    for ordinal, lease_until, settled_at in queue.session.execute(others):
        if ordinal > envelope.ordinal:
            return "overtaken"
        busy = busy or (settled_at is None and lease_until is not None and lease_until > at)
    return "busy" if busy else None


def _is_still_ours(queue: "Queue", row: Any, lease: datetime) -> bool:
    """Whether nobody else has taken the message up, as they may have where this worker stood still for
    longer than its lease. What the handler wrote is taken back then."""
    with queue.session.no_autoflush:  # what the handler changed is written with the outcome
        queue.session.refresh(row, ["lease_until", "crashes", "answer"], with_for_update=True)
    if row.lease_until == lease:
        return True
    log.warning("the lease was lost")
    queue.session.rollback()
    return False


def _put_back(queue: "Queue", row: Any, reason: str, pause: timedelta | None) -> None:
    """Leave the message for another try, or give it up when two days have passed."""
    at = now()
    if at - row.received_at > queue.longest_trying:
        return _finish(queue, row, Envelope(**row.envelope), Ended(Outcome.FAILED, reason))
    row.status, row.lease_until, row.detail = "pending", None, reason[:2000]
    if pause is None:
        row.tries += 1
        pause = _growing_pause(row.tries)
    row.due_at = row.paused_until = at + pause
    queue.session.commit()


def _growing_pause(tries: int) -> timedelta:
    seconds = min(2.0**tries, LONGEST_PAUSE.total_seconds())
    return timedelta(seconds=seconds * random.uniform(0.7, 1.3))


def _finish(queue: "Queue", row: Any, envelope: Envelope, answer: Forward | Ended) -> None:
    """Store the answer with whatever the handler did, in one commit; then send it on its way."""
    row.settled_at, row.lease_until, row.due_at, row.envelope = now(), None, None, None
    if isinstance(answer, Forward):
        row.status = "forwarded"
        row.answer = {"to": answer.to, "envelope": vars(envelope.carrying(answer.message))}
    else:
        row.status, row.detail = answer.outcome, answer.detail[:2000]
    waiting = _waiting_for(queue, envelope)
    to, said = _answer(row, envelope)
    queue.session.commit()
    queue.send(to, said)
    for next_in_line in waiting:
        queue.send(queue.name, next_in_line)


def _waiting_for(queue: "Queue", envelope: Envelope) -> list[Envelope]:
    """Messages of the same key that came while this one was being handled."""
    other = queue.Inbox
    query = select(other.envelope).where(
        other.key == envelope.key,
        other.id != UUID(envelope.id),
        other.settled_at.is_(None),
        other.lease_until.is_(None),
    )
    return [Envelope(**waiting) for waiting in queue.session.scalars(query)]


def _answer(row: Any, envelope: Envelope) -> tuple[str, Envelope]:
    """To whom a settled message goes on, and what: the errand itself, or the receipt for it."""
    if row.answer is not None:
        return row.answer["to"], Envelope(**row.answer["envelope"])
    receipt = Settled(
        message_id=envelope.id,
        outcome=row.status,
        at=row.settled_at,
        detail=row.detail or "",
        possibly_repeated=row.crashes > 0,
    )
    return envelope.origin, envelope.carrying(receipt)
