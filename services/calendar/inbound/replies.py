"""The operation on one mail: record the answers in it, and owe them to registration. It does not commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from flask import current_app
from sqlalchemy.exc import OperationalError

from services.calendar.models import Invitation, Rsvp, db, queue
from services.calendar.rules.answers import Ignored, Reply, objection_to, replies_in
from shared.contracts.receipts import RsvpReceived
from shared.database.utc import now
from shared.i18n.dates import when
from shared.messaging import outbox

log = structlog.get_logger()


class Proposal(NamedTuple):
    """The time (UTC) that the person proposes."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Verdict:
    """The result of taking in a mail: accepted, or the reason for ignoring it."""

    accepted: bool
    reason: str = ""


def take_in(raw: bytes) -> Verdict:
    """Record the answers in one mail. A mail without a valid answer changes nothing; the log has the reason."""
    try:
        replies = replies_in(raw, received_at=now(), trusted_authserv_id=current_app.config["TRUSTED_AUTHSERV_ID"])
    except Ignored as error:
        return _ignored(str(error))
    verdicts = [_record(reply) for reply in replies]
    return next((verdict for verdict in verdicts if verdict.accepted), verdicts[0])


def take_in_or_skip(raw: bytes) -> bool:
    """Take in one mail of a mailbox. Returns True if an answer was accepted.

    A mail that causes an unexpected error is rolled back, logged and skipped, because the next mail must still be read.
    Raises OperationalError if the database is away: then the mail is still unread.
    """
    try:
        return take_in(raw).accepted
    except OperationalError:
        raise
    except Exception as error:
        db.session.rollback()
        log.error("a mail could not be taken in", error=type(error).__name__)
        return False


def _record(reply: Reply) -> Verdict:
    """Record one answer, if it comes from the invited person and is new."""
    invitation = db.session.get(Invitation, reply.uid, with_for_update=True)
    if invitation is None:
        return _ignored("the UID is none of ours")
    session_id = _session_of(invitation, reply)
    if session_id is None:
        return _ignored("it names no session of ours", invitation)
    rsvp = db.session.get(Rsvp, (invitation.uid, session_id))
    known = rsvp.known if rsvp and rsvp.sequence >= invitation.asked_sequence else None
    objection = objection_to(reply, invitation.asked, known)
    if objection:
        return _ignored(objection, invitation)
    if session_id in invitation.registration.cancelled_at:
        return _ignored("the session is cancelled", invitation)
    if rsvp is None:
        rsvp = Rsvp(uid=invitation.uid, session_id=session_id, changes=0)
        db.session.add(rsvp)
    rsvp.answer, rsvp.stamped_at, rsvp.received_at = reply.answer, reply.stamped_at, now()
    rsvp.sequence, rsvp.proved = invitation.sequence, reply.proved
    rsvp.changes += 1
    _owe_answer(invitation.registration_id, rsvp, _in_words(reply, invitation.registration.event.timezone))
    return Verdict(accepted=True)


def _session_of(invitation: Invitation, reply: Reply) -> str | None:
    """The session that an answer is about: empty for a whole series, None if there is no such session."""
    registration = invitation.registration
    if registration.series is None or invitation.part != registration.event.id:
        return invitation.part
    if reply.recurrence_id is None:
        return ""
    return registration.series.session_at(reply.recurrence_id, ZoneInfo(registration.event.timezone))


def _in_words(reply: Reply, timezone: str) -> str:
    """The person's comment, and the time they propose in the event's zone."""
    if reply.proposes is None:
        return reply.comment
    proposed = f"Proposes {when(Proposal(*reply.proposes), timezone)}"
    return f"{reply.comment}\n{proposed}" if reply.comment else proposed


def _owe_answer(registration_id: str, rsvp: Rsvp, comment: str) -> None:
    """Owe an answer to registration. Each session has its own key, so answers to different ones all arrive."""
    answered = RsvpReceived(
        registration_id=registration_id,
        session_id=rsvp.session_id,
        answer=rsvp.answer,
        stamped_at=rsvp.stamped_at,
        comment=comment,
        proved=rsvp.proved,
    )
    key = f"rsvp {registration_id}/{rsvp.session_id}"
    outbox.owe(queue, "registration", answered, key=key, ordinal=rsvp.changes)


def _ignored(reason: str, invitation: Invitation | None = None) -> Verdict:
    log.info("reply ignored", reason=reason, registration_id=invitation.registration_id if invitation else None)
    return Verdict(accepted=False, reason=reason)
