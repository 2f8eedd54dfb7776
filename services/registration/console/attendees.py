"""One event's attendees, one person's page, and the lists to take away."""

from dataclasses import asdict
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from services.registration.console import invite_choices
from services.registration.console.events import event_or_404
from services.registration.console.sign_in import acting
from services.registration.exports import download_response
from services.registration.models import (
    Cohort,
    Consent,
    DecisionRecord,
    Form,
    Registration,
    TimelineEntry,
    db,
)
from services.registration.operations import placements, registrations
from services.registration.queries import attendees, counts, event_snapshots
from services.registration.queries.attendees import BadCursor, Filters
from services.registration.queries.placements import by_person
from services.registration.rules.invitation_answers import IN_WORDS
from services.registration.rules.places import Status
from services.registration.rules.questions import UnusableText, clean_text
from services.registration.web.idempotency import idempotent_form

blueprint = Blueprint("attendees", __name__)


@blueprint.get("/events/<slug>")
def list_attendees(slug: str) -> ResponseReturnValue:
    """Who is registered, fifty at a time, with search and filters."""
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
        placed=by_person(page.registrations),
        warning=invite_choices.warning(event),
        statuses=list(Status),
        rsvps=IN_WORDS,
        cohorts=event.programme.cohorts if event.programme else [],
    )


@blueprint.get("/events/<slug>/attendees.<any(csv, xlsx):format_name>")
def download(slug: str, format_name: str) -> ResponseReturnValue:
    """The list as a file that opens in a spreadsheet."""
    return download_response(event_or_404(slug), _filters(), format_name)


@blueprint.get("/registrations/<uuid:registration_id>")
def person(registration_id: UUID) -> ResponseReturnValue:
    """One person: what they told us, where they were placed and why, and all that happened."""
    registration = registration_or_404(registration_id)
    event = registration.event
    of_this = {"registration_id": registration.id}
    decisions = select(DecisionRecord).filter_by(**of_this).order_by(DecisionRecord.id.desc())
    timeline = select(TimelineEntry).filter_by(**of_this).order_by(TimelineEntry.id.desc()).limit(500)
    cohorts = event.programme.cohorts if event.programme else []
    return render_template(
        "console/person.html",
        registration=registration,
        event=event,
        questions=db.session.get_one(Form, (event.id, event.form_version)).read(),
        consents=list(db.session.scalars(select(Consent).filter_by(**of_this).order_by(Consent.id))),
        decisions=list(db.session.scalars(decisions)),
        cohorts=cohorts,
        placed={placement.cohort_id: placement for placement in by_person([registration])[registration.person_id]},
        timeline=list(db.session.scalars(timeline)),
    )


@blueprint.post("/registrations/<uuid:registration_id>/placements")
@idempotent_form
def decide(registration_id: UUID) -> ResponseReturnValue:
    """A person places or declines somebody, with a reason."""
    registration = registration_or_404(registration_id)
    here = redirect(url_for(".person", registration_id=registration_id), 303)
    cohort = _cohort_or_404(registration, request.form.get("cohort", ""))
    try:
        reason = clean_text(request.form.get("reason", ""), 1000)
    except UnusableText as error:
        flash(str(error), "problem")
        return here
    if request.form.get("decision") == "place":
        placements.place_by_hand(registration, cohort, acting(), reason)
    elif not reason:
        flash("Say why: the person is told the reason.", "problem")
        return here
    else:
        placements.decline(registration, cohort, acting(), reason)
    flash("Saved. The person is being told.")
    return here


@blueprint.post("/registrations/<uuid:registration_id>/cancel")
@idempotent_form
def cancel(registration_id: UUID) -> ResponseReturnValue:
    """Cancel on somebody's behalf."""
    registrations.cancel(registration_or_404(registration_id), acting())
    flash("The registration is cancelled. The person is being told.")
    return redirect(url_for(".person", registration_id=registration_id), 303)


def registration_or_404(registration_id: UUID) -> Registration:
    """The registration of this id."""
    registration = db.session.get(Registration, registration_id)
    if registration is None:
        abort(404)
    return registration


def _cohort_or_404(registration: Registration, slug: str) -> Cohort:
    programme = registration.event.programme
    for cohort in programme.cohorts if programme else []:
        if cohort.slug == slug:
            return cohort
    abort(404)


def _filters() -> Filters:
    given = request.args
    return Filters(*(given.get(name, "")[:200] for name in ("status", "cohort", "rsvp", "q")))
