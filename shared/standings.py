"""What of an outbox somebody may want to look at: what is owed, what failed, what was perhaps sent twice."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from shared.messages.receipts import Outcome

if TYPE_CHECKING:
    from shared.queue import Queue


def failed(queue: "Queue") -> list[Any]:
    """The rows that failed and wait for somebody to look, oldest first."""
    row = queue.Outbox
    return list(queue.session.scalars(select(row).where(row.outcome == Outcome.FAILED).order_by(row.id)))


class Standing(StrEnum):
    """Rows of the outbox that somebody may want to look at."""

    OWED = "owed"
    FAILED = "failed"
    POSSIBLY_REPEATED = "possibly repeated"


def standing(queue: "Queue", which: Standing, *, before: UUID | None = None, limit: int = 50) -> list[Any]:
    """Rows of one standing, newest first; those older than `before`, if that is given."""
    row = queue.Outbox
    query = select(row).where(_stands(row, which)).order_by(row.id.desc()).limit(limit)
    return list(queue.session.scalars(query if before is None else query.where(row.id < before)))


def standings(queue: "Queue") -> dict[Standing, int]:
    """How many rows there are of each standing."""
    row = queue.Outbox
    return {
        which: queue.session.scalar(select(func.count()).select_from(row).where(_stands(row, which))) or 0
        for which in Standing
    }


def _stands(row: Any, which: Standing) -> ColumnElement[bool]:
    conditions: dict[Standing, ColumnElement[bool]] = {
        Standing.OWED: row.settled_at.is_(None),
        Standing.FAILED: row.outcome == Outcome.FAILED,
        Standing.POSSIBLY_REPEATED: row.possibly_repeated.is_(True),
    }
    return conditions[which]


def listed(queue: "Queue", *, everything: bool = False, limit: int = 1000) -> list[Any]:
    """What is owed or failed, or everything that is kept, oldest first."""
    row = queue.Outbox
    query = select(row).order_by(row.id).limit(limit)
    if not everything:
        query = query.where(row.settled_at.is_(None) | (row.outcome == Outcome.FAILED))
    return list(queue.session.scalars(query))
