"""The list of events, and changing or calling off one."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from services.registration.console import invite_choices
from services.registration.console.sign_in import acting
from services.registration.models import Event, Form, Session, db
from services.registration.operations import events
from services.registration.operations.events import EventPlan, PlannedSession
from services.registration.queries import counts
from services.registration.rules.events import SessionDetails
from services.registration.rules.questions import UnusableText, clean_line, clean_text
from services.registration.rules.times import NoSuchTime, instant_of
from services.registration.web.idempotency import idempotent_form

blueprint = Blueprint("events", __name__)
LOCAL = "%Y-%m-%dT%H:%M"


@blueprint.get("/")
def list_events() -> ResponseReturnValue:
    """All events, the latest first, with how many hold a place."""
    found = sorted(db.session.scalars(select(Event)), key=_first_moment, reverse=True)
    return render_template(
        "console/events.html", events=found, counts=counts.places_held([event.id for event in found])
    )


@blueprint.get("/events/<slug>/change")
def change_form(slug: str) -> ResponseReturnValue:
    """The event's title, times and places, to change."""
    event = event_or_404(slug)
    return _change_page(event, _as_typed(event), {})


@blueprint.post("/events/<slug>/change")
@idempotent_form
def change(slug: str) -> ResponseReturnValue:
    """Change the event, and notify everyone with an active registration of what is different."""
    event = events.locked(slug) or abort(404)
    errors: dict[str, str] = {}
    title = _line("title", errors, required="Give the event a title.")
    sessions = tuple(_planned(event, session, errors) for session in event.live_sessions)
    invites = invite_choices.read(event.invites, errors)
    if errors:
        return _change_page(event, request.form.to_dict(), errors), 422
    form = db.session.get_one(Form, (event.id, event.form_version))
    plan = EventPlan(
        details=replace(event.details, title=title, invites=invites),
        sessions=tuple(session for session in sessions if session),
        questions=tuple(form.questions),
        programme=event.programme,
    )
    told = events.change(event, plan, acting())
    flash("Saved. Everyone who is registered is being told." if told else "Saved. Nobody had to be told.")
    return redirect(url_for("console.attendees.list_attendees", slug=slug), 303)


@blueprint.get("/events/<slug>/cancel")
def ask_before_cancelling(slug: str) -> ResponseReturnValue:
    """Ask once more; nothing changes yet."""
    return render_template("console/cancel_event.html", event=event_or_404(slug), reason="", error="")


@blueprint.post("/events/<slug>/cancel")
@idempotent_form
def cancel(slug: str) -> ResponseReturnValue:
    """Call the event off, and tell everyone."""
    event = event_or_404(slug)
    try:
        reason = clean_text(request.form.get("reason", ""), 1000)
    except UnusableText as error:
        typed = request.form.get("reason", "")
        return render_template("console/cancel_event.html", event=event, reason=typed, error=str(error)), 422
    events.cancel(event, acting(), reason)
    flash("The event is called off. Everyone who is registered is being told.")
    return redirect(url_for("console.attendees.list_attendees", slug=slug), 303)


def event_or_404(slug: str) -> Event:
    """The event of this address."""
    event = db.session.scalar(select(Event).filter_by(slug=slug))
    if event is None:
        abort(404)
    return event


def _change_page(event: Event, typed: dict[str, Any], errors: dict[str, str]) -> str:
    sender = current_app.config["MAIL_FROM"]
    return render_template(
        "console/change_event.html",
        event=event,
        typed=typed,
        errors=errors,
        sender=sender,
        warning=invite_choices.warning(event),
    )


def _as_typed(event: Event) -> dict[str, Any]:
    zone = ZoneInfo(event.timezone)
    typed: dict[str, Any] = {"title": event.title, **invite_choices.as_typed(event.invites)}
    for session in event.live_sessions:
        typed[f"starts_at.{session.id}"] = session.starts_at.astimezone(zone).strftime(LOCAL)
        typed[f"ends_at.{session.id}"] = session.ends_at.astimezone(zone).strftime(LOCAL)
        typed[f"location.{session.id}"] = session.location
        typed[f"join_url.{session.id}"] = session.join_url or ""
    return typed


def _planned(event: Event, session: Session, errors: dict[str, str]) -> PlannedSession | None:
    starts_at = _instant(event, f"starts_at.{session.id}", errors)
    ends_at = _instant(event, f"ends_at.{session.id}", errors)
    location = _line(f"location.{session.id}", errors)
    join_url = _line(f"join_url.{session.id}", errors, longest=1000)
    if join_url and not join_url.startswith(("https://", "http://")):
        errors[f"join_url.{session.id}"] = "Enter a link that begins with https://."
    if starts_at is None or ends_at is None:
        return None
    if ends_at <= starts_at:
        errors[f"ends_at.{session.id}"] = "The end must come after the start."
    return PlannedSession(SessionDetails(starts_at, ends_at, session.title, location, join_url or None), session.id)


def _instant(event: Event, field: str, errors: dict[str, str]) -> datetime | None:
    try:
        local = datetime.strptime(request.form.get(field, ""), LOCAL)  # noqa: DTZ007  (local to the event's zone)
        return instant_of(local, event.timezone)
    except NoSuchTime as error:
        errors[field] = str(error)
    except ValueError:
        errors[field] = "Enter a date and a time."
    return None


def _line(field: str, errors: dict[str, str], *, required: str = "", longest: int = 200) -> str:
    try:
        value = clean_line(request.form.get(field, ""), longest)
    except UnusableText as error:
        errors[field] = str(error)
        return ""
    if required and not value:
        errors[field] = required
    return value


def _first_moment(event: Event) -> datetime:
    return min((session.starts_at for session in event.live_sessions), default=event.created_at)
