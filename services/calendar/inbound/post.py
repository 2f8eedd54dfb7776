"""The endpoint to which a mail server posts answers to invitations."""

import hmac

from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate

from services.calendar.inbound.replies import take_in
from services.calendar.models import db
from services.calendar.rules.answers import MOST_BYTES

blueprint = Blueprint("inbound", __name__, url_prefix="/calendar")


@blueprint.post("/inbound")
def inbound() -> ResponseReturnValue:
    """Take in a raw mail (message/rfc822) of at most 1 MiB. The caller must know INBOUND_KEY."""
    key = current_app.config["INBOUND_KEY"] or abort(404)
    given = request.authorization.token if request.authorization else None
    if not hmac.compare_digest((given or "").encode(), key.encode()):
        abort(401, www_authenticate=WWWAuthenticate("bearer"))
    request.max_content_length = MOST_BYTES
    verdict = take_in(request.get_data())
    db.session.commit()
    return {"accepted": verdict.accepted, "reason": verdict.reason}
