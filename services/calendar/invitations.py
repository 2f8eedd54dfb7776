"""Keeps what is in people's calendars right: decides what to send of each invite, writes it, remembers it."""

from dataclasses import replace

from flask import current_app

from services.calendar import ics
from services.calendar.models import Invitation, Registration, db, queue
from services.calendar.rules.invite import Method, Step, Truth, digest_of, fingerprint, next_step, uid_of
from services.calendar.rules.invite_plan import InvitePlan, Part, plan_invites
from shared.contracts.notices import EventFacts, Invite, Kind, MailDue, Notice
from shared.messaging import outbox

NOTIFICATIONS = "notifications"


def bring_up_to_date(notice: Notice, *, bulk: bool) -> MailDue:
    """Bring every invite of a registration to what a notice says of it.

    Returns the mail for the notice, with its invite if it has one; the other invites are owed in mails of their own.
    A notice of change gets the sessions as this person last heard of them. People who never held a place have no
    invite.
    """
    known = db.session.get(Registration, notice.registration_id, with_for_update=True)
    if known is None and not notice.holds_place:
        return MailDue(notice=notice)
    registration = known or _first_told(notice)
    before = registration.event
    if notice.kind == Kind.CHANGED:
        notice = replace(notice, before=before.sessions)
    if registration.invitations:
        notice = _from_whom_they_know(notice, before)
    plan = plan_invites(
        notice.event,
        at=notice.stated_at,
        invited={invitation.part for invitation in registration.invitations},
        series=registration.series,
    )
    for part in (*plan.apart, *_left_out(registration, plan, notice)):
        step, invite = _take_step(registration, part, before, notice)
        if invite and not step.again:
            _owe_mail_of_its_own(part, step, invite, notice, bulk)
    _, invite = _take_step(registration, plan.together, before, notice) if plan.together else (None, None)
    if plan.together:
        registration.series = plan.together.series
    registration.page_url = notice.page_url
    registration.show(notice.event, stands=notice.holds_place, stated_at=notice.stated_at)
    if known is None:
        db.session.add(registration)
    return MailDue(notice=notice, invite=invite)


def _first_told(notice: Notice) -> Registration:
    return Registration(
        id=notice.registration_id, person_id=notice.recipient.person_id, event=notice.event, cancelled_at={}
    )


def _from_whom_they_know(notice: Notice, before: EventFacts) -> Notice:
    """The notice with the organiser's address of the invites that were sent: calendars pass over an update of
    an entry that comes from anybody else."""
    invites = replace(notice.event.invites, organiser_email=before.invites.organiser_email)
    return replace(notice, event=replace(notice.event, invites=invites))


def _left_out(registration: Registration, plan: InvitePlan, notice: Notice) -> list[Part]:
    """Sessions that were sent before and are no longer to be, as they were last told; what is over is left alone."""
    last_told = {session.id: session for session in registration.event.sessions}
    left_out = [
        last_told[invitation.part]
        for invitation in registration.invitations
        if invitation.part not in plan.part_ids and invitation.part in last_told
    ]
    return [
        Part(session.id, (replace(session, cancelled=True),))
        for session in left_out
        if session.ends_at > notice.stated_at
    ]


def _take_step(
    registration: Registration, part: Part, before: EventFacts, notice: Notice
) -> tuple[Step, Invite | None]:
    """Decide on one invite, write it and remember it as sent."""
    address = notice.recipient.email
    shown = fingerprint(notice.event, part, address) if notice.holds_place else None
    invitation = registration.invitation_to(part.id)
    step = next_step(invitation.last_sent if invitation else None, Truth(shown, notice.stated_at))
    if step.method is None:
        return step, None
    if invitation is None:
        invitation = _first_invited(registration, part, notice)
    if not step.again:
        invitation.remember(step, shown=shown or "", stated_at=notice.stated_at, invited=digest_of(address))
        invitation.content = _write(invitation, part, before, notice)
    return step, Invite(method=invitation.method, content=invitation.content)


def _first_invited(registration: Registration, part: Part, notice: Notice) -> Invitation:
    _, sender = _sender()
    invitation = Invitation(
        uid=uid_of(registration.id, part.id, sender),
        registration_id=registration.id,
        part=part.id,
        created_at=notice.stated_at,
    )
    registration.invitations.append(invitation)
    return invitation


def _write(invitation: Invitation, part: Part, before: EventFacts, notice: Notice) -> str:
    """The invite's text. A withdrawal speaks of what was last told, for that is what is in the calendar."""
    event = notice.event
    if invitation.method == Method.CANCEL:
        event = before
        sessions = tuple(session for session in event.sessions if part.series or session.id == part.id)
        part = Part(part.id, sessions, invitation.registration.series)
    return ics.render_invite(
        ics.Issue(
            method=Method(invitation.method),
            uid=invitation.uid,
            sequence=invitation.sequence,
            created_at=invitation.created_at,
            event=event,
            part=part,
            notice=notice,
            sender=_sender(),
        )
    )


def _owe_mail_of_its_own(part: Part, step: Step, invite: Invite, notice: Notice, bulk: bool) -> None:
    """Owe the invite to one session in a mail about that session alone."""
    session = replace(part.sessions[0], cancelled=step.method is Method.CANCEL)
    narrowed = replace(notice, kind=Kind.SESSION, event=replace(notice.event, sessions=(session,)))
    outbox.owe(
        queue,
        NOTIFICATIONS,
        MailDue(notice=narrowed, invite=invite),
        key=f"{notice.registration_id}/{session.id}",
        ordinal=step.sequence,
        bulk=bulk,
    )


def _sender() -> tuple[str, str]:
    name, address = current_app.config["MAIL_FROM"]
    return name, address
