"""Places and the waiting list. They are counted if the event has a capacity; an operation that changes who holds a
place locks the event first."""

from typing import Any

from sqlalchemy import select

from services.registration.models import Event, EventStatus, Registration, db
from services.registration.notices import notices
from services.registration.operations import timeline
from services.registration.queries import counts
from services.registration.rules import places as rules
from services.registration.rules.event_states import EventState, RegistrationClosed
from services.registration.rules.places import Status
from shared.contracts.notices import Kind
from shared.database.utc import now

SHARED: Any = {"read": True, "key_share": True}
COUNTED = [
    "capacity",
    "waitlist",
    "places_taken",
    "waiting",
    "status",
    "version",
    "revision",
    "takes_registrations",
    "opens_at",
    "closes_at",
]


def lock(event: Event) -> None:
    """Lock the event's place counts until this transaction ends. Without a capacity nothing is counted, and a shared
    lock is enough."""
    db.session.refresh(event, COUNTED, with_for_update=SHARED if event.capacity is None else True)


def lock_registration(registration: Registration, *, counted: bool = False) -> None:
    """Lock the event and then the registration, and read both again; `counted` locks the event's place counts too.

    Every operation on a registration begins with this. All lock in the same order, as an operation does that changes
    an event and then its registrations, so that no two wait for each other.
    """
    if counted:
        lock(registration.event)
    else:
        db.session.refresh(registration.event, COUNTED, with_for_update=SHARED)
    db.session.refresh(registration, with_for_update={"of": Registration})


def status_for_next(event: Event, *, even_if_closed: bool = False) -> Status:
    """The status of the next registration.

    Raises RegistrationClosed if the event takes none, unless `even_if_closed`, and EventIsFull if nobody can wait for
    a place either.
    """
    if event.capacity is not None:
        lock(event)
    state = event.state
    if not (even_if_closed or state.takes_registrations or state is EventState.FULL):
        raise RegistrationClosed(state)
    return rules.status_for_next(event.capacity, event.places_taken, event.waiting, waitlist=event.waitlist)


def move(registration: Registration, status: Status) -> None:
    """Give a registration a status, and count it there. A new one is counted nowhere before."""
    _count(registration, -1)
    registration.status = status
    registration.waiting_since = now() if status is Status.WAITLISTED else None
    _count(registration, +1)


def recount(event: Event) -> None:
    """Count again the places taken and the people waiting, after a change of the event's capacity."""
    found = counts.by_status(event)
    event.places_taken = sum(found[status] for status in rules.HOLDS_A_PLACE)
    event.waiting = found[Status.WAITLISTED]


def give_free_places(event: Event) -> None:
    """Give free places to the people who have waited longest, and notify them: also while registration is closed, but
    not once the event is over."""
    count = rules.places_to_give(event.capacity, event.places_taken, event.waiting)
    if not count or event.status is not EventStatus.PUBLISHED or event.is_over:
        return
    waiting = select(Registration).filter_by(event_id=event.id, status=Status.WAITLISTED)
    longest = waiting.order_by(Registration.waiting_since, Registration.id).limit(count)
    for registration in db.session.scalars(longest.with_for_update(of=Registration)):
        move(registration, Status.CONFIRMED)
        timeline.record(registration, "given a place", timeline.SYSTEM)
        notices.notify(registration, Kind.PLACE_CAME_FREE)


def _count(registration: Registration, step: int) -> None:
    event = registration.event
    if event.capacity is None:
        return
    if registration.holds_place:
        event.places_taken += step
    elif registration.status == Status.WAITLISTED:
        event.waiting += step
