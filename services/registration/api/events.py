"""Events in the API."""

from typing import Any

from flask import abort, request
from werkzeug.http import quote_etag

from services.registration.api.authentication import acting, is_organiser, open_to_all, organisers_only
from services.registration.api.blueprint import api_blueprint
from services.registration.api.endpoints import fails_with
from services.registration.api.event_bodies import read_event, serialise_event
from services.registration.api.idempotency import idempotent
from services.registration.api.schemas import events as event_schemas
from services.registration.models import Event, EventStatus
from services.registration.operations import events
from services.registration.queries import event_snapshots
from services.registration.queries import events as queries
from services.registration.queries.events import ANY_STATUS
from services.registration.web.applications import InvalidFields

IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag of the event as you read it.",
}

blueprint = api_blueprint("Events", "Webinars and meetings, of one session or several.")


@blueprint.route("/events")
@open_to_all
@blueprint.arguments(event_schemas.PagedEvents, location="query")
@blueprint.response(200, event_schemas.PageOfEvents)
def list_events(asked: dict[str, Any]) -> dict[str, Any]:
    """List events

    By their next sessions, a page at a time; with `past=yes` those that are over, the latest first. The public sees
    published ones, organisers all.
    """
    is_past, statuses = asked["past"] == "yes", ANY_STATUS if is_organiser() else (EventStatus.PUBLISHED,)
    page = (queries.past if is_past else queries.upcoming)(statuses, asked.get("cursor"), asked["limit"])
    listed = [session.event for session in page.rows]
    return {
        "events": [serialise_event(event, to_organiser=is_organiser(), with_questions=False) for event in listed],
        "previous_cursor": page.previous_cursor,
        "next_cursor": page.next_cursor,
        "total": queries.total(statuses, is_past=is_past),
    }


@blueprint.route("/events", methods=["POST"])
@organisers_only
@idempotent
@fails_with(409)
@blueprint.arguments(event_schemas.Event)
@blueprint.response(201, event_schemas.Event)
def create_event(given: dict[str, Any]) -> dict[str, Any]:
    """Create an event

    It is a draft, which only organisers see, until it is published.
    """
    event = events.create(read_event(given), acting())
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>")
@open_to_all
@fails_with(404)
@blueprint.response(200, event_schemas.Event)
def get_event(slug: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Get an event

    The public sees published and cancelled events, without join links. The `ETag` names the version for `If-Match`.
    """
    event = visible_event(slug)
    return serialise_event(event, to_organiser=is_organiser()), _etag(event)


@blueprint.route("/events/<slug>", methods=["PATCH"])
@organisers_only
@idempotent
@fails_with(404, 409, 412)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(event_schemas.EventChanges(partial=True))
@blueprint.response(200, event_schemas.Event)
def change_event(given: dict[str, Any], slug: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Change an event

    Fields that are left out stay as they are. `sessions` replaces all sessions; give an `id` to keep one.
    If only the time zone changes, local times stay. If title, time or place change, everyone with an active
    registration is notified, unless the event is over. `slug` can change until the event is published.

    Send the event's `ETag` as `If-Match` to change only the version that you read: 412 if somebody else has
    changed the event since. The answer has the new `ETag`.
    """
    event = _event_to_change(slug)
    _check_version(event)
    events.change(event, read_event(given, event), acting())
    return serialise_event(event, to_organiser=True), _etag(event)


@blueprint.route("/events/<slug>/publish", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.arguments(event_schemas.Publication, required=False)
@blueprint.response(200, event_schemas.Event)
def publish_event(given: dict[str, Any], slug: str) -> dict[str, Any]:
    """Publish an event

    Everybody can see it and register. Publishing twice changes nothing. An event that is over is published only with
    `even_if_over`.
    """
    event = _event_to_change(slug)
    if event.status is EventStatus.DRAFT and event.is_over and not given["even_if_over"]:
        raise InvalidFields({"even_if_over": "This event is over. Is the date right? Send true to publish it anyway."})
    events.publish(event, acting())
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>/close", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.response(200, event_schemas.Event)
def close_registration(slug: str) -> dict[str, Any]:
    """Close registration

    Nobody can register any more. People on the waiting list still get places that become free. Closing twice
    changes nothing.
    """
    event = _event_to_change(slug)
    events.set_registration(event, acting(), is_open=False)
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>/open", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.response(200, event_schemas.Event)
def open_registration(slug: str) -> dict[str, Any]:
    """Open registration

    People can register from now on: an `opens_at` to come and a `closes_at` that has passed are dropped. Opening
    twice changes nothing.
    """
    event = _event_to_change(slug)
    events.set_registration(event, acting(), is_open=True)
    return serialise_event(event, to_organiser=True)


@blueprint.route("/events/<slug>", methods=["DELETE"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.response(204)
def delete_event(slug: str) -> None:
    """Delete a draft

    Only an event that was never published can be deleted. Cancel any other.
    """
    events.delete_draft(_locked(slug))


@blueprint.route("/events/<slug>/cancel", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404)
@blueprint.arguments(event_schemas.Cancellation, required=False)
@blueprint.response(200, event_schemas.Event)
def cancel_event(given: dict[str, Any], slug: str) -> dict[str, Any]:
    """Cancel an event

    Everyone with an active registration is notified, with the reason. Cancelling twice changes nothing.
    """
    event = _locked(slug)
    events.cancel(event, acting(), given["reason"])
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


def _etag(event: Event) -> dict[str, str]:
    return {"ETag": quote_etag(str(event.version))}


def _check_version(event: Event) -> None:
    """412 if the caller read another version of the event than the present one."""
    if request.if_match and not request.if_match.contains(str(event.version)):
        abort(412, "Somebody else has changed this event since you read it. Read it again, and send your change then.")


def _locked(slug: str) -> Event:
    """The event of this slug, locked until this request ends."""
    event = events.locked(slug)
    if event is None:
        abort(404, "There is no such event.")
    return event
