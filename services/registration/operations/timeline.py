"""The timeline: what happened to a person's registration or to an event. Entries are only added."""

from dataclasses import dataclass
from typing import Any

from services.registration.models import Event, Registration, TimelineEntry, db
from shared.database.session import defer_insert
from shared.database.utc import now


@dataclass(frozen=True)
class Actor:
    """The one who acts: `kind` is registrant, organiser, api, rules or system; `id` says which one."""

    kind: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}".rstrip()


REGISTRANT, RULES, SYSTEM = Actor("registrant"), Actor("rules"), Actor("system")


def record(about: Event | Registration, what: str, by: Actor, **detail: Any) -> None:
    """Add an entry in the current transaction."""
    registration_id = about.id if isinstance(about, Registration) else None
    event_id = about.event_id if isinstance(about, Registration) else about.id
    defer_insert(
        db.session,
        TimelineEntry,
        event_id=event_id,
        registration_id=registration_id,
        at=now(),
        what=what,
        actor=str(by),
        detail=detail,
    )
