"""The list of events, and changing or cancelling one."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from services.registration.console.event_form import EventForm, event_form, invites_warning
from services.registration.console.sign_in import acting
from services.registration.models import Event, EventStatus, Form, db
from services.registration.operations import events
from services.registration.operations.events import EventPlan, NameTaken
from services.registration.queries import counts
from services.registration.queries import events as queries
from services.registration.queries.events import ANY_STATUS
from services.registration.queries.pages import BadCursor
from services.registration.web.confirm_form import ConfirmForm, confirmation
from services.registration.web.fields import Text
from services.registration.web.idempotency import idempotent_form

blueprint = Blueprint("events", __name__)
LONGEST_REASON = 1000


class CancelEventForm(ConfirmForm):
    """The question before an event is cancelled, and the reason."""

    reason = Text("Why", longest=LONGEST_REASON, description="Everybody who is registered reads this.")
    sure = confirmation("Cancel this event?", yes="Yes, cancel it", no="No, keep it")


class PublishForm(ConfirmForm):
    """The question before an event that is over is published."""

    sure = confirmation("This event is over. Publish it anyway?", yes="Yes, publish it", no="No, keep it as a draft")


class DeleteForm(ConfirmForm):
    """The question before a draft is deleted."""

    sure = confirmation("Delete this draft?", yes="Yes, delete it", no="No, keep it")


@blueprint.get("/")
def list_events() -> ResponseReturnValue:
    """All events by their next sessions, or with `past` those that are over, and the number of places held at each."""
    is_past = "past" in request.args
    try:
        page = (queries.past if is_past else queries.upcoming)(ANY_STATUS, request.args.get("cursor"))
    except BadCursor:
        abort(404)
    held = counts.places_held([session.event_id for session in page.rows])
    return render_template("console/events.html", page=page, past=is_past, counts=held)


@blueprint.get("/events/<slug>/change")
def change_form(slug: str) -> ResponseReturnValue:
    """The form to change the event's title, times, places and invites."""
    event = event_or_404(slug)
    return _change_page(event, event_form(event))


@blueprint.post("/events/<slug>/change")
@idempotent_form
def change(slug: str) -> ResponseReturnValue:
    """Change the event, and notify everyone with an active registration of the differences."""
    event = events.locked(slug) or abort(404)
    form = event_form(event)
    is_valid = form.validate()
    if form.changed_meanwhile(event):
        return _change_page(event, form), 409
    if not is_valid:
        return _change_page(event, form), 422
    questions = db.session.get_one(Form, (event.id, event.form_version)).questions
    plan = EventPlan(form.details(event), form.planned_sessions(event), tuple(questions), event.programme)
    try:
        is_notifying = events.change(event, plan, acting())
    except NameTaken:
        form.take_errors({"slug": "Another event has this address already."})
        return _change_page(event, form), 422
    flash(
        "Saved. Everyone who is registered will be notified." if is_notifying else "Saved. Nobody needs to be notified."
    )
    return redirect(url_for("console.attendees.list_attendees", slug=event.slug), 303)


@blueprint.get("/events/<slug>/publish")
def ask_before_publishing(slug: str) -> ResponseReturnValue:
    """The draft as it would be published. Nothing changes yet."""
    event = _draft(slug)
    return render_template("console/publish_event.html", event=event, form=_publish_form(event))


@blueprint.post("/events/<slug>/publish")
@idempotent_form
def publish(slug: str) -> ResponseReturnValue:
    """Publish a draft: one that is over only once the organiser has confirmed it."""
    event = _draft(slug)
    form = _publish_form(event)
    if not form.validate():
        return render_template("console/publish_event.html", event=event, form=form), 422
    if "sure" not in form or form.is_confirmed:
        events.publish(event, acting())
        flash("The event is published.")
    return redirect(url_for("console.attendees.list_attendees", slug=slug), 303)


@blueprint.get("/events/<slug>/delete")
def ask_before_deleting(slug: str) -> ResponseReturnValue:
    """Ask before deleting a draft. Nothing changes yet."""
    return render_template("console/delete_event.html", event=_draft(slug), form=DeleteForm())


@blueprint.post("/events/<slug>/delete")
@idempotent_form
def delete(slug: str) -> ResponseReturnValue:
    """Delete a draft once the organiser has confirmed it."""
    event, form = _draft(slug), DeleteForm()
    if not form.validate():
        return render_template("console/delete_event.html", event=event, form=form), 422
    if not form.is_confirmed:
        return redirect(url_for("console.attendees.list_attendees", slug=slug), 303)
    events.delete_draft(event)
    flash(f"The draft {event.title} is deleted.")
    return redirect(url_for(".list_events"), 303)


@blueprint.get("/events/<slug>/cancel")
def ask_before_cancelling(slug: str) -> ResponseReturnValue:
    """Ask before cancelling. Nothing changes yet."""
    return render_template("console/cancel_event.html", event=event_or_404(slug), form=CancelEventForm())


@blueprint.post("/events/<slug>/cancel")
@idempotent_form
def cancel(slug: str) -> ResponseReturnValue:
    """Cancel the event once the organiser has confirmed it, and notify everyone."""
    event, form = event_or_404(slug), CancelEventForm()
    if not form.validate():
        return render_template("console/cancel_event.html", event=event, form=form), 422
    if form.is_confirmed:
        events.cancel(event, acting(), form.reason.data)
        flash("This event is cancelled." + ("" if event.is_over else " Everyone who is registered will be notified."))
    return redirect(url_for("console.attendees.list_attendees", slug=slug), 303)


def event_or_404(slug: str) -> Event:
    """The event of this slug."""
    event = db.session.scalar(select(Event).filter_by(slug=slug))
    if event is None:
        abort(404)
    return event


def _draft(slug: str) -> Event:
    event = event_or_404(slug)
    if event.status is not EventStatus.DRAFT:
        abort(409)
    return event


def _publish_form(event: Event) -> PublishForm:
    form = PublishForm()
    if not event.is_over:
        del form.sure
    return form


def _change_page(event: Event, form: EventForm) -> str:
    return render_template(
        "console/change_event.html",
        event=event,
        form=form,
        session_titles={str(session.id): session.title for session in event.live_sessions},
        warning=invites_warning(event),
    )
