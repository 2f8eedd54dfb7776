"""Takes in answers to invitations, and owes registration what they say."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import structlog
from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate

from services.calendar.models import Invitation, Rsvp, db, queue
from services.calendar.rules.answers import MOST_BYTES, Ignored, Reply, replies_in, what_stands_against
from shared.contracts.receipts import Answer, RsvpReceived
from shared.database.utc import now
from shared.i18n.dates import when
from shared.messaging import outbox

log = structlog.get_logger()
pages = Blueprint("replies", __name__, url_prefix="/calendar")


class Proposal(NamedTuple):
    """The time (UTC) that somebody would rather have."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Verdict:
    """The result of taking in a mail: accepted, or the reason why not."""

    accepted: bool
    reason: str = ""


@pages.post("/inbound")
def inbound() -> ResponseReturnValue:
    """Take in a raw mail (message/rfc822), at most 1 MiB, from whoever knows the key."""
    key = current_app.config["INBOUND_KEY"] or abort(404)
    given = request.authorization.token if request.authorization else None
    if not hmac.compare_digest((given or "").encode(), key.encode()):
        abort(401, www_authenticate=WWWAuthenticate("bearer"))
    request.max_content_length = MOST_BYTES
    verdict = take_in(request.get_data())
    return {"accepted": verdict.accepted, "reason": verdict.reason}


def take_in(raw: bytes) -> Verdict:
    """Take in one mail. What is no answer, or not to us, is logged with its reason and changes nothing."""
    try:
        replies = replies_in(raw)
    except Ignored as error:
        return _ignored(str(error))
    verdicts = [_record(reply) for reply in replies]
    db.session.commit()
    return next((verdict for verdict in verdicts if verdict.accepted), verdicts[0])


def _record(reply: Reply) -> Verdict:
    """Let one answer count, if it comes from whom we asked and is news."""
    invitation = db.session.get(Invitation, reply.uid, with_for_update=True)
    if invitation is None:
        return _ignored("the UID is none of ours")
    session_id = _session_of(invitation, reply)
    if session_id is None:
        return _ignored("the series has no such session", invitation)
    rsvp = db.session.get(Rsvp, (invitation.uid, session_id))
    objection = what_stands_against(
        reply,
        invited=invitation.invited,
        answer=rsvp.answer if rsvp else None,
        stamped_at=rsvp.stamped_at if rsvp else None,
    )
    if objection:
        return _ignored(objection, invitation)
    if rsvp is None:
        rsvp = Rsvp(uid=invitation.uid, session_id=session_id, changes=0)
        db.session.add(rsvp)
    rsvp.answer, rsvp.stamped_at, rsvp.received_at = reply.answer, reply.stamped_at, now()
    rsvp.changes += 1
    _owe_answer(invitation.registration_id, rsvp, _in_words(reply, invitation.registration.event.timezone))
    return Verdict(accepted=True)


def _session_of(invitation: Invitation, reply: Reply) -> str | None:
    """The session that an answer is about: empty for a whole series, None where there is no such session."""
    registration = invitation.registration
    if registration.series is None or invitation.part != registration.event.id:
        return invitation.part
    return registration.series.session_at(reply.recurrence_id) if reply.recurrence_id else ""


def _in_words(reply: Reply, timezone: str) -> str:
    """The person's comment and the time they propose, in the event's zone."""
    if reply.proposes is None:
        return reply.comment
    proposed = f"Proposes {when(Proposal(*reply.proposes), timezone)}"
    return f"{reply.comment}\n{proposed}" if reply.comment else proposed


def _owe_answer(registration_id: str, rsvp: Rsvp, comment: str) -> None:
    """Owe an answer to registration. Answers about different sessions do not replace one another."""
    answered = RsvpReceived(
        registration_id=registration_id,
        session_id=rsvp.session_id,
        answer=Answer(rsvp.answer),
        stamped_at=rsvp.stamped_at,
        comment=comment,
    )
    key = f"rsvp {registration_id}/{rsvp.session_id}"
    outbox.owe(queue, "registration", answered, key=key, ordinal=rsvp.changes)


def _ignored(reason: str, invitation: Invitation | None = None) -> Verdict:
    log.info("reply ignored", reason=reason, registration_id=invitation.registration_id if invitation else None)
    return Verdict(accepted=False, reason=reason)
