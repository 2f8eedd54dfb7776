"""The page that a sent form leads to. It has an address of its own, so that a reload sends nothing."""

import json
from datetime import timedelta

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.registration.models import Event
from services.registration.queries import event_snapshots
from services.registration.rules.places import Status
from services.registration.web.pages import frameable
from shared.database.utc import now
from shared.web import tokens
from shared.web.tokens import BadToken, Purpose

blueprint = Blueprint("thanks", __name__, template_folder="templates")
OPEN_FOR = timedelta(hours=1)


def thanks_token(event: Event, status: Status, email: str, *, embedded: bool) -> str:
    """A signed token for the page of thanks, which only the browser that sent the form gets to know."""
    subject = json.dumps([str(event.id), status, email, embedded])
    return tokens.sign(current_app.config["SECRET_KEY"], Purpose.THANKS, subject, now() + OPEN_FOR)


@blueprint.get("/events/<slug>/thanks")
def thanks(slug: str) -> ResponseReturnValue:
    """Thank somebody for their registration. An old or foreign token leads to the event's page."""
    snapshot = event_snapshots.get(slug)
    try:
        subject = tokens.read(current_app.config["SECRET_KEY"], Purpose.THANKS, request.args.get("token", ""))
        event_id, status, email, embedded = json.loads(subject)
    except BadToken:
        return redirect(url_for("forms.event_page", slug=slug))
    if snapshot is None or str(snapshot.event.id) != event_id:
        return redirect(url_for("forms.event_page", slug=slug))
    page = render_template(
        "public/thanks.html", event=snapshot.event, status=Status(status), email=email, embedded=embedded
    )
    return frameable(page, embedded)
