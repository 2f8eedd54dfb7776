"""What can be registered for, as it stands now.

An event's words, sessions and programme change seldom and are read with every request. So one small
query tells whether they are as they were, and only where they are not are they read again.
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

STATE = (
    Event.id,
    Event.status,
    Event.revision,
    Event.form_version,
    Event.updated_at,
    Event.programme_id,
    Programme.rules_version,
)
COUNTED = (Event.capacity, Event.waitlist, Event.places_taken, Event.waiting)
AS_IT_STANDS = select(*STATE, *COUNTED).outerjoin(Event.programme).where(Event.slug == bindparam("slug"))


@dataclass(frozen=True)
class Seen:
    """An event as a request has found it. `event` is the same object for all requests and threads as long as its
    state is the same: it is to be read, and its places are `counted` here."""

    event: Event
    counted: dict[str, Any]

    @property
    def is_full(self) -> bool:
        """Whether every place is taken."""
        return is_full(self.counted["capacity"], self.counted["places_taken"])

    def taken_up(self) -> Event:
        """The event in the session at hand, with its sessions, programme and cohorts, for whoever changes something."""
        event = db.session.merge(self.event, load=False)
        for name, value in self.counted.items():
            set_committed_value(event, name, value)
        return event


def look(slug: str) -> Seen | None:
    """The event of this slug."""
    found = db.session.connection().execute(AS_IT_STANDS, {"slug": slug}).one_or_none()
    if found is None:
        return None
    names = (column.key for column in COUNTED)
    return Seen(_read(*found[: len(STATE)]), dict(zip(names, found[len(STATE) :], strict=True)))


def find(slug: str) -> Event | None:
    """The event of this slug, in the session at hand."""
    seen = look(slug)
    return seen.taken_up() if seen else None


def questions(event: Event) -> tuple[Question, ...]:
    """What the event's form asks now."""
    return questions_of(event.id, event.form_version)


@lru_cache(maxsize=512)
def questions_of(event_id: UUID, version: int) -> tuple[Question, ...]:
    """What one version of an event's form asks; versions never change."""
    return db.session.get_one(Form, (event_id, version)).read()


@lru_cache(maxsize=256)
def _read(event_id: UUID, *_state: Any) -> Event:
    """An event that belongs to no session. Where its state is another, it is another entry of this cache."""
    whole = select(Event).options(
        selectinload(Event.sessions), joinedload(Event.programme).selectinload(Programme.cohorts)
    )
    with Session(db.session.connection(), autoflush=False) as reading:
        event = reading.scalars(whole.filter_by(id=event_id)).one()
        reading.expunge_all()
    return event
