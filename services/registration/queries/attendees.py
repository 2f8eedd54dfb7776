"""Attendee lists. The console, the API and the exports share these filters and this order."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select

from services.registration.models import Cohort, Event, Placement, PlacementStatus, Registration, db
from services.registration.queries import pages, search
from services.registration.queries.pages import Order
from services.registration.rules.places import ACTIVE

PAGE = 50
NEWEST_FIRST = Order(Registration.created_at, Registration.id, newest_first=True)
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
    """One page of registrations, newest first: from number `first` (from 1; 0 if it is empty) of the
    `total` on all pages."""

    registrations: list[Registration]
    previous_cursor: str | None
    next_cursor: str | None
    first: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last registration on the page."""
        return max(0, self.first + len(self.registrations) - 1)


def page(event: Event, filters: Filters, cursor: str | None = None, size: int = PAGE) -> Page:
    """Get one page of an event's attendees, `size` at most. Raises BadCursor."""
    query = matching(event, filters)
    found = pages.read(query, NEWEST_FIRST, cursor, size)
    first = total = 0
    if found.rows:
        before = NEWEST_FIRST.beyond(NEWEST_FIRST.place_of(found.rows[0]), backwards=True)
        counted = query.with_only_columns(func.count(), func.count().filter(before))
        total, earlier = db.session.execute(counted).one()
        first = earlier + 1
    elif cursor:
        total = db.session.scalar(query.with_only_columns(func.count())) or 0
    return Page(found.rows, found.previous_cursor, found.next_cursor, first, total)


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
    people = select(Placement.person_id).where(Placement.cohort_id.in_(cohorts), *_in_state(filters.cohort_status))
    return Registration.person_id.in_(people)


def _in_state(status: str) -> Iterator[ColumnElement[bool]]:
    """Conditions for placements of this status, or of anybody who has not gone. Only people who were in a cohort have
    left it (`Placement.has_left`)."""
    yield Placement.status == status if status else Placement.status.not_in(GONE)
    if status == PlacementStatus.WITHDRAWN:
        yield Placement.room.is_(True)
