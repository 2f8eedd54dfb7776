"""Event pages and the registration form, which work without JavaScript and without cookies."""

import secrets
from datetime import timedelta
from functools import lru_cache

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded

from services.registration.models import Event, EventStatus
from services.registration.operations import registrations
from services.registration.operations.timeline import REGISTRANT
from services.registration.public.thanks import keep_thanks
from services.registration.queries import event_snapshots, events
from services.registration.queries.event_snapshots import Snapshot
from services.registration.queries.pages import BadCursor
from services.registration.rules.event_states import EventState, RegistrationClosed, sentence
from services.registration.rules.places import EventIsFull
from services.registration.web.idempotency import idempotent_form
from services.registration.web.pages import frameable
from services.registration.web.rate_limits import limit_registrations, seconds_to_wait
from services.registration.web.registration_form import RegistrationForm, registration_form
from services.registration.web.same_site import refuse_other_sites
from shared.database.utc import now
from shared.web import tokens
from shared.web.tokens import BadToken, Purpose

blueprint = Blueprint("forms", __name__, template_folder="templates")
TRAILING_PUNCTUATION = ".,;:!?)"
FORM_OPEN_FOR = timedelta(hours=24)
FORM_KEY_PLACEHOLDER = secrets.token_urlsafe(12)  # random, so that no event's text contains it
EMBEDDED = "yes"
TOO_MANY = "Too many registrations from this network just now. Your answers are still here: try again in a minute."


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """The published events by their next sessions, or with `past` those that are over."""
    is_past = "past" in request.args
    published = (EventStatus.PUBLISHED,)
    try:
        page = (events.past if is_past else events.upcoming)(published, request.args.get("cursor"))
    except BadCursor:
        abort(404)
    return render_template("public/home.html", page=page, past=is_past)


@blueprint.get("/events/<slug>/")
def event_page_with_slash(slug: str) -> ResponseReturnValue:
    """Redirects an event's address with a slash at its end."""
    return redirect(url_for(".event_page", slug=slug), 308)


@blueprint.get("/events/<slug>")
def event_page(slug: str) -> ResponseReturnValue:
    """The event with its form."""
    return _blank_form(snapshot_or_404(slug), embedded=False)


@blueprint.get("/events/<slug>/embed")
def embedded_form(slug: str) -> ResponseReturnValue:
    """The form alone, for a frame on the organisation's own site."""
    return _blank_form(snapshot_or_404(slug), embedded=True)


@blueprint.post("/events/<slug>")
@limit_registrations
@idempotent_form
def register(slug: str) -> ResponseReturnValue:
    """Take a registration. The answer is the same whether the address is new or known."""
    refuse_other_sites()
    snapshot = snapshot_or_404(slug)
    form = _form(snapshot.event)
    if not snapshot.state.takes_registrations and snapshot.state is not EventState.FULL:
        return _closed_page(snapshot, embedded=_is_embedded(form)), 409
    application = form.application("form")
    _check_form_key(form, snapshot.event)
    if application is None or form.form_errors:
        return _form_again(snapshot, form), 422
    try:
        registered = registrations.register(snapshot.attach(), application, REGISTRANT)
    except EventIsFull:
        form.form_errors.append("Sorry, every place is taken and there is no waiting list.")
        return _form_again(snapshot, form), 409
    except RegistrationClosed:
        return _closed_page(snapshot_or_404(slug), embedded=_is_embedded(form)), 409
    key = keep_thanks(snapshot.event, registered.status, application.email, embedded=_is_embedded(form))
    return redirect(url_for("thanks.thanks", slug=slug, key=key), 303)


@blueprint.errorhandler(RateLimitExceeded)
def too_many(_: RateLimitExceeded) -> ResponseReturnValue:
    """The form with all that was typed, to be sent again in a minute."""
    snapshot = snapshot_or_404((request.view_args or {})["slug"])
    form = _form(snapshot.event)
    form.form_errors.append(TOO_MANY)
    return _form_again(snapshot, form), 429, {"Retry-After": str(seconds_to_wait())}


def snapshot_or_404(slug: str) -> Snapshot:
    """The event of this slug, unless it is a draft. A slug with capitals, or with a full stop at its end,
    redirects to the right address."""
    snapshot = event_snapshots.get(slug)
    if snapshot is None or snapshot.event.status is EventStatus.DRAFT:
        meant = slug.lower().rstrip(TRAILING_PUNCTUATION)
        if request.method == "GET" and meant != slug:
            abort(redirect(url_for(request.endpoint or "", slug=meant)))
        abort(404)
    return snapshot


def _form(event: Event) -> RegistrationForm:
    """The form that was sent."""
    return registration_form(event_snapshots.questions(event))()


def _blank_form(snapshot: Snapshot, *, embedded: bool) -> Response:
    state = snapshot.state
    if not state.takes_registrations:
        return _closed_page(snapshot, embedded=embedded)
    page = _blank_page(snapshot.event, state, embedded)
    return frameable(page.replace(FORM_KEY_PLACEHOLDER, _new_form_key(snapshot.event)), embedded)


@lru_cache(maxsize=64)
def _blank_page(event: Event, state: EventState, embedded: bool) -> str:
    """The page with an empty form, the same for everybody but for the form's key.

    Events are compared by identity: a change of the event makes a new snapshot, so a new page. The page shows the
    time only through `state`, so that it is made again when time passes an edge.
    """
    blank = registration_form(event_snapshots.questions(event))(
        formdata=None, form_key=FORM_KEY_PLACEHOLDER, embedded=EMBEDDED if embedded else ""
    )
    return _form_page(event, state, blank, embedded=embedded)


def _closed_page(snapshot: Snapshot, *, embedded: bool) -> Response:
    """The event with a sentence in place of the form."""
    return frameable(_form_page(snapshot.event, snapshot.state, None, embedded=embedded), embedded)


def _form_again(snapshot: Snapshot, form: RegistrationForm) -> Response:
    """The form with all that was typed, and its mistakes."""
    form.form_key.data = _new_form_key(snapshot.event)
    embedded = _is_embedded(form)
    return frameable(_form_page(snapshot.event, snapshot.state, form, embedded=embedded), embedded)


def _form_page(event: Event, state: EventState, form: RegistrationForm | None, *, embedded: bool) -> str:
    template = "public/embed.html" if embedded else "public/event.html"
    said = sentence(state, event.details, now())
    return render_template(template, event=event, state=state, sentence=said, form=form, embedded=embedded)


def _is_embedded(form: RegistrationForm) -> bool:
    return bool(form.embedded.data == EMBEDDED)


def _new_form_key(event: Event) -> str:
    """A form key: deduplicates a form that is sent twice, and proves that it came from our page."""
    subject = f"{event.id} {secrets.token_urlsafe(12)}"
    return tokens.sign(current_app.config["SECRET_KEY"], Purpose.FORM, subject, now() + FORM_OPEN_FOR)


def _check_form_key(form: RegistrationForm, event: Event) -> None:
    """Add an error to the form if its key is not valid, has expired or is another event's."""
    try:
        subject = tokens.read(current_app.config["SECRET_KEY"], Purpose.FORM, form.form_key.data or "")
    except BadToken:
        form.form_errors.append("This page was open for too long. Please check your answers and send them again.")
        return
    if not subject.startswith(f"{event.id} "):
        form.form_errors.append("This form belongs to another event. Please check your answers and send them again.")
