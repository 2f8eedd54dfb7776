"""Cached events for the public pages.

Every request reads its event, with sessions and programme, but events seldom change. So each process caches whole
events by version: one small query reads the version and the places, and a new version is loaded once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.registration.models import Event, Form, Programme, db
from services.registration.rules.event_states import EventState
from services.registration.rules.questions import Question

PLACES = (Event.capacity, Event.waitlist, Event.places_taken, Event.waiting)
CURRENT = select(Event.id, Event.version, *PLACES).where(Event.slug == bindparam("slug"))


@dataclass(frozen=True)
class Snapshot:
    """An event at the time of a request. All requests and threads share `event`: do not change it. Its places are in
    `places`, because they change without a new version."""

    event: Event
    places: dict[str, Any]

    @property
    def state(self) -> EventState:
        """The event's state now."""
        return self.event.state_with(self.places["places_taken"], self.places["waiting"])

    def attach(self) -> Event:
        """Attach a copy of the event, with its sessions, programme and cohorts, to the current database session."""
        event = db.session.merge(self.event, load=False)
        event.take_over_places(self.places)
        return event


def get(slug: str) -> Snapshot | None:
    """Get the snapshot of an event by slug; None if there is no such event."""
    found = db.session.connection().execute(CURRENT, {"slug": slug}).one_or_none()
    if found is None:
        return None
    event_id, version, *places = found
    names = (column.key for column in PLACES)
    return Snapshot(_read(event_id, version), dict(zip(names, places, strict=True)))


def find(slug: str) -> Event | None:
    """Get an event by slug, attached to the current database session; None if there is no such event."""
    snapshot = get(slug)
    return snapshot.attach() if snapshot else None


def questions(event: Event) -> tuple[Question, ...]:
    """The questions on the current version of the event's form."""
    return questions_of(event.id, event.form_version)


@lru_cache(maxsize=512)
def questions_of(event_id: UUID, version: int) -> tuple[Question, ...]:
    """The questions on one version of an event's form. They are cached, because a version never changes."""
    return db.session.get_one(Form, (event_id, version)).read()


@lru_cache(maxsize=256)
def _read(event_id: UUID, _version: int) -> Event:
    """Load an event and detach it from its database session. The version is only a cache key."""
    whole = select(Event).options(
        selectinload(Event.sessions), joinedload(Event.programme).selectinload(Programme.cohorts)
    )
    with Session(db.session.connection(), autoflush=False) as reading:
        event = reading.scalars(whole.filter_by(id=event_id)).one()
        reading.expunge_all()
    return event
