"""Registrations in the API: anybody can register, the rest is for organisers."""

from typing import Any
from uuid import UUID

from flask import Response, abort
from sqlalchemy import select

from services.registration.api.authentication import acting, is_organiser, open_to_all, organisers_only
from services.registration.api.blueprint import api_blueprint
from services.registration.api.endpoints import fails_with, json_object
from services.registration.api.events import visible_event
from services.registration.api.idempotency import idempotent
from services.registration.api.schemas import events as event_schemas
from services.registration.api.schemas import registrations as registration_schemas
from services.registration.api.serialisers import serialise_registration, serialise_registrations
from services.registration.exports import FORMATS, download_response
from services.registration.models import Registration, TimelineEntry, db
from services.registration.notices import links
from services.registration.operations import people, placements, places, registrations
from services.registration.operations.people import AddressTaken
from services.registration.queries import attendees, event_snapshots, form_history
from services.registration.queries.attendees import Filters
from services.registration.rules.applications import Application
from services.registration.rules.consents import WORDINGS
from services.registration.rules.event_states import sentence
from services.registration.rules.places import Status
from services.registration.web.applications import InvalidFields, read_application
from services.registration.web.rate_limits import limit_registrations
from shared.database.utc import now

blueprint = api_blueprint("Registrations", "People at events.")

WRITTEN = (
    "We have written to the address you gave. The e-mail says for whom the registration is: one address is one "
    "registration, and one that was made before stays as it is."
)
APPLICATION = registration_schemas.Application
MESSAGES = {
    Status.CONFIRMED: f"Thank you. {WRITTEN}",
    Status.WAITLISTED: f"Every place is taken, so new registrations go on the waiting list. {WRITTEN}",
}


@blueprint.route("/events/<slug>/registrations", methods=["POST"])
@open_to_all
@limit_registrations
@idempotent
@fails_with(404, 409, 413, 415, 429)
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": APPLICATION}}})
@blueprint.response(201, registration_schemas.Receipt)
def register(slug: str) -> dict[str, Any]:
    """Register somebody

    Open to all while the event takes registrations. A person who is registered already is sent the link
    to their own page; the response is the same. 409 means that the event is full, over, not published,
    cancelled or closed for registration; `detail` says which.
    """
    event = visible_event(slug)
    state = event.state
    if not state.takes_registrations:
        abort(409, sentence(state, event.details, now()))
    application = read_application(event_snapshots.questions(event), json_object(), source="api")
    registered = registrations.register(event, application, acting())
    receipt: dict[str, Any] = {"status": registered.status, "message": MESSAGES[registered.status]}
    if is_organiser():
        receipt |= {"id": registered.registration.id, "page_url": links.own_page(registered.registration)}
    return receipt


@blueprint.route("/events/<slug>/registrations")
@organisers_only
@fails_with(404)
@blueprint.arguments(event_schemas.PagedFilters, location="query")
@blueprint.response(200, registration_schemas.PageOfRegistrations)
def list_registrations(asked: dict[str, Any], slug: str) -> dict[str, Any]:
    """List an event's registrations

    The newest first, a page at a time.
    """
    event = visible_event(slug)
    cursor, limit = asked.pop("cursor", None), asked.pop("limit")
    page = attendees.page(event, Filters(**asked), cursor, limit)
    return {
        "registrations": serialise_registrations(page.registrations),
        "previous_cursor": page.previous_cursor,
        "next_cursor": page.next_cursor,
        "total": page.total,
    }


@blueprint.route("/events/<slug>/attendees.csv")
@organisers_only
@fails_with(404)
@blueprint.arguments(event_schemas.ExportFilters, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
def export_csv(asked: dict[str, Any], slug: str) -> Response:
    """Export attendees as CSV

    The oldest first, UTF-8 with a byte order mark, several choices joined with "; ". An apostrophe comes
    before text that a spreadsheet would read as a formula.
    """
    return _export(slug, asked, "csv")


@blueprint.route("/events/<slug>/attendees.xlsx")
@organisers_only
@fails_with(404)
@blueprint.arguments(event_schemas.ExportFilters, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=FORMATS["xlsx"][0])
def export_xlsx(asked: dict[str, Any], slug: str) -> Response:
    """Export attendees as an Excel workbook

    The oldest first, one sheet. Times are date cells in the event's time zone; all other cells are text,
    cut after 32,767 characters.
    """
    return _export(slug, asked, "xlsx")


@blueprint.route("/events/<slug>/attendees.json")
@organisers_only
@fails_with(404)
@blueprint.arguments(event_schemas.ExportFilters, location="query")
@blueprint.response(200, {"type": "array", "items": {"type": "object"}})
def export_json(asked: dict[str, Any], slug: str) -> Response:
    """Export attendees as JSON

    One object for each attendee, the oldest first, with the columns of the CSV.
    """
    return _export(slug, asked, "json")


@blueprint.route("/registrations/<uuid:registration_id>")
@organisers_only
@fails_with(404)
@blueprint.response(200, registration_schemas.Registration)
def get_registration(registration_id: UUID) -> dict[str, Any]:
    """Get a registration"""
    return serialise_registration(_registration(registration_id))


@blueprint.route("/registrations/<uuid:registration_id>", methods=["PATCH"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.arguments(registration_schemas.RegistrationChanges)
@blueprint.response(200, registration_schemas.Registration)
def change_registration(given: dict[str, Any], registration_id: UUID) -> dict[str, Any]:
    """Change a registration

    Fields and answers that are left out stay as they are, also answers to questions that have left the form. The
    rules decide again about cohorts. A new `email` moves the registration to the person of that address: the
    confirmation with the invite goes there, private links that were sent before stop working, and the old
    address gets nothing. 422 if that person has a registration for the event already.
    """
    registration = _active_registration(registration_id)
    questions = form_history.of_event(registration.event).form_for(registration.given)
    whole = _changed(registration, given)
    application = read_application(questions, whole, source="api", before=registration.answers)
    registrations.change_answers(registration, application, acting())
    if "email" in given:
        _change_address(registration, application)
    return serialise_registration(registration)


@blueprint.route("/registrations/<uuid:registration_id>", methods=["DELETE"])
@organisers_only
@idempotent
@fails_with(404)
@blueprint.response(204)
def cancel_registration(registration_id: UUID) -> None:
    """Cancel a registration

    The person is notified, and the place goes to the person who has waited longest. Their data stays.
    Cancelling twice changes nothing.
    """
    registrations.cancel(_registration(registration_id), acting())


@blueprint.route("/registrations/<uuid:registration_id>/restore", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.response(200, registration_schemas.Registration)
def restore_registration(registration_id: UUID) -> dict[str, Any]:
    """Restore a cancelled registration

    With the answers, consents and groups that it had. The person is notified: they get a place, or wait for one.
    409 if the registration is not cancelled, the event is cancelled or over, or every place is taken
    and there is no waiting list.
    """
    registration = _registration(registration_id)
    if not registrations.restore(registration, acting()):
        abort(409, "This registration is not cancelled.")
    return serialise_registration(registration)


@blueprint.route("/registrations/<uuid:registration_id>/placements", methods=["POST"])
@organisers_only
@idempotent
@fails_with(404, 409)
@blueprint.arguments(registration_schemas.Decision)
@blueprint.response(200, registration_schemas.Registration)
def decide_placement(given: dict[str, Any], registration_id: UUID) -> dict[str, Any]:
    """Place somebody in a cohort, or decline

    The person is notified. Deciding the same twice changes nothing.
    """
    registration = _active_registration(registration_id)
    programme = registration.event.programme
    cohorts = {cohort.slug: cohort for cohort in programme.cohorts} if programme else {}
    if given["cohort"] not in cohorts:
        raise InvalidFields({"cohort": "The event's programme has no such cohort."})
    if given["decision"] == "decline" and not given["reason"]:
        raise InvalidFields({"reason": "Enter a reason. It is sent to the person."})
    decide = placements.place_by_hand if given["decision"] == "place" else placements.decline
    decide(registration, cohorts[given["cohort"]], acting(), given["reason"])
    return serialise_registration(registration)


@blueprint.route("/registrations/<uuid:registration_id>/timeline")
@organisers_only
@fails_with(404)
@blueprint.response(200, registration_schemas.Timeline)
def get_timeline(registration_id: UUID) -> dict[str, Any]:
    """Get a registration's timeline"""
    registration = _registration(registration_id)
    mine = select(TimelineEntry).filter_by(registration_id=registration.id).order_by(TimelineEntry.id)
    return {"entries": list(db.session.scalars(mine))}


def _export(slug: str, asked: dict[str, Any], format_name: str) -> Response:
    columns = [name.strip() for name in asked.pop("columns").split(",") if name.strip()]
    labels = asked.pop("labels") == "yes"
    return download_response(visible_event(slug), Filters(**asked), format_name, columns, labels=labels)


def _registration(registration_id: UUID) -> Registration:
    registration = db.session.get(Registration, registration_id)
    if registration is None:
        abort(404, "There is no such registration.")
    return registration


def _active_registration(registration_id: UUID) -> Registration:
    """The registration, locked until this request ends; 409 if it or its event is cancelled."""
    registration = _registration(registration_id)
    places.lock_registration(registration)
    if not registration.is_active:
        abort(409, "The registration or the event is cancelled.")
    return registration


def _change_address(registration: Registration, application: Application) -> None:
    try:
        people.change_address(registration, application.email, application.email_key, acting())
    except AddressTaken:
        raise InvalidFields(
            {"email": "The person of this address has a registration for this event already."}
        ) from None


def _changed(registration: Registration, given: dict[str, Any]) -> dict[str, Any]:
    """The whole application with its changes, but of the answers only those that change."""
    return {
        "name": given.get("name", registration.name),
        "organisation": given.get("organisation", registration.organisation),
        "email": given.get("email", registration.person.email),
        "language": registration.language,
        "answers": given.get("answers", {}),
        "consents": [wording.purpose for wording in WORDINGS if wording.required],
    }
