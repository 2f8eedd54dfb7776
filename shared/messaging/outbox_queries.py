"""Queries of an outbox for organisers and operators: owed, failed and possibly repeated messages."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from shared.contracts.receipts import Outcome
from shared.messaging.sender import Sender


def failed(sender: Sender) -> list[Any]:
    """The rows that failed, oldest first."""
    row = sender.Outbox
    return list(sender.session.scalars(select(row).where(row.outcome == Outcome.FAILED).order_by(row.id)))


class RowState(StrEnum):
    """The states of a row that a person may want to look at."""

    OWED = "owed"
    FAILED = "failed"
    POSSIBLY_REPEATED = "possibly repeated"


def rows_in(sender: Sender, state: RowState, *, before: UUID | None = None, limit: int = 50) -> list[Any]:
    """The rows in a state, newest first; with `before`, only rows older than the one with that id."""
    row = sender.Outbox
    query = select(row).where(_is_in(row, state)).order_by(row.id.desc()).limit(limit)
    return list(sender.session.scalars(query if before is None else query.where(row.id < before)))


def count_by_state(sender: Sender) -> dict[RowState, int]:
    """The number of rows in each state."""
    row = sender.Outbox
    return {
        state: sender.session.scalar(select(func.count()).select_from(row).where(_is_in(row, state))) or 0
        for state in RowState
    }


def _is_in(row: Any, state: RowState) -> ColumnElement[bool]:
    conditions: dict[RowState, ColumnElement[bool]] = {
        RowState.OWED: row.settled_at.is_(None),
        RowState.FAILED: row.outcome == Outcome.FAILED,
        RowState.POSSIBLY_REPEATED: row.possibly_repeated.is_(True),
    }
    return conditions[state]


def listed(sender: Sender, *, everything: bool = False, limit: int = 1000) -> list[Any]:
    """The rows that are owed or failed, oldest first; with `everything`, settled rows too."""
    row = sender.Outbox
    query = select(row).order_by(row.id).limit(limit)
    if not everything:
        query = query.where(row.settled_at.is_(None) | (row.outcome == Outcome.FAILED))
    return list(sender.session.scalars(query))
