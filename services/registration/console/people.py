"""A person's page, and what an organiser can do about their registration."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from services.registration.console.sign_in import acting
from services.registration.models import (
    Cohort,
    Consent,
    DecisionRecord,
    Placement,
    PlacementStatus,
    Registration,
    TimelineEntry,
    db,
)
from services.registration.operations import people, placements, registrations
from services.registration.operations.people import AddressTaken
from services.registration.queries import form_history
from services.registration.queries.placements import by_person
from services.registration.rules.places import EventIsFull, NotActive
from services.registration.web.applications import normalised_email
from services.registration.web.confirm_form import ConfirmForm, confirmation
from services.registration.web.fields import Email, Line, OneOf, Required
from services.registration.web.forms import PageForm
from services.registration.web.idempotency import idempotent_form

blueprint = Blueprint("people", __name__, url_prefix="/registrations/<uuid:registration_id>")
LONGEST_REASON = 1000
PLACE, DECLINE = "place", "decline"
NOTIFIED, NOBODY_NOTIFIED = "Saved. The person will be notified.", "Saved. Nobody needed to be notified."
TAKEN = "The person of this address is registered for this event already, or was. Look for them in the list."


class CancelForm(ConfirmForm):
    """The question before a registration is cancelled."""

    sure = confirmation("Cancel this registration?", yes="Yes, cancel it", no="No, keep it")


class RestoreForm(ConfirmForm):
    """The question before a cancelled registration is restored."""

    sure = confirmation("Restore this registration?", yes="Yes, restore it", no="No, leave it cancelled")


class AddressForm(PageForm):
    """The correction of an e-mail address."""

    email = Email("E-mail address", [Required("Enter the e-mail address.")])


class DecisionForm(PageForm):
    """An organiser's decision about a person and a cohort. Each cohort's form has the cohort's slug as its prefix."""

    decision = OneOf(
        "Decision",
        [Required("Choose a decision. Nothing has been changed yet.")],
        choices=(SelectChoice(PLACE, "Place"), SelectChoice(DECLINE, "Decline")),
    )
    reason = Line("Reason", longest=LONGEST_REASON, description="The person reads this.")

    def validate_reason(self, reason: Line) -> None:
        """Raises ValidationError for a decline without a reason."""
        if self.decision.data == DECLINE and not reason.data:
            raise ValidationError("Enter a reason. It is sent to the person.")

    def offer(self, cohort: Cohort, placement: Placement | None) -> None:
        """Offer the decisions that would change something, in words with the cohort's title."""
        status = placement.status if placement else None
        offered = []
        if status is not PlacementStatus.PLACED:
            offered.append(SelectChoice(PLACE, f"Place in {cohort.title}"))
        if status is not PlacementStatus.DECLINED:
            offered.append(SelectChoice(DECLINE, f"Decline for {cohort.title}"))
        self.decision.choices = offered


@blueprint.get("")
def person(registration_id: UUID) -> ResponseReturnValue:
    """One person: their answers, their groups and why, and the timeline."""
    return _person_page(registration_or_404(registration_id))


@blueprint.post("/placements/<cohort_slug>")
@idempotent_form
def decide(registration_id: UUID, cohort_slug: str) -> ResponseReturnValue:
    """Place somebody in a cohort or decline them, and notify them."""
    registration = registration_or_404(registration_id)
    cohort = _cohort_or_404(registration, cohort_slug)
    form = DecisionForm(prefix=cohort.slug)
    if not form.validate():
        return _person_page(registration, form), 422
    decide_by_hand = placements.place_by_hand if form.decision.data == PLACE else placements.decline
    try:
        is_notified = decide_by_hand(registration, cohort, acting(), form.reason.data)
    except NotActive:
        abort(409)
    flash(NOTIFIED if is_notified else NOBODY_NOTIFIED)
    return redirect(url_for(".person", registration_id=registration_id), 303)


@blueprint.get("/cancel")
def ask_before_cancelling(registration_id: UUID) -> ResponseReturnValue:
    """Ask before cancelling. Nothing changes yet."""
    registration = registration_or_404(registration_id)
    if not registration.can_change:
        return redirect(url_for(".person", registration_id=registration_id), 303)
    return _confirm_page("cancel", registration, CancelForm())


@blueprint.post("/cancel")
@idempotent_form
def cancel(registration_id: UUID) -> ResponseReturnValue:
    """Cancel a registration once the organiser has confirmed it."""
    registration, form = registration_or_404(registration_id), CancelForm()
    if not registration.can_change:
        flash("There is nothing to cancel here.", "problem")
        return redirect(url_for(".person", registration_id=registration_id), 303)
    if not form.validate():
        return _confirm_page("cancel", registration, form), 422
    if form.is_confirmed and registrations.cancel(registration, acting()):
        flash("The registration is cancelled. The person will be notified.")
    return redirect(url_for(".person", registration_id=registration_id), 303)


@blueprint.get("/restore")
def ask_before_restoring(registration_id: UUID) -> ResponseReturnValue:
    """Ask before a cancellation is taken back. Nothing changes yet."""
    return _confirm_page("restore", registration_or_404(registration_id), RestoreForm())


@blueprint.post("/restore")
@idempotent_form
def restore(registration_id: UUID) -> ResponseReturnValue:
    """Take a cancellation back once the organiser has confirmed it."""
    registration, form = registration_or_404(registration_id), RestoreForm()
    if not form.validate():
        return _confirm_page("restore", registration, form), 422
    try:
        if form.is_confirmed and registrations.restore(registration, acting()):
            where = "They have a place." if registration.holds_place else "They are on the waiting list."
            flash(f"The registration is restored. {where} The person will be notified.")
    except NotActive:
        abort(409)
    except EventIsFull:
        form.form_errors.append("Every place is taken and there is no waiting list. Raise the number of places first.")
        return _confirm_page("restore", registration, form), 409
    return redirect(url_for(".person", registration_id=registration_id), 303)


@blueprint.get("/address")
def address_form(registration_id: UUID) -> ResponseReturnValue:
    """The form to correct the e-mail address."""
    registration = registration_or_404(registration_id)
    return _address_page(registration, AddressForm(data={"email": registration.person.email}))


@blueprint.post("/address")
@idempotent_form
def change_address(registration_id: UUID) -> ResponseReturnValue:
    """Correct the e-mail address, and send the confirmation there."""
    registration, form = registration_or_404(registration_id), AddressForm()
    if not form.validate():
        return _address_page(registration, form), 422
    try:
        is_notified = people.change_address(registration, *normalised_email(form.email.data), acting())
    except NotActive:
        abort(409)
    except AddressTaken:
        form.take_errors({"email": TAKEN})
        return _address_page(registration, form), 422
    flash("Saved. The confirmation goes to the new address." if is_notified else NOBODY_NOTIFIED)
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
    placed = {placement.cohort_id: placement for placement in by_person([registration])[registration.person_id]}
    return render_template(
        "console/person.html",
        registration=registration,
        event=event,
        answers=form_history.of_event(event).read(registration.given),
        consents=list(db.session.scalars(select(Consent).filter_by(**of_this).order_by(Consent.id))),
        decisions=list(db.session.scalars(decisions)),
        cohorts=cohorts,
        forms={cohort.slug: _decision_form(cohort, placed.get(cohort.id), sent) for cohort in cohorts},
        sent=sent,
        placed=placed,
        timeline=list(db.session.scalars(timeline)),
    )


def _decision_form(cohort: Cohort, placement: Placement | None, sent: DecisionForm | None) -> DecisionForm:
    form = DecisionForm(formdata=None, prefix=cohort.slug)
    if sent is not None and sent.reason.name == form.reason.name:
        form = sent
    form.offer(cohort, placement)
    return form


def _confirm_page(act: str, registration: Registration, form: ConfirmForm) -> str:
    """The page that asks before an act: "cancel" or "restore"."""
    return render_template(
        f"console/{act}_registration.html", registration=registration, event=registration.event, form=form
    )


def _address_page(registration: Registration, form: AddressForm) -> str:
    return render_template(
        "console/change_address.html", registration=registration, event=registration.event, form=form
    )
