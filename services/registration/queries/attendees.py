"""Attendee lists. The console, the API and the exports share these filters and this order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_

from services.registration.models import Cohort, Event, Placement, PlacementStatus, Registration, db
from services.registration.queries import search
from services.registration.rules.places import ACTIVE

PAGE = 50
CURSOR_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
"""Has no "+", because a URL's query string decodes "+" as a space."""
GONE = (PlacementStatus.WITHDRAWN, PlacementStatus.DECLINED)


@dataclass(frozen=True)
class Filters:
    """Filters of an attendee list; an empty string means no filter. `q` searches names, addresses and organisations;
    `cohort` is a slug, and `cohort_status` the status in that cohort, or in any cohort of the programme."""

    status: str = ""
    cohort: str = ""
    cohort_status: str = ""
    rsvp: str = ""
    q: str = ""


@dataclass(frozen=True)
class Page:
    """One page of registrations, newest first. `next_cursor` is None on the last page."""

    registrations: list[Registration]
    next_cursor: str | None


class BadCursor(ValueError):
    """The cursor is malformed."""


def page(event: Event, filters: Filters, cursor: str | None = None, size: int = PAGE) -> Page:
    """Get one page of an event's attendees, `size` at most. Raises BadCursor."""
    query = matching(event, filters)
    if cursor:
        query = query.where(tuple_(Registration.created_at, Registration.id) < _read_cursor(cursor))
    newest_first = query.order_by(Registration.created_at.desc(), Registration.id.desc())
    found = list(db.session.scalars(newest_first.limit(size + 1)))
    more = len(found) > size
    return Page(found[:size], _cursor(found[size - 1]) if more else None)


def matching(event: Event, filters: Filters) -> Select[Registration]:
    """A query for the registrations of an event that match the filters, without an order."""
    query = select(Registration).where(*search.of_event(event, filters.q))
    if filters.status:
        query = query.where(Registration.status == filters.status)
    if filters.rsvp:
        query = query.where(Registration.rsvp == filters.rsvp)
    if filters.cohort or filters.cohort_status:
        query = query.where(_has_placement(event, filters))
    if filters.cohort_status == PlacementStatus.IN_REVIEW:
        query = query.where(Registration.status.in_(ACTIVE))  # a cancelled registration leaves nothing to decide
    return query


def stream(query: Select[Registration], batch: int = 1000) -> Iterator[Registration]:
    """Iterate over the registrations of a query, oldest first, in constant memory."""
    oldest_first = query.order_by(Registration.created_at, Registration.id)
    yield from db.session.scalars(oldest_first.execution_options(yield_per=batch))


def _has_placement(event: Event, filters: Filters) -> ColumnElement[bool]:
    cohorts = select(Cohort.id).where(Cohort.programme_id == event.programme_id)
    if filters.cohort:
        cohorts = cohorts.where(Cohort.slug == filters.cohort)
    status = filters.cohort_status
    people = select(Placement.person_id).where(
        Placement.cohort_id.in_(cohorts),
        Placement.status == status if status else Placement.status.not_in(GONE),
    )
    return Registration.person_id.in_(people)


def _cursor(registration: Registration) -> str:
    return f"{registration.created_at.astimezone(UTC).strftime(CURSOR_TIME)}~{registration.id}"


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, registration_id = cursor.split("~")
        return datetime.strptime(created_at, CURSOR_TIME).replace(tzinfo=UTC), UUID(registration_id)
    except ValueError as error:
        raise BadCursor("This cursor is not one of ours.") from error
