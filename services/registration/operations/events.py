"""Operations on an event. The clock notifies everyone concerned, a batch at a time."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import selectinload

from services.registration.models import (
    Event,
    EventStatus,
    Form,
    Programme,
    Registration,
    Session,
    TimelineEntry,
    db,
)
from services.registration.notices import notices
from services.registration.operations import invitation_answers, places, timeline
from services.registration.operations.listings import touch
from services.registration.operations.timeline import Actor
from services.registration.rules.events import EventDetails, SessionDetails
from services.registration.rules.places import ACTIVE
from shared.contracts.notices import Kind
from shared.database.ids import new_id
from shared.database.utc import now

NOTIFIED_AT_A_TIME = 500
OTHER_CHOICES = ("invites", "takes_registrations", "opens_at", "closes_at")
"""The choices that the timeline names and nobody is notified of."""


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


class NotADraft(Exception):
    """The event is published or cancelled, so people may know of it."""


def locked(slug: str) -> Event | None:
    """The event of this slug. Nobody else changes it until this transaction ends."""
    return db.session.scalar(select(Event).filter_by(slug=slug).with_for_update(of=Event))


def create(plan: EventPlan, by: Actor) -> Event:
    """A new event, in draft. Raises NameTaken if its slug is in use."""
    _check_slug(plan.details.slug)
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
    """Change an event. If it is published and not over, and its title, times or places change, everyone with an active
    registration is notified.

    Returns True if they will be. Changed invite settings take effect from the next invite. Raises NameTaken if
    another event has the new slug.
    """
    db.session.refresh(event, with_for_update=True)
    if plan.details.slug != event.slug:
        _check_slug(plan.details.slug)
    differs = _differences(event, plan)
    other_choices = [name for name in OTHER_CHOICES if getattr(event, name) != getattr(plan.details, name)]
    other_capacity = event.capacity != plan.details.capacity
    event.details, event.programme = plan.details, plan.programme
    _replace_sessions(event, plan.sessions_in_order)
    _change_form(event, plan.questions)
    if other_capacity:
        places.recount(event)
    places.give_free_places(event)
    touch(event)
    timeline.record(event, "changed", by, changes=[*differs, *other_choices])
    is_announced = bool(differs) and event.status is EventStatus.PUBLISHED and not event.is_over
    if is_announced:
        _announce(event, sorted({*event.changes, *differs}) if event.notices_due else differs)
    if event.status is not EventStatus.DRAFT:
        notices.list_event(event)
    return is_announced


def cancel(event: Event, by: Actor, reason: str = "") -> None:
    """Cancel an event, and notify everyone with an active registration, unless it is over. Cancelling twice changes
    nothing."""
    db.session.refresh(event, with_for_update=True)
    if event.status is EventStatus.CANCELLED:
        return
    event.status, event.cancel_reason = EventStatus.CANCELLED, reason
    touch(event)
    if not event.is_over:
        _announce(event, event.changes)
    timeline.record(event, "cancelled", by, reason=reason)
    notices.list_event(event)


def set_registration(event: Event, by: Actor, *, is_open: bool) -> None:
    """Open or close registration now. Opening drops an opening time to come, and a closing time that has passed."""
    db.session.refresh(event, with_for_update=True)
    details, at = event.details, now()
    opens_at, closes_at = details.opens_at, details.closes_at
    if is_open:
        opens_at = opens_at if opens_at is not None and opens_at <= at else None
        closes_at = closes_at if closes_at is not None and closes_at > at else None
    changed = replace(details, takes_registrations=is_open, opens_at=opens_at, closes_at=closes_at)
    if changed == details:
        return
    event.details = changed
    touch(event)
    timeline.record(event, "registration opened" if is_open else "registration closed", by)
    if event.status is not EventStatus.DRAFT:
        notices.list_event(event)


def delete_draft(event: Event) -> None:
    """Delete an event that was never published, with all that is kept of it. Raises NotADraft for any other."""
    db.session.refresh(event, with_for_update=True)
    if event.status is not EventStatus.DRAFT:
        raise NotADraft
    for kept in (TimelineEntry, Form):
        db.session.execute(delete(kept).where(kept.event_id == event.id))
    db.session.delete(event)


def notify_of_changes() -> int:
    """Notify the next batch of people of their event's change. Returns how many.

    The clock calls this every second, so a request that changes an event never waits for its notices.
    """
    notified = 0
    for event in db.session.scalars(
        select(Event).filter_by(notices_due=True).with_for_update(skip_locked=True, of=Event)
    ):
        kind = Kind.EVENT_CANCELLED if event.status == EventStatus.CANCELLED else Kind.CHANGED
        batch = [] if event.is_over else _to_notify(event)
        for registration in batch:
            invitation_answers.summarise(registration)
            notices.notify(registration, kind, bulk=True)
        notified += len(batch)
        event.notices_due = len(batch) == NOTIFIED_AT_A_TIME
    return notified


def _check_slug(slug: str) -> None:
    if db.session.scalar(select(Event.id).filter_by(slug=slug)):
        raise NameTaken(slug)


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
    """The changes that a notice names: title, time, place. Each session is compared with itself."""
    kept = [(session.details, one.details) for session, one in _matched(event, plan.sessions_in_order) if session]
    is_all = len(kept) == len(event.live_sessions) == len(plan.sessions)
    differs = []
    if event.title != plan.details.title or any(old.title != new.title for old, new in kept):
        differs.append("title")
    if event.timezone != plan.details.timezone or not is_all or any(_times(old) != _times(new) for old, new in kept):
        differs.append("time")
    if any(_location(old) != _location(new) for old, new in kept):
        differs.append("place")
    return differs


def _times(session: SessionDetails) -> tuple[datetime, datetime]:
    return session.starts_at, session.ends_at


def _location(session: SessionDetails) -> tuple[str, str | None]:
    return session.location, session.join_url


def _matched(event: Event, planned: list[PlannedSession]) -> list[tuple[Session | None, PlannedSession]]:
    """Each planned session with the live session it is: the one it names or, without an id, the one at its position."""
    live = {session.id: session for session in event.live_sessions}
    named = {one.id for one in planned}
    unnamed = [session for session in live.values() if session.id not in named]
    matched: list[tuple[Session | None, PlannedSession]] = []
    for one in planned:
        session = live.pop(one.id, None) if one.id else None
        if session is None and one.id is None and unnamed:
            session = live.pop(unnamed.pop(0).id)
        matched.append((session, one))
    return matched


def _replace_sessions(event: Event, planned: list[PlannedSession]) -> None:
    """Give the event its planned sessions; those that it has already keep their identity.

    A session that is not in the plan is cancelled and kept: people have invitations to it.
    """
    matched = _matched(event, planned)
    kept = [session for session, _ in matched if session]
    for dropped in event.live_sessions:
        if dropped not in kept:
            dropped.cancelled_at = now()
    invitation_answers.forget(
        session for session, one in matched if session and _times(session.details) != _times(one.details)
    )
    for session, one in matched:
        if session is None:
            event.sessions.append(Session(id=new_id(), details=one.details))
        else:
            session.details = one.details


def _change_form(event: Event, questions: tuple[dict[str, Any], ...]) -> None:
    form = db.session.get_one(Form, (event.id, event.form_version))
    if form.questions != list(questions):
        event.form_version += 1
        db.session.add(Form(event_id=event.id, version=event.form_version, questions=list(questions), created_at=now()))
