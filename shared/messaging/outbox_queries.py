"""What of an outbox somebody may want to look at: what is owed, what failed, what was perhaps sent twice."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from shared.contracts.receipts import Outcome
from shared.messaging.sender import Sender


def failed(sender: Sender) -> list[Any]:
    """The rows that failed and wait for somebody to look, oldest first."""
    row = sender.Outbox
    return list(sender.session.scalars(select(row).where(row.outcome == Outcome.FAILED).order_by(row.id)))


class RowState(StrEnum):
    """Rows of the outbox that somebody may want to look at."""

    OWED = "owed"
    FAILED = "failed"
    POSSIBLY_REPEATED = "possibly repeated"


def rows_in(sender: Sender, which: RowState, *, before: UUID | None = None, limit: int = 50) -> list[Any]:
    """Rows of one rows_in, newest first; those older than `before`, if that is given."""
    row = sender.Outbox
    query = select(row).where(_stands(row, which)).order_by(row.id.desc()).limit(limit)
    return list(sender.session.scalars(query if before is None else query.where(row.id < before)))


def count_by_state(sender: Sender) -> dict[RowState, int]:
    """How many rows there are of each rows_in."""
    row = sender.Outbox
    return {
        which: sender.session.scalar(select(func.count()).select_from(row).where(_stands(row, which))) or 0
        for which in RowState
    }


def _stands(row: Any, which: RowState) -> ColumnElement[bool]:
    conditions: dict[RowState, ColumnElement[bool]] = {
        RowState.OWED: row.settled_at.is_(None),
        RowState.FAILED: row.outcome == Outcome.FAILED,
        RowState.POSSIBLY_REPEATED: row.possibly_repeated.is_(True),
    }
    return conditions[which]


def listed(sender: Sender, *, everything: bool = False, limit: int = 1000) -> list[Any]:
    """What is owed or failed, or everything that is kept, oldest first."""
    row = sender.Outbox
    query = select(row).order_by(row.id).limit(limit)
    if not everything:
        query = query.where(row.settled_at.is_(None) | (row.outcome == Outcome.FAILED))
    return list(sender.session.scalars(query))
