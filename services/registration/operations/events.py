"""Operations on an event. The clock notifies everyone concerned, a batch at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.registration.models import Event, EventStatus, Form, Programme, Registration, Session, db
from services.registration.notices import notices
from services.registration.operations import invitation_answers, places, timeline
from services.registration.operations.timeline import Actor
from services.registration.rules.events import EventDetails, SessionDetails
from services.registration.rules.places import ACTIVE
from shared.contracts.notices import Kind
from shared.database.ids import new_id
from shared.database.utc import now

NOTIFIED_AT_A_TIME = 500


@dataclass(frozen=True)
class PlannedSession:
    """A session as an organiser wants it. With an `id` it is one that exists."""

    details: SessionDetails
    id: UUID | None = None


@dataclass(frozen=True)
class EventPlan:
    """A whole event as an organiser wants it. `questions` are in their stored form."""

    details: EventDetails
    sessions: tuple[PlannedSession, ...]
    questions: tuple[dict[str, Any], ...] = ()
    programme: Programme | None = None

    @property
    def sessions_in_order(self) -> list[PlannedSession]:
        """The sessions, the earliest first."""
        return sorted(self.sessions, key=lambda session: session.details.starts_at)


class NameTaken(Exception):
    """Another event has this slug already."""


def locked(slug: str) -> Event | None:
    """The event of this slug. Nobody else changes it until this transaction ends."""
    return db.session.scalar(select(Event).filter_by(slug=slug).with_for_update(of=Event))


def touch(event: Event) -> None:
    """Invalidate cached snapshots of the event. Every operation that changes what a page shows calls this."""
    event.version += 1
    event.updated_at = now()


def create(plan: EventPlan, by: Actor) -> Event:
    """A new event, in draft. Raises NameTaken if its slug is in use."""
    if db.session.scalar(select(Event.id).filter_by(slug=plan.details.slug)):
        raise NameTaken(plan.details.slug)
    at = now()
    event = Event(id=new_id(), details=plan.details, status=EventStatus.DRAFT, created_at=at, updated_at=at)
    event.programme = plan.programme
    event.sessions = [Session(id=new_id(), details=session.details) for session in plan.sessions]
    db.session.add(event)
    db.session.add(Form(event_id=event.id, version=1, questions=list(plan.questions), created_at=at))
    timeline.record(event, "created", by)
    db.session.flush()
    return event


def publish(event: Event, by: Actor) -> None:
    """Show the event and take registrations. Only a draft can be published; otherwise nothing changes."""
    db.session.refresh(event, with_for_update=True)
    if event.status is not EventStatus.DRAFT:
        return
    event.status, event.published_at = EventStatus.PUBLISHED, now()
    touch(event)
    timeline.record(event, "published", by)
    notices.list_event(event)


def change(event: Event, plan: EventPlan, by: Actor) -> bool:
    """Change an event. If it is published and its title, times or places change, everyone with an active registration
    is notified.

    Returns True if they will be. Changed invite settings take effect from the next invite.
    """
    db.session.refresh(event, with_for_update=True)
    differs = _differences(event, plan)
    is_announced = bool(differs) and event.status is EventStatus.PUBLISHED
    other_choices = ["invites"] if event.invites != plan.details.invites else []
    other_capacity = event.capacity != plan.details.capacity
    event.details, event.programme = plan.details, plan.programme
    _replace_sessions(event, plan.sessions_in_order)
    _change_form(event, plan.questions)
    if other_capacity:
        places.recount(event)
        places.give_free_places(event)
    touch(event)
    timeline.record(event, "changed", by, changes=[*differs, *other_choices])
    if is_announced:
        _announce(event, sorted({*event.changes, *differs}) if event.notices_due else differs)
    if event.status is not EventStatus.DRAFT:
        notices.list_event(event)
    return is_announced


def cancel(event: Event, by: Actor, reason: str = "") -> None:
    """Cancel an event, and notify everyone with an active registration. Cancelling twice changes nothing."""
    db.session.refresh(event, with_for_update=True)
    if event.status is EventStatus.CANCELLED:
        return
    event.status, event.cancel_reason = EventStatus.CANCELLED, reason
    touch(event)
    _announce(event, event.changes)
    timeline.record(event, "cancelled", by, reason=reason)
    notices.list_event(event)


def notify_of_changes() -> int:
    """Notify the next batch of people of their event's change. Returns how many.

    The clock calls this every second, so a request that changes an event never waits for its notices.
    """
    notified = 0
    for event in db.session.scalars(
        select(Event).filter_by(notices_due=True).with_for_update(skip_locked=True, of=Event)
    ):
        kind = Kind.EVENT_CANCELLED if event.status == EventStatus.CANCELLED else Kind.CHANGED
        batch = _to_notify(event)
        for registration in batch:
            invitation_answers.summarise(registration)
            notices.notify(registration, kind, bulk=True)
        notified += len(batch)
        event.notices_due = len(batch) == NOTIFIED_AT_A_TIME
    return notified


def _to_notify(event: Event) -> list[Registration]:
    behind = select(Registration).where(
        Registration.event_id == event.id,
        Registration.notified_revision < event.revision,
        Registration.status.in_(ACTIVE),
    )
    with_answers = behind.options(selectinload(Registration.rsvps)).limit(NOTIFIED_AT_A_TIME)
    return list(db.session.scalars(with_answers.with_for_update(of=Registration)))


def _announce(event: Event, changes: list[str]) -> None:
    """Have the clock notify everyone of the event as it is now."""
    event.changes = changes
    event.revision += 1
    event.notices_due = True


def _differences(event: Event, plan: EventPlan) -> list[str]:
    """The changes that a notice names: title, time, place."""
    before = [session.details for session in event.live_sessions]
    after = [session.details for session in plan.sessions_in_order]
    differs = []
    if event.title != plan.details.title:
        differs.append("title")
    if event.timezone != plan.details.timezone or _times(before) != _times(after):
        differs.append("time")
    if _locations(before) != _locations(after):
        differs.append("place")
    return differs


def _times(sessions: Iterable[SessionDetails]) -> list[tuple[datetime, datetime]]:
    return sorted((session.starts_at, session.ends_at) for session in sessions)


def _locations(sessions: Iterable[SessionDetails]) -> list[tuple[str, str | None]]:
    return [(session.location, session.join_url) for session in sessions]


def _replace_sessions(event: Event, planned: list[PlannedSession]) -> None:
    """Match planned sessions to existing ones by id, then by order.

    Sessions left over are cancelled but kept, because people hold invites to them.
    """
    live = {session.id: session for session in event.live_sessions}
    moved: list[Session] = []
    unnamed = [session for session in live.values() if session.id not in {one.id for one in planned}]
    for one in planned:
        session = live.pop(one.id, None) if one.id else None
        if session is None and one.id is None and unnamed:
            session = live.pop(unnamed.pop(0).id)
        if session is None:
            event.sessions.append(Session(id=new_id(), details=one.details))
            continue
        if (session.starts_at, session.ends_at) != (one.details.starts_at, one.details.ends_at):
            moved.append(session)
        session.details = one.details
    for dropped in live.values():
        dropped.cancelled_at = now()
    invitation_answers.forget(moved)


def _change_form(event: Event, questions: tuple[dict[str, Any], ...]) -> None:
    form = db.session.get_one(Form, (event.id, event.form_version))
    if form.questions != list(questions):
        event.form_version += 1
        db.session.add(Form(event_id=event.id, version=event.form_version, questions=list(questions), created_at=now()))
