"""Serialises events, and reads them. Bodies have local times, plans have instants."""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.registration.models import Event, EventStatus, Form, Programme, Session, db
from services.registration.notices import links
from services.registration.operations.events import EventPlan, PlannedSession
from services.registration.rules.event_states import sentence
from services.registration.rules.events import CLOSES_TOO_EARLY, EventDetails, SessionDetails, closes_too_early
from services.registration.rules.invites import Invites, validate_invites
from services.registration.rules.questions import check_conditions, read_questions
from services.registration.rules.times import NoSuchTime, instant_of, session_problem
from services.registration.web.applications import InvalidFields
from shared.database.utc import now


def serialise_event(event: Event, *, to_organiser: bool, with_questions: bool = True) -> dict[str, Any]:
    """The body of an event. The public sees neither join links nor counts."""
    body = {
        "id": event.id,
        "slug": event.slug,
        "title": event.title,
        "description": event.description,
        "timezone": event.timezone,
        "status": event.status,
        "state": event.state,
        "message": sentence(event.state, event.details, now()),
        "sessions": [_serialise_session(event, session, to_organiser) for session in event.live_sessions],
        "capacity": event.capacity,
        "waitlist": event.waitlist,
        "takes_registrations": event.takes_registrations,
        "opens_at": _local(event.opens_at, event.timezone),
        "closes_at": _local(event.closes_at, event.timezone),
        "programme": event.programme.slug if event.programme else None,
        "url": links.event_page(event),
    }
    if with_questions:
        body["questions"] = _questions_of(event)
    if to_organiser:
        body |= {
            "invites": asdict(event.invites),
            "places_taken": event.places_taken,
            "waiting": event.waiting,
            "created_at": event.created_at,
            "published_at": event.published_at,
        }
    return body


def read_event(given: Mapping[str, Any], before: Event | None = None) -> EventPlan:
    """The event in a body; fields that are left out stay as they were `before`.

    Where only the zone changes, sessions keep their local times. Raises InvalidFields.
    """
    errors: dict[str, str] = {}
    whole = {**serialise_event(before, to_organiser=True), **given} if before else dict(given)
    if before and whole["slug"] != before.slug and before.status is not EventStatus.DRAFT:
        errors["slug"] = "A slug cannot change once the event is published: it is part of links that people have."
    if before and not given.keys() & {"sessions", "timezone"}:
        sessions = tuple(PlannedSession(session.details, session.id) for session in before.live_sessions)
    else:
        sessions = _sessions(whole["sessions"], whole["timezone"], before, errors)
    for name in ("opens_at", "closes_at"):
        if before and not given.keys() & {name, "timezone"}:
            whole[name] = getattr(before, name)
        elif whole[name] is not None:
            whole[name] = _instant(whole[name], whole["timezone"], name, errors)
    if closes_too_early(whole["opens_at"], whole["closes_at"]):
        errors["closes_at"] = CLOSES_TOO_EARLY
    whole["invites"] = _invites(before.invites if before else Invites(), given.get("invites", {}), errors)
    plan = EventPlan(
        details=EventDetails(**{field.name: whole[field.name] for field in fields(EventDetails)}),
        sessions=sessions,
        questions=_questions(given["questions"], errors) if "questions" in given else tuple(whole["questions"]),
        programme=_programme(whole["programme"], errors),
    )
    if errors:
        raise InvalidFields(errors)
    return plan


def _serialise_session(event: Event, session: Session, to_organiser: bool) -> dict[str, Any]:
    body = {
        "id": session.id,
        "title": session.title,
        "starts_at": _local(session.starts_at, event.timezone),
        "ends_at": _local(session.ends_at, event.timezone),
        "starts_at_utc": session.starts_at,
        "ends_at_utc": session.ends_at,
        "location": session.location,
    }
    return {**body, "join_url": session.join_url} if to_organiser else body


def _local(instant: datetime | None, timezone: str) -> datetime | None:
    return None if instant is None else instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


def _questions_of(event: Event) -> list[dict[str, Any]]:
    return db.session.get_one(Form, (event.id, event.form_version)).questions


def _sessions(
    given: list[dict[str, Any]], timezone: str, before: Event | None, errors: dict[str, str]
) -> tuple[PlannedSession, ...]:
    known = {session.id for session in before.live_sessions} if before else set()
    return tuple(
        planned
        for number, session in enumerate(given)
        if (planned := _session(session, timezone, known, f"sessions.{number}", errors)) is not None
    )


def _session(
    given: dict[str, Any], timezone: str, known: set[UUID], path: str, errors: dict[str, str]
) -> PlannedSession | None:
    """A planned session, or None with its errors in `errors`. Each id in `known` can be used once."""
    session_id = given.get("id")
    if session_id is not None and session_id not in known:
        errors[f"{path}.id"] = "This event has no such session, or the id is used twice."
    known.discard(session_id)
    starts_at = _instant(given["starts_at"], timezone, f"{path}.starts_at", errors)
    ends_at = _instant(given["ends_at"], timezone, f"{path}.ends_at", errors)
    if starts_at is None or ends_at is None:
        return None
    if problem := session_problem(starts_at, ends_at):
        errors[f"{path}.ends_at"] = problem
    details = SessionDetails(
        starts_at=starts_at,
        ends_at=ends_at,
        title=given["title"],
        location=given["location"],
        join_url=given["join_url"] or None,
    )
    return PlannedSession(details, session_id)


def _instant(local: datetime, timezone: str, path: str, errors: dict[str, str]) -> datetime | None:
    try:
        return instant_of(local, timezone)
    except NoSuchTime as error:
        errors[path] = str(error)
        return None


def _questions(given: list[dict[str, Any]], errors: dict[str, str]) -> tuple[dict[str, Any], ...]:
    try:
        check_conditions(read_questions(given))
    except ValueError as error:
        errors["questions"] = str(error)
    return tuple(given)


def _invites(before: Invites, given: Mapping[str, Any], errors: dict[str, str]) -> Invites:
    chosen = replace(before, **given)
    errors |= {f"invites.{name}": sentence for name, sentence in validate_invites(chosen).items()}
    return chosen


def _programme(slug: str | None, errors: dict[str, str]) -> Programme | None:
    if slug is None:
        return None
    programme = db.session.scalar(select(Programme).filter_by(slug=slug))
    if programme is None:
        errors["programme"] = "There is no such programme."
    return programme
