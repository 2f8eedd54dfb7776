"""Lists of events, a page at a time. A row is the session by which its event is listed."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, exists, func, select, tuple_
from sqlalchemy.orm import aliased, contains_eager

from services.registration.models import Event, EventStatus, Session, db
from services.registration.queries import pages
from services.registration.queries.pages import Order, Page
from services.registration.rules.times import LONGEST_SESSION
from shared.database.utc import now

PAGE = 20
ANY_STATUS = tuple(EventStatus)
NEXT_FIRST = Order(Session.starts_at, Session.id, newest_first=False)
LAST_FIRST = Order(Session.ends_at, Session.id, newest_first=True)
Other = aliased(Session)


def upcoming(statuses: Collection[EventStatus], cursor: str | None = None, size: int = PAGE) -> Page[Session]:
    """Events that are not over, in the order of their next sessions; one that goes on counts. Raises BadCursor."""
    return pages.read(_with_events(_upcoming(statuses)), NEXT_FIRST, cursor, size)


def past(statuses: Collection[EventStatus], cursor: str | None = None, size: int = PAGE) -> Page[Session]:
    """Events that are over, by their last sessions, the latest first. Raises BadCursor."""
    return pages.read(_with_events(_past(statuses)), LAST_FIRST, cursor, size)


def total(statuses: Collection[EventStatus], *, is_past: bool) -> int:
    """How many events are over, or else are not."""
    listed = _past(statuses) if is_past else _upcoming(statuses)
    return db.session.scalar(listed.with_only_columns(func.count())) or 0


def _upcoming(statuses: Collection[EventStatus]) -> Select[Session]:
    at = now()
    earlier = tuple_(Other.starts_at, Other.id) < tuple_(Session.starts_at, Session.id)
    return _live(
        statuses,
        Session.starts_at > at - LONGEST_SESSION,  # none is longer, so that an index leads to the first
        Session.ends_at > at,
        ~_has_session(Other.ends_at > at, earlier),
    )


def _past(statuses: Collection[EventStatus]) -> Select[Session]:
    later = tuple_(Other.ends_at, Other.id) > tuple_(Session.ends_at, Session.id)
    return _live(statuses, Session.ends_at <= now(), ~_has_session(later))


def _has_session(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Other.event_id == Session.event_id, Other.cancelled_at.is_(None), *conditions)


def _live(statuses: Collection[EventStatus], *conditions: ColumnElement[bool]) -> Select[Session]:
    live = select(Session).join(Session.event).where(Session.cancelled_at.is_(None), *conditions)
    return live.where(Event.status.in_(statuses))


def _with_events(listed: Select[Session]) -> Select[Session]:
    return listed.options(contains_eager(Session.event).selectinload(Event.sessions))
