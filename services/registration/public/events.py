"""Event pages and the registration form, which works without JavaScript and without cookies."""

import secrets
from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.registration.models import Event, EventStatus, db
from services.registration.operations import registrations
from services.registration.operations.timeline import REGISTRANT
from services.registration.public.fields import answers_typed
from services.registration.queries import event_snapshots
from services.registration.queries.event_snapshots import Snapshot
from services.registration.rules.consents import WORDINGS
from services.registration.rules.places import EventIsFull, Status
from services.registration.rules.questions import Question
from services.registration.web import idempotency
from services.registration.web.form_reading import Unusable, read_application
from services.registration.web.rate_limits import limit_registrations
from services.registration.web.same_site import refuse_other_sites
from shared.database.utc import now
from shared.web import tokens
from shared.web.headers import content_security_policy
from shared.web.tokens import BadToken, Purpose

blueprint = Blueprint("forms", __name__, template_folder="templates")
FORM_OPEN_FOR = timedelta(hours=24)
PLACE_OF_FORM_KEY = secrets.token_urlsafe(12)  # nobody can have written it into an event


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """What can be registered for."""
    published = select(Event).filter_by(status=EventStatus.PUBLISHED)
    upcoming = [event for event in db.session.scalars(published) if _last_moment(event) >= now()]
    return render_template("public/home.html", events=sorted(upcoming, key=_last_moment))


@blueprint.get("/events/<slug>")
def event_page(slug: str) -> ResponseReturnValue:
    """The event with its form."""
    return _blank_form(_snapshot_or_404(slug), embedded=False)


@blueprint.get("/events/<slug>/embed")
def embedded_form(slug: str) -> ResponseReturnValue:
    """The form alone, for a frame on the organisation's own site."""
    return _blank_form(_snapshot_or_404(slug), embedded=True)


@blueprint.post("/events/<slug>")
@limit_registrations
def register(slug: str) -> ResponseReturnValue:
    """Take a registration. The page that answers is the same whether the address is new or known."""
    refuse_other_sites()
    snapshot = _snapshot_or_404(slug)
    if not snapshot.event.takes_registrations:
        abort(409)
    questions = event_snapshots.questions(snapshot.event)
    given = _given(questions)
    if request.form.get("website"):  # a field that people do not see
        return _thanks(snapshot.event, Status.CONFIRMED)
    try:
        application = read_application(questions, given, source="form")
        form_key = _read_form_key(snapshot.event)
    except Unusable as error:
        return _form_again(snapshot, given, error.errors), 422
    try:
        status = registrations.register(snapshot.attach(), application, REGISTRANT).status
        idempotency.store_answer("form", form_key, given, 200, {"status": status})
        db.session.commit()
    except (EventIsFull, IntegrityError) as error:
        db.session.rollback()
        kept = idempotency.stored_answer("form", form_key, given)
        if kept is not None:  # this form has been sent before
            status = Status(kept[1]["status"])
        elif isinstance(error, EventIsFull):
            return _form_again(snapshot, given, {"": "Sorry, every place is taken and there is no waiting list."}), 409
        else:
            raise
    return _thanks(snapshot.event, status)


def _snapshot_or_404(slug: str) -> Snapshot:
    snapshot = event_snapshots.get(slug)
    if snapshot is None or snapshot.event.status == EventStatus.DRAFT:
        abort(404)
    return snapshot


def _given(questions: tuple[Question, ...]) -> dict[str, Any]:
    """What was typed, in the shape that every door reads."""
    fields = {name: request.form.get(name, "") for name in ("name", "email", "organisation")}
    return {**fields, "answers": answers_typed(questions), "consents": request.form.getlist("consents")}


def _blank_form(snapshot: Snapshot, *, embedded: bool) -> Response:
    page = _blank_page(snapshot.event, snapshot.is_full, embedded)
    return _frameable(page.replace(PLACE_OF_FORM_KEY, _new_form_key(snapshot.event)), embedded)


@lru_cache(maxsize=64)
def _blank_page(event: Event, is_full: bool, embedded: bool) -> str:
    """The page as nobody has filled it in yet, which is everybody's but for the form's key."""
    return _form_page(event, {}, {}, PLACE_OF_FORM_KEY, is_full=is_full, embedded=embedded)


def _form_again(snapshot: Snapshot, given: dict[str, Any], errors: dict[str, str]) -> Response:
    """The form with all that was typed, and what is wrong with it."""
    embedded, form_key = _is_embedded(), _new_form_key(snapshot.event)
    page = _form_page(snapshot.event, given, errors, form_key, is_full=snapshot.is_full, embedded=embedded)
    return _frameable(page, embedded)


def _form_page(
    event: Event, given: dict[str, Any], errors: dict[str, str], form_key: str, *, is_full: bool, embedded: bool
) -> str:
    return render_template(
        "public/embed.html" if embedded else "public/event.html",
        event=event,
        is_full=is_full,
        questions=event_snapshots.questions(event),
        wordings=WORDINGS,
        given=given,
        errors=errors,
        form_key=form_key,
        embedded=embedded,
    )


def _thanks(event: Event, status: Status) -> Response:
    return _frameable(_thanks_page(event, status, _is_embedded()), _is_embedded())


@lru_cache(maxsize=64)
def _thanks_page(event: Event, status: Status, embedded: bool) -> str:
    """The same page for all who stand so."""
    return render_template("public/thanks.html", event=event, status=status, embedded=embedded)


def _is_embedded() -> bool:
    return request.form.get("embedded") == "yes"


def _frameable(page: str, embedded: bool) -> Response:
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    if embedded:
        response.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors="*")
    return response


def _new_form_key(event: Event) -> str:
    """A key that makes one filled-in form safe to send twice, and shows that it came from our page."""
    subject = f"{event.id} {secrets.token_urlsafe(12)}"
    return tokens.sign(current_app.config["SECRET_KEY"], Purpose.FORM, subject, now() + FORM_OPEN_FOR)


def _read_form_key(event: Event) -> str:
    """The key of the form that was sent. Raises Unusable where it is not one of ours, or has grown old."""
    form_key = request.form.get("form_key", "")
    try:
        subject = tokens.read(current_app.config["SECRET_KEY"], Purpose.FORM, form_key)
    except BadToken as error:
        raise Unusable({"": "This page had been open for long. Please look it over and send it again."}) from error
    if not subject.startswith(f"{event.id} "):
        raise Unusable({"": "This form belongs to another event. Please look it over and send it again."})
    digest = idempotency.digest(request.form.to_dict(flat=False) | {"form_key": None})
    return f"{subject.split()[1]} {digest}"


def _last_moment(event: Event) -> Any:
    return max((session.ends_at for session in event.live_sessions), default=event.created_at)
