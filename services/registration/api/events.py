"""Events in the API."""

from typing import Any
from uuid import UUID

from flask import abort
from sqlalchemy import select

from services.registration import catalogue
from services.registration.api import schemas
from services.registration.api.descriptions import described, description_of
from services.registration.api.door import (
    acting,
    door,
    fails_with,
    is_organiser,
    open_to_all,
    organisers_only,
    repeatable,
)
from services.registration.attendees import BadCursor
from services.registration.models import Event, EventStatus, db
from services.registration.operations import events as operations

events = door("Events", "Webinars and meetings, of one session or several.")


@events.route("/events")
@open_to_all
@events.arguments(schemas.Paging, location="query")
@events.response(200, schemas.PageOfEvents)
def list_events(paging: dict[str, Any]) -> dict[str, Any]:
    """List events

    The latest made first: published ones for the public, all for organisers.
    """
    query = select(Event).order_by(Event.id.desc())
    if not is_organiser():
        query = query.filter_by(status=EventStatus.PUBLISHED)
    if "cursor" in paging:
        query = query.where(Event.id < _read_cursor(paging["cursor"]))
    *found, beyond = [*db.session.scalars(query.limit(paging["limit"] + 1)), None]
    if len(found) > paging["limit"]:
        beyond = found.pop()
    return {
        "events": [described(event, to_organiser=is_organiser(), with_questions=False) for event in found],
        "next_cursor": str(found[-1].id) if beyond else None,
    }


@events.route("/events", methods=["POST"])
@organisers_only
@repeatable
@fails_with(409)
@events.arguments(schemas.Event)
@events.response(201, schemas.Event)
def create_event(given: dict[str, Any]) -> dict[str, Any]:
    """Make an event

    It is a draft, which only organisers see, until it is published.
    """
    event = operations.create(description_of(given), acting())
    return described(event, to_organiser=True)


@events.route("/events/<slug>")
@open_to_all
@fails_with(404)
@events.response(200, schemas.Event)
def get_event(slug: str) -> dict[str, Any]:
    """Look at an event

    The public sees published and cancelled ones, without their join links.
    """
    return described(visible_event(slug), to_organiser=is_organiser())


@events.route("/events/<slug>", methods=["PATCH"])
@organisers_only
@repeatable
@fails_with(404, 409)
@events.arguments(schemas.EventChanges(partial=True))
@events.response(200, schemas.Event)
def change_event(given: dict[str, Any], slug: str) -> dict[str, Any]:
    """Change an event

    Only what is given changes. Sessions replace the ones it had; each may carry the id of the one it
    was. Where the zone changes and no sessions are given, they stay at the same time on the clock.
    Where title, time or place differ, everyone who stands registered is told.
    """
    event = _event_to_change(slug)
    operations.change(event, description_of(given, event), acting())
    return described(event, to_organiser=True)


@events.route("/events/<slug>/publish", methods=["POST"])
@organisers_only
@repeatable
@fails_with(404, 409)
@events.response(200, schemas.Event)
def publish_event(slug: str) -> dict[str, Any]:
    """Publish an event

    Everybody can see it and register. Publishing twice changes nothing.
    """
    event = _event_to_change(slug)
    operations.publish(event, acting())
    return described(event, to_organiser=True)


@events.route("/events/<slug>/cancel", methods=["POST"])
@organisers_only
@repeatable
@fails_with(404)
@events.arguments(schemas.Cancellation, required=False)
@events.response(200, schemas.Event)
def cancel_event(given: dict[str, Any], slug: str) -> dict[str, Any]:
    """Call an event off

    Everyone who stands registered is told, with the reason. Doing it twice changes nothing.
    """
    event = _locked(slug)
    operations.cancel(event, acting(), given["reason"])
    return described(event, to_organiser=True)


def visible_event(slug: str) -> Event:
    """The event of this slug, where the caller may see it; else the answer is 404."""
    event = catalogue.find(slug)
    if event is None or (event.status == EventStatus.DRAFT and not is_organiser()):
        abort(404, "There is no such event.")
    return event


def _event_to_change(slug: str) -> Event:
    event = _locked(slug)
    if event.status == EventStatus.CANCELLED:
        abort(409, "The event was called off, and everyone was told. Make a new one instead.")
    return event


def _locked(slug: str) -> Event:
    """The event of this slug; nobody else changes it until this request has."""
    event = db.session.scalar(select(Event).filter_by(slug=slug).with_for_update(of=Event))
    if event is None:
        abort(404, "There is no such event.")
    return event


def _read_cursor(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError as error:
        raise BadCursor("This cursor is not one of ours.") from error
