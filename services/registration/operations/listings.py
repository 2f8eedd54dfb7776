"""What everybody sees of an event: cached pages, and public calendars."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.registration.models import Event, EventStatus, db
from services.registration.notices import notices
from shared.database.utc import now


def touch(event: Event) -> None:
    """Invalidate cached snapshots of the event. Every operation that changes what a page shows calls this."""
    event.version += 1
    event.updated_at = now()


@contextmanager
def listed_when_full(event: Event) -> Iterator[None]:
    """Notify public calendars if the change in this block takes the last place, or makes the first one free."""
    was_full = event.is_full
    yield
    if event.is_full is not was_full and event.status is EventStatus.PUBLISHED:
        touch(event)
        db.session.flush()
        db.session.refresh(event)  # a snapshot may be older than the change of somebody else
        notices.list_event(event)
