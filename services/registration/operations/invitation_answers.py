"""What people's answers to invitations change."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete

from services.registration.models import Registration, Rsvp, Session, db
from services.registration.notices import notices
from services.registration.operations import places, registrations, timeline
from services.registration.operations.timeline import REGISTRANT
from services.registration.rules import invitation_answers as rules
from services.registration.rules.invitation_answers import Said, Summary
from shared.contracts.receipts import RsvpReceived
from shared.database.utc import now
from shared.i18n.dates import moment

DECLINED_SO_CANCELLED = "You said no to the invitation in your calendar, so your place can go to somebody else."
CONFIRMED_SO_CANCELLED = "You told us that you can't come, so your place can go to somebody else."


def record(registration: Registration, received: RsvpReceived) -> bool:
    """Record an answer for one session, or for all live sessions if it names none.

    An older answer never replaces a newer one. With the event's `decline_frees_place`, a No to all sessions cancels the
    registration; one that is not proved only asks the person to confirm it. Returns False if there is no such session.
    """
    event, session_id = registration.event, received.session_id
    places.lock_registration(registration, counted=event.invites.decline_frees_place)
    answer = rules.said(received.answer, proved=received.proved)
    sessions = [one for one in event.sessions if str(one.id) == session_id] if session_id else event.live_sessions
    for session in sessions:
        _keep(registration, session, answer, received.stamped_at, received.comment)
    summarise(registration)
    about = moment(sessions[0].starts_at, event.timezone) if session_id and sessions else ""
    timeline.record(
        registration, "answered the invitation", REGISTRANT, answer=answer, comment=received.comment, session=about
    )
    if _frees_place(registration) and registration.rsvp is Summary.DECLINED:
        _cancel(registration, DECLINED_SO_CANCELLED)
    elif awaits_confirmation(registration):
        notices.ask_about_no(registration)
    return bool(sessions)


def awaits_confirmation(registration: Registration) -> bool:
    """True if the person has a place that a No without proof would free as soon as they confirm it."""
    is_unproved = registration.rsvp is Summary.DECLINED_UNPROVED
    return is_unproved and registration.holds_place and _frees_place(registration)


def confirm_no(registration: Registration) -> None:
    """The person confirms their No: cancel. Changes nothing if no No waits for it."""
    places.lock_registration(registration, counted=True)
    if not awaits_confirmation(registration):
        return
    for rsvp in registration.rsvps:
        if rsvp.answer is Said.DECLINED_UNPROVED:
            rsvp.answer = Said.DECLINED
    summarise(registration)
    _cancel(registration, CONFIRMED_SO_CANCELLED)


def take_back_no(registration: Registration) -> None:
    """The person says that they are coming: forget the No. Changes nothing if no No waits for it."""
    places.lock_registration(registration, counted=True)
    if not awaits_confirmation(registration):
        return
    registration.rsvps = [rsvp for rsvp in registration.rsvps if rsvp.answer is not Said.DECLINED_UNPROVED]
    summarise(registration)
    timeline.record(registration, "kept the place", REGISTRANT)


def summarise(registration: Registration) -> None:
    """Update `rsvp`, the summary of the answers to all sessions."""
    answered = {rsvp.session_id: rsvp.answer for rsvp in registration.rsvps}
    sessions = registration.event.live_sessions or registration.event.sessions
    registration.rsvp = rules.summary([answered.get(session.id) for session in sessions])
    registration.rsvp_at = max((rsvp.stamped_at for rsvp in registration.rsvps), default=None)


def forget(sessions: Iterable[Session]) -> None:
    """Delete the answers for sessions that have moved: people are asked again (RFC 5546, 3.2.2.1)."""
    db.session.execute(delete(Rsvp).where(Rsvp.session_id.in_([session.id for session in sessions])))


def _keep(registration: Registration, session: Session, answer: Said, stamped_at: datetime, comment: str) -> None:
    rsvp = next((rsvp for rsvp in registration.rsvps if rsvp.session_id == session.id), None)
    if rsvp is None:
        rsvp = Rsvp(session_id=session.id, session=session)
        registration.rsvps.append(rsvp)
    elif rsvp.stamped_at > stamped_at:
        return
    rsvp.answer, rsvp.comment, rsvp.stamped_at, rsvp.received_at = answer, comment, stamped_at, now()


def _frees_place(registration: Registration) -> bool:
    """True if a No to the whole event cancels the registration: only before the event is over or cancelled."""
    event = registration.event
    is_to_come = any(session.ends_at > now() for session in event.live_sessions)
    return event.invites.decline_frees_place and registration.is_active and is_to_come


def _cancel(registration: Registration, notice_reason: str) -> None:
    registrations.cancel(registration, REGISTRANT, reason="declined the invitation", notice_reason=notice_reason)
