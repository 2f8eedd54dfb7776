"""Events in the API."""

from typing import Any
from uuid import UUID

from flask import abort
from sqlalchemy import select

from services.registration.api.authentication import acting, is_organiser, open_to_all, organisers_only
from services.registration.api.blueprint import api_blueprint
from services.registration.api.endpoints import fails_with
from services.registration.api.event_bodies import read_event, serialise_event
from services.registration.api.idempotency import idempotent
from services.registration.api.schemas import events
from services.registration.models import Event, EventStatus, db
from services.registration.operations import events as operations
from services.registration.queries import event_snapshots
from services.registration.queries.attendees import BadCursor

blueprint = api_blueprint("Events", "Webinars and meetings, of one session or several.")


@blueprint.route("/events")
@open_to_all
@blueprint.arguments(events.Paging, location="query")
@blueprint.response(200, events.PageOfEvents)
def list_events(paging: dict[str, Any]) -> dict[str, Any]:
    """List events

    The newest first: published ones for the public, all for organisers.
    """
    query = select(Event).order_by(Event.id.desc())
    if not is_organiser():
        query = query.filter_by(status=EventStatus.PUBLISHED)
    if "cursor" in paging:
        query = query.where(Event.id < _read_cursor(paging["cursor"]))
    size = paging["limit"]
    found = db.session.scalars(query.limit(size + 1)).all()
    page, more = found[:size], len(found) > size
    return {
        "events": [serialise_event(event, to_organiser=is_organiser(), with_questions=False) for event in page],
        "next_cursor": str(page[-1].id) if more else None,
    }


@blueprint.route("/events", methods=["POST"])
@organisers_only
@idempotent
@fails_with(409)
@blueprint.arguments(events.Event)
@blueprint.response(201, events.Event)
def create_event(given: dict[str, Any]) -> dict[str, Any]:
    """Create an event

    It is a draft, which only organisers see, until it is published.
    """
    event = operations.create(read_event(given), acting())
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>")
@open_to_all
@fails_with(404)
@blueprint.response(200, events.Event)
def get_event(slug: str) -> dict[str, Any]:
    """Get an event

    The public sees published and cancelled events, without join links.
    """
    return serialise_event(visible_event(slug), to_organiser=is_organiser())


@blueprint.route("/events/<slug>", methods=["PATCH"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.arguments(events.EventChanges(partial=True))
@blueprint.response(200, events.Event)
def change_event(given: dict[str, Any], slug: str) -> dict[str, Any]:
    """Change an event

    Fields that are left out stay as they are. `sessions` replaces all sessions; give an `id` to keep one.
    If only the time zone changes, local times stay. If title, time or place change, everyone with an active
    registration is notified.
    """
    event = _event_to_change(slug)
    operations.change(event, read_event(given, event), acting())
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>/publish", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.response(200, events.Event)
def publish_event(slug: str) -> dict[str, Any]:
    """Publish an event

    Everybody can see it and register. Publishing twice changes nothing.
    """
    event = _event_to_change(slug)
    operations.publish(event, acting())
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>/cancel", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404)
@blueprint.arguments(events.Cancellation, required=False)
@blueprint.response(200, events.Event)
def cancel_event(given: dict[str, Any], slug: str) -> dict[str, Any]:
    """Cancel an event

    Everyone with an active registration is notified, with the reason. Cancelling twice changes nothing.
    """
    event = _locked(slug)
    operations.cancel(event, acting(), given["reason"])
    return serialise_event(event, to_organiser=True)


def visible_event(slug: str) -> Event:
    """The event of this slug, if the caller may see it; else 404."""
    event = event_snapshots.find(slug)
    if event is None or (event.status == EventStatus.DRAFT and not is_organiser()):
        abort(404, "There is no such event.")
    return event


def _event_to_change(slug: str) -> Event:
    event = _locked(slug)
    if event.status == EventStatus.CANCELLED:
        abort(409, "The event is cancelled, and everyone has been notified. Create a new one instead.")
    return event


def _locked(slug: str) -> Event:
    """The event of this slug, locked until this request ends."""
    event = operations.locked(slug)
    if event is None:
        abort(404, "There is no such event.")
    return event


def _read_cursor(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError as error:
        raise BadCursor("This cursor is not valid.") from error
