"""Recording a person's answer to an invitation."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete

from services.registration.models import Registration, Rsvp, Session, db
from services.registration.operations import places, registrations, timeline
from services.registration.operations.timeline import REGISTRANT
from services.registration.rules import invitation_answers as rules
from services.registration.rules.invitation_answers import Answer
from shared.database.utc import now
from shared.i18n.dates import moment

DECLINED_SO_CANCELLED = "You said no to the invitation in your calendar, so your place can go to somebody else."


def record(
    registration: Registration, session_id: str, answer: Answer, stamped_at: datetime, comment: str = ""
) -> bool:
    """Record an answer to one session, or to all live sessions if `session_id` is empty.

    An older answer (`stamped_at`, UTC) never replaces a newer one. With the event's `decline_frees_place`, declining
    every session cancels the registration. Returns False if there is no such session.
    """
    event = registration.event
    if event.invites.decline_frees_place:
        places.lock(event)
    db.session.refresh(registration, with_for_update=True)
    sessions = [one for one in event.sessions if str(one.id) == session_id] if session_id else event.live_sessions
    for session in sessions:
        _keep(registration, session, answer, stamped_at, comment)
    summarise(registration)
    about = moment(sessions[0].starts_at, event.timezone) if session_id and sessions else ""
    timeline.record(registration, "answered the invitation", REGISTRANT, answer=answer, comment=comment, session=about)
    if _declines_every_session(registration):
        registrations.cancel(
            registration, REGISTRANT, reason="declined the invitation", notice_reason=DECLINED_SO_CANCELLED
        )
    return bool(sessions)


def summarise(registration: Registration) -> None:
    """Update `rsvp`, the summary of the answers to all sessions."""
    answered = {rsvp.session_id: rsvp.answer for rsvp in registration.rsvps}
    sessions = registration.event.live_sessions or registration.event.sessions
    registration.rsvp = rules.summary([answered.get(session.id) for session in sessions])
    registration.rsvp_at = max((rsvp.stamped_at for rsvp in registration.rsvps), default=None)


def forget(sessions: Iterable[Session]) -> None:
    """Delete the answers for sessions that have moved: people are asked again (RFC 5546, 3.2.2.1)."""
    db.session.execute(delete(Rsvp).where(Rsvp.session_id.in_([session.id for session in sessions])))


def _keep(registration: Registration, session: Session, answer: Answer, stamped_at: datetime, comment: str) -> None:
    rsvp = next((rsvp for rsvp in registration.rsvps if rsvp.session_id == session.id), None)
    if rsvp is None:
        rsvp = Rsvp(session_id=session.id, session=session)
        registration.rsvps.append(rsvp)
    elif rsvp.stamped_at > stamped_at:
        return
    rsvp.answer, rsvp.comment, rsvp.stamped_at, rsvp.received_at = answer, comment, stamped_at, now()


def _declines_every_session(registration: Registration) -> bool:
    """True if every session is declined and this frees the place: only before the event is over."""
    event = registration.event
    is_to_come = any(session.ends_at > now() for session in event.live_sessions)
    return event.invites.decline_frees_place and registration.rsvp == rules.Summary.DECLINED and is_to_come
