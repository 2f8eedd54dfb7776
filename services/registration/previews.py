"""Previews of the mails that people get about an event: asked of those who would write them, or sent to oneself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from flask import current_app

from services.registration import notices, timeline
from services.registration.models import Event, Organiser, db
from services.registration.timeline import Actor
from shared import inquiries
from shared.clock import now
from shared.ids import new_id
from shared.messages.notices import Kind, Recipient
from shared.messages.previews import InviteRead, Plan, PlannedMail, WrittenMail

KINDS = {Kind.CONFIRMED: "A place", Kind.WAITLISTED: "The waiting list"}
SAMPLE_NAME = "Ada Example"


@dataclass(frozen=True)
class Preview:
    """The mails that one notice would become: all by what calendars read in them, one of them as it looks."""

    invites: Sequence[InviteRead | None]
    shown: WrittenMail
    number: int


def preview(event: Event, kind: Kind, number: int, organiser: Organiser) -> Preview:
    """What somebody who registers would get: the mail of that number, from 1, and what comes beside it.

    Raises LookupError where there are not so many, and Unanswered where a service gives no answer.
    """
    notice = notices.sample(event, kind, str(new_id()), _to(organiser))
    plan = inquiries.ask(f"{current_app.config['CALENDAR_URL']}/calendar/preview", notice, Plan)
    planned = _numbered(plan.mails, number)
    address = f"{current_app.config['NOTIFICATIONS_URL']}/mail/preview"
    return Preview([mail.invite for mail in plan.mails], inquiries.ask(address, planned.mail, WrittenMail), number)


def send_to_oneself(event: Event, kind: Kind, organiser: Organiser, by: Actor) -> None:
    """Send an organiser what somebody who registers would get, by the road that all mail takes.

    Each organiser has one invite to each event this way, which a later preview brings up to date.
    """
    stands_for = str(uuid5(event.id, str(organiser.id)))
    notices.owe_sample(notices.sample(event, kind, stands_for, _to(organiser)), int(now().timestamp() * 1000))
    timeline.record(event, "preview sent", by, mail=kind)
    db.session.commit()


def organiser_of(by: Actor) -> Organiser:
    """The organiser who is acting."""
    return db.session.get_one(Organiser, UUID(by.id))


def _numbered(mails: Sequence[PlannedMail], number: int) -> PlannedMail:
    if not 1 <= number <= len(mails):
        raise LookupError(number)
    return mails[number - 1]


def _to(organiser: Organiser) -> Recipient:
    return Recipient(person_id=str(organiser.id), name=SAMPLE_NAME, email=organiser.email_key)
