"""The states of an event, for people who want to register."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.registration.rules import places
from services.registration.rules.events import EventDetails
from services.registration.rules.places import EventIsFull, Status
from shared.i18n.dates import day_and_time, zone_name


class EventStatus(StrEnum):
    """The status of an event. Only a published one takes registrations."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class EventState(StrEnum):
    """What an event is at a moment. Only `OPEN` and `WAITING_LIST` take registrations: for a place, or for the
    waiting list of an event whose places are all taken. `CLOSED` takes none although the event is still to come."""

    DRAFT = "draft"
    NOT_OPEN_YET = "not_open_yet"
    OPEN = "open"
    WAITING_LIST = "waiting_list"
    FULL = "full"
    CLOSED = "closed"
    OVER = "over"
    CANCELLED = "cancelled"

    @property
    def takes_registrations(self) -> bool:
        """True if somebody can register."""
        return self in (EventState.OPEN, EventState.WAITING_LIST)


class RegistrationClosed(Exception):
    """The event takes no registrations, because of its `state`."""

    def __init__(self, state: EventState) -> None:
        super().__init__(state)
        self.state = state


def state_of(
    event: EventDetails, status: EventStatus, ends_at: datetime | None, *, taken: int, waiting: int, at: datetime
) -> EventState:
    """The state of an event at a moment.

    `ends_at` is the end of its last session, None without sessions; `taken` and `waiting` count people.
    """
    if status is not EventStatus.PUBLISHED:
        return EventState(status)
    if ends_at is not None and ends_at <= at:
        return EventState.OVER
    if not event.takes_registrations or (event.closes_at is not None and event.closes_at <= at):
        return EventState.CLOSED
    if event.opens_at is not None and at < event.opens_at:
        return EventState.NOT_OPEN_YET
    try:
        next_status = places.status_for_next(event.capacity, taken, waiting, waitlist=event.waitlist)
    except EventIsFull:
        return EventState.FULL
    return EventState.OPEN if next_status is Status.CONFIRMED else EventState.WAITING_LIST


def sentence(state: EventState, event: EventDetails, at: datetime) -> str:
    """A sentence for people who read it at a moment, with times in the event's zone; empty for an event that is simply
    open. A year is said only of a time that is far ahead."""
    if state is EventState.NOT_OPEN_YET and event.opens_at is not None:
        return f"Registration opens on {_in_words(event.opens_at, event, year=event.opens_at - at > FAR_AHEAD)}."
    return SENTENCES[state]


def listing_note(event: EventDetails, *, is_full: bool, at: datetime) -> str:
    """The sentences about registration in public calendars, which read them again only when the event is listed again:
    so they name the moments of opening and closing, and stay true afterwards."""
    if not event.takes_registrations or (event.closes_at is not None and event.closes_at <= at):
        return SENTENCES[EventState.CLOSED]
    said = []
    if event.opens_at is not None and event.opens_at > at:
        said.append(f"Registration opens on {_in_words(event.opens_at, event)}.")
    if event.closes_at is not None:
        said.append(f"Registration closes on {_in_words(event.closes_at, event)}.")
    if is_full:
        said.append(SENTENCES[EventState.WAITING_LIST if event.waitlist else EventState.FULL])
    return " ".join(said)


def _in_words(instant: datetime, event: EventDetails, *, year: bool = True) -> str:
    zone = zone_name(instant.astimezone(ZoneInfo(event.timezone)))
    return f"{day_and_time(instant, event.timezone, year=year)} ({zone})"


FAR_AHEAD = timedelta(days=300)
SENTENCES = {
    EventState.DRAFT: "This event is not published yet.",
    EventState.NOT_OPEN_YET: "Registration is not open yet.",
    EventState.OPEN: "",
    EventState.WAITING_LIST: "Every place is taken. You can join the waiting list.",
    EventState.FULL: "Every place is taken, and there is no waiting list.",
    EventState.CLOSED: "Registration has closed.",
    EventState.OVER: "This event is over.",
    EventState.CANCELLED: "This event is cancelled.",
}
