"""Capacity and the waiting list."""

from enum import StrEnum


class Status(StrEnum):
    """The status of a registration."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    CANCELLED = "cancelled"


class Attendance(StrEnum):
    """The attendance of a registrant."""

    UNKNOWN = "unknown"
    ATTENDED = "attended"
    ABSENT = "absent"


HOLDS_A_PLACE = (Status.CONFIRMED, Status.OFFERED)

ACTIVE = (*HOLDS_A_PLACE, Status.PENDING, Status.WAITLISTED)


class EventIsFull(Exception):
    """All places are taken, and the event has no waiting list."""


class NotActive(Exception):
    """The registration is cancelled, or its event is cancelled or over, so this cannot be done with it."""


def status_for_next(capacity: int | None, taken: int, waiting: int, *, waitlist: bool) -> Status:
    """The status of the next registration. A newcomer never overtakes the people on the waiting list.

    Raises EventIsFull if there is neither a free place nor a waiting list.
    """
    if capacity is None or (taken < capacity and not waiting):
        return Status.CONFIRMED
    if waitlist:
        return Status.WAITLISTED
    if taken < capacity:
        return Status.CONFIRMED
    raise EventIsFull


def is_full(capacity: int | None, taken: int) -> bool:
    """True if every place is taken."""
    return capacity is not None and taken >= capacity


def places_to_give(capacity: int | None, taken: int, waiting: int) -> int:
    """The number of people on the waiting list who can get a place now."""
    return waiting if capacity is None else max(0, min(waiting, capacity - taken))
