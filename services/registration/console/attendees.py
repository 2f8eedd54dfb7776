"""An event's attendees, and downloads of the list."""

from dataclasses import asdict

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from services.registration.console.event_form import invites_warning
from services.registration.console.events import event_or_404
from services.registration.exports import download_response
from services.registration.queries import attendees, counts, event_snapshots
from services.registration.queries.attendees import Filters
from services.registration.queries.pages import BadCursor
from services.registration.queries.placements import by_person

blueprint = Blueprint("attendees", __name__)


@blueprint.get("/events/<slug>")
def list_attendees(slug: str) -> ResponseReturnValue:
    """The attendees, fifty a page, with search and filters."""
    event = event_snapshots.find(slug) or abort(404)
    filters = _filters()
    try:
        page = attendees.page(event, filters, request.args.get("cursor"))
    except BadCursor:
        abort(404)
    return render_template(
        "console/attendees.html",
        event=event,
        page=page,
        filters=filters,
        query={name: value for name, value in asdict(filters).items() if value},
        counts=counts.by_status(event),
        to_decide=counts.to_decide(event) if event.programme else 0,
        placed=by_person(page.registrations),
        warning=invites_warning(event),
        cohorts=event.programme.cohorts if event.programme else [],
    )


@blueprint.get("/events/<slug>/attendees.<any(csv, xlsx):format_name>")
def download(slug: str, format_name: str) -> ResponseReturnValue:
    """The list as a file that opens in a spreadsheet: in words, or with the API's codes (`labels=no`)."""
    labels = request.args.get("labels") != "no"
    return download_response(event_or_404(slug), _filters(), format_name, labels=labels)


def _filters() -> Filters:
    given = request.args
    return Filters(*(given.get(name, "")[:200] for name in ("status", "cohort", "cohort_status", "rsvp", "q")))
