"""Keeps people's calendars up to date: decides which invites to send, renders and stores them."""

from dataclasses import replace

from flask import current_app

from services.calendar import ics
from services.calendar.models import Invitation, Registration, db, queue
from services.calendar.rules.invite import Step, Truth, asks_anew, digest_of, fingerprint, next_step, uid_of
from services.calendar.rules.invite_plan import InvitePlan, Part, plan_invites
from shared.contracts.notices import EventFacts, Invite, Kind, MailDue, Method, Notice
from shared.messaging import outbox

NOTIFICATIONS = "notifications"


def bring_up_to_date(notice: Notice, *, bulk: bool) -> MailDue:
    """Bring every invite of a registration up to date with a notice.

    Returns the mail for the notice, with its invite if there is one. Other invites are owed in separate mails. A notice
    of change gets the sessions as the person last heard of them. A person who never had a place has no invites.
    """
    known = db.session.get(Registration, notice.registration_id, with_for_update=True)
    if known is None and not notice.holds_place:
        return MailDue(notice=notice)
    registration = known or _new_registration(notice)
    before = registration.event
    if notice.kind == Kind.CHANGED:
        notice = replace(notice, before=before.sessions)
    if registration.invitations:
        notice = _with_known_organiser(notice, before)
    plan = plan_invites(
        notice.event,
        at=notice.stated_at,
        invited={invitation.part for invitation in registration.invitations},
        series=registration.series,
    )
    for part in (*plan.separate, *_dropped_sessions(registration, plan, notice)):
        step, invite = _take_step(registration, part, before, notice)
        if invite and not step.again:
            _owe_separate_mail(part, step, invite, notice, bulk)
    _, invite = _take_step(registration, plan.with_notice, before, notice) if plan.with_notice else (None, None)
    if plan.with_notice:
        registration.series = plan.with_notice.series
    registration.page_url, registration.person_id = notice.page_url, notice.recipient.person_id
    registration.show(notice.event, cancelled=not notice.holds_place, stated_at=notice.stated_at)
    if known is None:
        db.session.add(registration)
    return MailDue(notice=notice, invite=invite)


def _new_registration(notice: Notice) -> Registration:
    return Registration(
        id=notice.registration_id, person_id=notice.recipient.person_id, event=notice.event, cancelled_at={}
    )


def _with_known_organiser(notice: Notice, before: EventFacts) -> Notice:
    """The notice with the organiser's address of the earlier invites: calendars ignore an update from anyone else."""
    invites = replace(notice.event.invites, organiser_email=before.invites.organiser_email)
    return replace(notice, event=replace(notice.event, invites=invites))


def _dropped_sessions(registration: Registration, plan: InvitePlan, notice: Notice) -> list[Part]:
    """Sessions to come that were invited to and are no longer part of the plan, as the person last heard of them."""
    last_told = {session.id: session for session in registration.event.sessions}
    dropped = [
        last_told[invitation.part]
        for invitation in registration.invitations
        if invitation.part not in plan.part_ids and invitation.part in last_told
    ]
    return [
        Part(session.id, (replace(session, cancelled=True),))
        for session in dropped
        if session.ends_at > notice.stated_at
    ]


def _take_step(
    registration: Registration, part: Part, before: EventFacts, notice: Notice
) -> tuple[Step, Invite | None]:
    """Decide which version of one invite to send, render it and store it as sent."""
    address = notice.recipient.email
    shown = fingerprint(notice.event, part, address) if notice.holds_place else None
    invitation = registration.invitation_to(part.id)
    step = next_step(invitation.last_sent if invitation else None, Truth(shown, notice.stated_at))
    if step.method is None:
        return step, None
    if invitation is None:
        invitation = _new_invitation(registration, part, notice)
    if not step.again:
        other_address = invitation.invited != digest_of(address)
        if step.method is Method.REQUEST and asks_anew(invitation.method, before, part, other_address=other_address):
            invitation.asked_sequence, invitation.asked_at = step.sequence, notice.stated_at
        invitation.remember(
            step.method, step.sequence, shown=shown or "", stated_at=notice.stated_at, invited=digest_of(address)
        )
        invitation.content = _render(invitation, part, before, notice)
    return step, Invite(method=invitation.method, content=invitation.content)


def _new_invitation(registration: Registration, part: Part, notice: Notice) -> Invitation:
    _, sender = _sender()
    invitation = Invitation(
        uid=uid_of(registration.id, part.id, sender),
        registration_id=registration.id,
        part=part.id,
        created_at=notice.stated_at,
    )
    registration.invitations.append(invitation)
    return invitation


def _render(invitation: Invitation, part: Part, before: EventFacts, notice: Notice) -> str:
    """The invite's text. A withdrawal shows the event as it was before, because that is in the person's calendar."""
    event = notice.event
    if invitation.method == Method.CANCEL:
        event = before
        sessions = tuple(session for session in event.sessions if part.series or session.id == part.id)
        part = Part(part.id, sessions, invitation.registration.series)
    return ics.render_invite(
        ics.Issue(
            method=invitation.method,
            uid=invitation.uid,
            sequence=invitation.sequence,
            created_at=invitation.created_at,
            event=event,
            part=part,
            notice=notice,
            sender=_sender(),
            answers=invitation.known_answers,
        )
    )


def _owe_separate_mail(part: Part, step: Step, invite: Invite, notice: Notice, bulk: bool) -> None:
    """Owe the invite to one session, in a mail about that session only."""
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
