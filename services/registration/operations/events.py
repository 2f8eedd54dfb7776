"""What can happen to an event. Everyone concerned is told by the clock, a window at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.registration import notices, timeline
from services.registration.models import Event, EventStatus, Form, Programme, Registration, Session, db
from services.registration.operations import places, rsvps
from services.registration.rules.invites import Invites
from services.registration.rules.places import STANDS
from services.registration.timeline import Actor
from shared.clock import now
from shared.ids import new_id
from shared.messages.notices import Kind

TOLD_AT_A_TIME = 500


@dataclass(frozen=True)
class Sitting:
    """A session as an organiser describes it; instants are UTC. With an `id` it is one that exists."""

    starts_at: datetime
    ends_at: datetime
    title: str = ""
    location: str = ""
    join_url: str | None = None
    id: Any = None


@dataclass(frozen=True)
class Description:
    """An event as an organiser describes it."""

    title: str
    slug: str
    timezone: str
    sessions: tuple[Sitting, ...]
    description: str = ""
    capacity: int | None = None
    waitlist: bool = True
    questions: tuple[dict[str, Any], ...] = ()
    programme: Programme | None = None
    invites: Invites = field(default_factory=Invites)


class NameTaken(Exception):
    """Another event has this address already."""


def create(description: Description, by: Actor) -> Event:
    """A new event, in draft. Raises NameTaken where its slug is in use."""
    if db.session.scalar(select(Event.id).filter_by(slug=description.slug)):
        raise NameTaken(description.slug)
    at = now()
    event = Event(
        id=new_id(),
        slug=description.slug,
        title=description.title,
        description=description.description,
        timezone=description.timezone,
        capacity=description.capacity,
        waitlist=description.waitlist,
        programme=description.programme,
        invites=description.invites,
        status=EventStatus.DRAFT,
        created_at=at,
        updated_at=at,
    )
    event.sessions = [_session(sitting) for sitting in description.sessions]
    db.session.add(event)
    db.session.add(Form(event_id=event.id, version=1, questions=list(description.questions), created_at=at))
    timeline.record(event, "created", by)
    db.session.commit()
    return event


def publish(event: Event, by: Actor) -> None:
    """Show the event and take registrations. Only a draft can be published; otherwise nothing changes."""
    db.session.refresh(event, with_for_update=True)
    if event.status != EventStatus.DRAFT:
        return
    event.status, event.published_at = EventStatus.PUBLISHED, now()
    event.revision += 1
    timeline.record(event, "published", by)
    notices.list_event(event)
    db.session.commit()


def change(event: Event, description: Description, by: Actor) -> bool:
    """Change an event. Where time, place or title differ, everyone who stands registered is told.

    Returns whether they are. Another choice about invites is kept, and shows from the next one on.
    """
    db.session.refresh(event, with_for_update=True)
    differs = _differences(event, description)
    event.title, event.description = description.title, description.description
    event.timezone, event.waitlist = description.timezone, description.waitlist
    _replace_sessions(event, description.sessions)
    _change_form(event, description.questions)
    _change_capacity(event, description.capacity)
    rechosen = ["invites"] if event.invites != description.invites else []
    event.programme, event.invites, event.updated_at = description.programme, description.invites, now()
    timeline.record(event, "changed", by, changes=[*differs, *rechosen])
    if differs:
        event.changes = sorted({*event.changes, *differs}) if event.telling else differs
        event.revision += 1
        event.telling = True
    if event.status != EventStatus.DRAFT:
        event.revision += not differs
        notices.list_event(event)
    db.session.commit()
    return event.telling


def cancel(event: Event, by: Actor, reason: str = "") -> None:
    """Call an event off, and tell everyone who stands registered. Doing it twice changes nothing."""
    db.session.refresh(event, with_for_update=True)
    if event.status == EventStatus.CANCELLED:
        return
    event.status, event.cancel_reason, event.updated_at = EventStatus.CANCELLED, reason, now()
    event.revision += 1
    event.telling = True
    timeline.record(event, "cancelled", by, reason=reason)
    notices.list_event(event)
    db.session.commit()


def tell_of_changes() -> int:
    """Owe notices to the next few hundred people who have not heard of an event's change. Returns how many.

    The clock calls this every second, so that a change to an event of any size returns at once.
    """
    told = 0
    for event in db.session.scalars(select(Event).filter_by(telling=True).with_for_update(skip_locked=True, of=Event)):
        kind = Kind.EVENT_CANCELLED if event.status == EventStatus.CANCELLED else Kind.CHANGED
        batch = _untold(event)
        for registration in batch:
            rsvps.summarise(registration)
            notices.owe_standing(registration, kind, bulk=True)
        told += len(batch)
        event.telling = len(batch) == TOLD_AT_A_TIME
    db.session.commit()
    return told


def _untold(event: Event) -> list[Registration]:
    behind = select(Registration).where(
        Registration.event_id == event.id,
        Registration.told_revision < event.revision,
        Registration.status.in_(STANDS),
    )
    with_answers = behind.options(selectinload(Registration.rsvps)).limit(TOLD_AT_A_TIME)
    return list(db.session.scalars(with_answers.with_for_update(of=Registration)))


def _differences(event: Event, description: Description) -> list[str]:
    before, after = event.live_sessions, description.sessions
    differs = []
    if event.title != description.title:
        differs.append("title")
    if event.timezone != description.timezone or _times(before) != _times(after):
        differs.append("time")
    if [(s.location, s.join_url) for s in before] != [(s.location, s.join_url) for s in _in_order(after)]:
        differs.append("place")
    return differs


def _times(sittings: Iterable[Session | Sitting]) -> list[tuple[datetime, datetime]]:
    return sorted((sitting.starts_at, sitting.ends_at) for sitting in sittings)


def _in_order(sittings: Iterable[Sitting]) -> list[Sitting]:
    return sorted(sittings, key=lambda sitting: sitting.starts_at)


def _replace_sessions(event: Event, sittings: tuple[Sitting, ...]) -> None:
    """Keep a session's identity where it is named or, failing that, where its place in order is the same.

    One that is no longer among them is called off, not forgotten: people hold invitations to it.
    """
    live = {session.id: session for session in event.live_sessions}
    moved: list[Session] = []
    unnamed = [session for session in live.values() if session.id not in {sitting.id for sitting in sittings}]
    for sitting in _in_order(sittings):
        session = live.pop(sitting.id, None) if sitting.id else None
        if session is None and sitting.id is None and unnamed:
            session = live.pop(unnamed.pop(0).id)
        if session is None:
            event.sessions.append(_session(sitting))
            continue
        if (session.starts_at, session.ends_at) != (sitting.starts_at, sitting.ends_at):
            moved.append(session)
        session.starts_at, session.ends_at, session.title = sitting.starts_at, sitting.ends_at, sitting.title
        session.location, session.join_url = sitting.location, sitting.join_url
    for dropped in live.values():
        dropped.cancelled_at = now()
    rsvps.forget_answers(moved)


def _session(sitting: Sitting) -> Session:
    return Session(
        id=new_id(),
        title=sitting.title,
        starts_at=sitting.starts_at,
        ends_at=sitting.ends_at,
        location=sitting.location,
        join_url=sitting.join_url,
    )


def _change_form(event: Event, questions: tuple[dict[str, Any], ...]) -> None:
    form = db.session.get_one(Form, (event.id, event.form_version))
    if form.questions != list(questions):
        event.form_version += 1
        db.session.add(Form(event_id=event.id, version=event.form_version, questions=list(questions), created_at=now()))


def _change_capacity(event: Event, capacity: int | None) -> None:
    if event.capacity == capacity:
        return
    event.capacity = capacity
    places.recount(event)
    places.give_free_places(event)
