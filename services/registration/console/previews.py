"""Previews of the mails about an event."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from services.registration.console.events import event_or_404
from services.registration.console.sign_in import acting, current_organiser
from services.registration.models import Event, EventStatus
from services.registration.notices.previews import KINDS, Preview, preview
from services.registration.operations import previews
from services.registration.web.forms import PageForm
from services.registration.web.idempotency import idempotent_form
from shared.contracts.notices import Kind
from shared.web.headers import content_security_policy
from shared.web.sandboxed_html import SANDBOX, sandboxed
from shared.web.service_calls import ServiceCallFailed

blueprint = Blueprint("previews", __name__, url_prefix="/events/<slug>/preview")


class SendForm(PageForm):
    """The kind of mail to send."""

    mail = HiddenField()


@blueprint.get("")
def show(slug: str) -> ResponseReturnValue:
    """One kind of mail about an event, and the invite in it."""
    event, kind = _live_event(slug), _kind(request.args.get("mail", Kind.CONFIRMED))
    found, problem, status = None, "", 200
    try:
        found = _preview(event, kind)
    except ServiceCallFailed as error:
        problem, status = str(error), 503
    page = render_template(
        "console/preview.html",
        event=event,
        kind=kind,
        kinds=KINDS,
        preview=found,
        problem=problem,
        organiser=current_organiser(),
        sandbox=SANDBOX,
    )
    return Response(page, status, headers={"Content-Security-Policy": content_security_policy(frame_src="'self'")})


@blueprint.get("/html")
def html(slug: str) -> ResponseReturnValue:
    """The mail's HTML alone, for the frame."""
    try:
        return sandboxed(_preview(_live_event(slug), _kind(request.args.get("mail", Kind.CONFIRMED))).shown.html)
    except ServiceCallFailed:
        abort(503)


@blueprint.post("")
@idempotent_form
def send(slug: str) -> ResponseReturnValue:
    """Send it to the organiser who asks."""
    event, kind = _live_event(slug), _kind(SendForm().mail.data)
    previews.send(event, kind, current_organiser(), acting())
    flash("It is on its way to you.")
    return redirect(url_for(".show", slug=slug, mail=kind), 303)


def _preview(event: Event, kind: Kind) -> Preview:
    try:
        return preview(event, kind, request.args.get("number", 1, type=int), current_organiser())
    except LookupError:
        abort(404)


def _live_event(slug: str) -> Event:
    event = event_or_404(slug)
    if event.status == EventStatus.CANCELLED:
        abort(409)
    return event


def _kind(name: str | None) -> Kind:
    kind = next((kind for kind in KINDS if kind == name), None)
    return kind or abort(404)
