"""The page after a registration. It has its own address, so that a reload sends nothing."""

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.registration.models import Event
from services.registration.queries import event_snapshots
from services.registration.rules.places import Status
from services.registration.web.idempotency import KeyReused, store_answer, stored_answer
from services.registration.web.pages import frameable

blueprint = Blueprint("thanks", __name__, template_folder="templates")
SCOPE = "thanks"


def keep_thanks(event: Event, status: Status, email: str, *, embedded: bool) -> str:
    """Store what the thank-you page shows, for a day. Returns its key, which only the submitting browser learns.

    The e-mail address is not in the URL: web servers and proxies log URLs.
    """
    key = secrets.token_urlsafe(16)
    store_answer(SCOPE, key, str(event.id), 200, {"status": status, "email": email, "embedded": embedded})
    return key


@blueprint.get("/events/<slug>/thanks")
def thanks(slug: str) -> ResponseReturnValue:
    """Thank somebody for their registration. An old or unknown key redirects to the event's page."""
    snapshot = event_snapshots.get(slug)
    try:
        kept = stored_answer(SCOPE, request.args.get("key", "")[:100], str(snapshot.event.id)) if snapshot else None
    except KeyReused:
        kept = None
    if snapshot is None or kept is None:
        return redirect(url_for("forms.event_page", slug=slug))
    _, shown = kept
    page = render_template(
        "public/thanks.html",
        event=snapshot.event,
        status=Status(shown["status"]),
        email=shown["email"],
        embedded=shown["embedded"],
    )
    return frameable(page, shown["embedded"])
