"""An event's attendees, a person's page, and downloads of the list."""

from dataclasses import asdict
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from services.registration.console.event_form import invites_warning
from services.registration.console.events import event_or_404
from services.registration.console.sign_in import acting
from services.registration.exports import download_response
from services.registration.models import (
    Cohort,
    Consent,
    DecisionRecord,
    Registration,
    TimelineEntry,
    db,
)
from services.registration.operations import placements, registrations
from services.registration.queries import attendees, counts, event_snapshots, form_history
from services.registration.queries.attendees import BadCursor, Filters
from services.registration.queries.placements import by_person
from services.registration.web.confirm_form import ConfirmForm, confirmation
from services.registration.web.fields import Line, OneOf, Required
from services.registration.web.forms import PageForm
from services.registration.web.idempotency import idempotent_form

blueprint = Blueprint("attendees", __name__)
LONGEST_REASON = 1000
PLACE, DECLINE = "place", "decline"


class CancelForm(ConfirmForm):
    """The question before a registration is cancelled."""

    sure = confirmation("Cancel this registration?", yes="Yes, cancel it", no="No, keep it")


class DecisionForm(PageForm):
    """An organiser's decision about a person and a cohort. Each cohort's form has the cohort's slug as its prefix."""

    reason = Line("Reason", longest=LONGEST_REASON, description="The person reads this.")
    decision = OneOf(
        "Decision",
        [Required("Choose a decision.")],
        choices=(SelectChoice(PLACE, "Place"), SelectChoice(DECLINE, "Decline")),
    )

    def validate_reason(self, reason: Line) -> None:
        """Raises ValidationError for a decline without a reason."""
        if self.decision.data == DECLINE and not reason.data:
            raise ValidationError("Enter a reason. It is sent to the person.")


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


@blueprint.get("/registrations/<uuid:registration_id>")
def person(registration_id: UUID) -> ResponseReturnValue:
    """One person: their answers, their groups and why, and the timeline."""
    return _person_page(registration_or_404(registration_id))


@blueprint.post("/registrations/<uuid:registration_id>/placements/<cohort_slug>")
@idempotent_form
def decide(registration_id: UUID, cohort_slug: str) -> ResponseReturnValue:
    """Place somebody in a cohort or decline them, and notify them."""
    registration = registration_or_404(registration_id)
    cohort = _cohort_or_404(registration, cohort_slug)
    form = DecisionForm(prefix=cohort.slug)
    if not form.validate():
        return _person_page(registration, form), 422
    if form.decision.data == PLACE:
        placements.place_by_hand(registration, cohort, acting(), form.reason.data)
    else:
        placements.decline(registration, cohort, acting(), form.reason.data)
    flash("Saved. The person will be notified.")
    return redirect(url_for(".person", registration_id=registration_id), 303)


@blueprint.get("/registrations/<uuid:registration_id>/cancel")
def ask_before_cancelling(registration_id: UUID) -> ResponseReturnValue:
    """Ask before cancelling. Nothing changes yet."""
    return _cancel_page(registration_or_404(registration_id), CancelForm())


@blueprint.post("/registrations/<uuid:registration_id>/cancel")
@idempotent_form
def cancel(registration_id: UUID) -> ResponseReturnValue:
    """Cancel a registration once the organiser has confirmed it."""
    registration, form = registration_or_404(registration_id), CancelForm()
    if not form.validate():
        return _cancel_page(registration, form), 422
    if form.is_confirmed:
        registrations.cancel(registration, acting())
        flash("The registration is cancelled. The person will be notified.")
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


def _person_page(registration: Registration, sent: DecisionForm | None = None) -> str:
    """The person's page; with `sent`, a decision's form that has mistakes."""
    event = registration.event
    of_this = {"registration_id": registration.id}
    decisions = select(DecisionRecord).filter_by(**of_this).order_by(DecisionRecord.id.desc())
    timeline = select(TimelineEntry).filter_by(**of_this).order_by(TimelineEntry.id.desc()).limit(500)
    cohorts = event.programme.cohorts if event.programme else []
    return render_template(
        "console/person.html",
        registration=registration,
        event=event,
        answers=form_history.of_event(event).read(registration.given),
        consents=list(db.session.scalars(select(Consent).filter_by(**of_this).order_by(Consent.id))),
        decisions=list(db.session.scalars(decisions)),
        cohorts=cohorts,
        forms={cohort.slug: _decision_form(cohort, sent) for cohort in cohorts},
        sent=sent,
        placed={placement.cohort_id: placement for placement in by_person([registration])[registration.person_id]},
        timeline=list(db.session.scalars(timeline)),
    )


def _decision_form(cohort: Cohort, sent: DecisionForm | None) -> DecisionForm:
    blank = DecisionForm(formdata=None, prefix=cohort.slug)
    return sent if sent is not None and sent.reason.name == blank.reason.name else blank


def _cancel_page(registration: Registration, form: ConfirmForm) -> str:
    return render_template(
        "console/cancel_registration.html", registration=registration, event=registration.event, form=form
    )


def _filters() -> Filters:
    given = request.args
    return Filters(*(given.get(name, "")[:200] for name in ("status", "cohort", "cohort_status", "rsvp", "q")))
