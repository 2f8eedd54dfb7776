"""Events as the public pages show them, cached.

An event's words, sessions and programme change seldom and are read with every request. So one small query reads the
event's version and its places, and only a version that is not cached is read whole.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from services.registration.models import Event, Form, Programme, db
from services.registration.rules.places import is_full
from services.registration.rules.questions import Question

PLACES = (Event.capacity, Event.waitlist, Event.places_taken, Event.waiting)
CURRENT = select(Event.id, Event.version, *PLACES).where(Event.slug == bindparam("slug"))


@dataclass(frozen=True)
class Snapshot:
    """An event as a request found it. `event` is shared by all requests and threads and must only be read; its places
    are in `places`, because they change without a new version."""

    event: Event
    places: dict[str, Any]

    @property
    def is_full(self) -> bool:
        """True where every place is taken."""
        return is_full(self.places["capacity"], self.places["places_taken"])

    def attach(self) -> Event:
        """The event in the current session, with its sessions, programme and cohorts, for an operation."""
        event = db.session.merge(self.event, load=False)
        for name, value in self.places.items():
            set_committed_value(event, name, value)
        return event


def get(slug: str) -> Snapshot | None:
    """The snapshot of the event of this slug."""
    found = db.session.connection().execute(CURRENT, {"slug": slug}).one_or_none()
    if found is None:
        return None
    event_id, version, *places = found
    names = (column.key for column in PLACES)
    return Snapshot(_read(event_id, version), dict(zip(names, places, strict=True)))


def find(slug: str) -> Event | None:
    """The event of this slug, in the current session."""
    snapshot = get(slug)
    return snapshot.attach() if snapshot else None


def questions(event: Event) -> tuple[Question, ...]:
    """The questions that the event's form asks now."""
    return questions_of(event.id, event.form_version)


@lru_cache(maxsize=512)
def questions_of(event_id: UUID, version: int) -> tuple[Question, ...]:
    """The questions of one version of an event's form; versions never change."""
    return db.session.get_one(Form, (event_id, version)).read()


@lru_cache(maxsize=256)
def _read(event_id: UUID, _version: int) -> Event:
    """An event that belongs to no session. The version is part of the cache key."""
    whole = select(Event).options(
        selectinload(Event.sessions), joinedload(Event.programme).selectinload(Programme.cohorts)
    )
    with Session(db.session.connection(), autoflush=False) as reading:
        event = reading.scalars(whole.filter_by(id=event_id)).one()
        reading.expunge_all()
    return event
