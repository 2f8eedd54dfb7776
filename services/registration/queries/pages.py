"""Lists a page at a time, forwards and backwards. A cursor names a row, so a page costs the same wherever it is, and
rows that come or go shift nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_

from services.registration.models import db

T = TypeVar("T")

CURSOR_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Has no "+", because a URL's query string decodes "+" as a space."""
BEFORE = "before"


class BadCursor(ValueError):
    """The cursor is malformed."""


@dataclass(frozen=True)
class Order:
    """The order of a list: by a column of times, then by a column of ids."""

    at: Any
    id: Any
    newest_first: bool

    def beyond(self, place: tuple[datetime, UUID], *, backwards: bool = False) -> ColumnElement[bool]:
        """A condition for the rows after a place in this order, or before it."""
        key = tuple_(self.at, self.id)
        return key < place if self.newest_first is not backwards else key > place

    def place_of(self, row: Any) -> tuple[datetime, UUID]:
        """The place of a row in this order."""
        return getattr(row, self.at.key), getattr(row, self.id.key)


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `previous_cursor` is None on the first page, `next_cursor` on the last."""

    rows: list[T]
    previous_cursor: str | None
    next_cursor: str | None


def read(query: Select[T], order: Order, cursor: str | None, size: int) -> Page[T]:
    """Read the page that a cursor leads to, or the first; `size` rows at most. Raises BadCursor."""
    place, backwards = _read_cursor(cursor) if cursor else (None, False)
    if place:
        query = query.where(order.beyond(place, backwards=backwards))
    descending = order.newest_first is not backwards
    columns = (order.at.desc(), order.id.desc()) if descending else (order.at, order.id)
    found = list(db.session.scalars(query.order_by(*columns).limit(size + 1)))
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(place), more)
    return Page(
        rows,
        _cursor(order, rows[0], BEFORE) if rows and has_previous else None,
        _cursor(order, rows[-1]) if rows and has_next else None,
    )


def _cursor(order: Order, row: Any, *direction: str) -> str:
    at, row_id = order.place_of(row)
    return "~".join((at.astimezone(UTC).strftime(CURSOR_TIME), str(row_id), *direction))


def _read_cursor(cursor: str) -> tuple[tuple[datetime, UUID], bool]:
    """The place that a cursor names, and whether it leads backwards."""
    try:
        at, row_id, *direction = cursor.split("~")
        if direction not in ([], [BEFORE]):
            raise ValueError(direction)
        return (datetime.strptime(at, CURSOR_TIME).replace(tzinfo=UTC), UUID(row_id)), direction == [BEFORE]
    except ValueError as error:
        raise BadCursor("This cursor is not valid.") from error
