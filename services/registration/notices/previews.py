"""Previews of the mails about an event, rendered by the services that write them, or sent to the organiser."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app

from services.registration.models import Event, Organiser
from services.registration.notices import notices
from shared.contracts.notices import Kind, Recipient
from shared.contracts.previews import InviteRead, Plan, PlannedMail, WrittenMail
from shared.database.ids import new_id
from shared.web import service_calls

KINDS = {Kind.CONFIRMED: "A place", Kind.WAITLISTED: "The waiting list"}
SAMPLE_NAME = "Ada Example"


@dataclass(frozen=True)
class Preview:
    """The mails for one notice: the invite of each (None without one), and mail `number` in full."""

    invites: Sequence[InviteRead | None]
    shown: WrittenMail
    number: int


def preview(event: Event, kind: Kind, number: int, organiser: Organiser) -> Preview:
    """Mail `number` (from 1) of those that a registrant would get, with the invites of all.

    Raises LookupError if there is no such mail, and ServiceCallFailed if a service does not answer.
    """
    notice = notices.sample(event, kind, str(new_id()), recipient(organiser))
    plan = service_calls.call_service(f"{current_app.config['CALENDAR_URL']}/calendar/preview", notice, Plan)
    planned = _numbered(plan.mails, number)
    address = f"{current_app.config['NOTIFICATIONS_URL']}/mail/preview"
    return Preview(
        [mail.invite for mail in plan.mails], service_calls.call_service(address, planned.mail, WrittenMail), number
    )


def _numbered(mails: Sequence[PlannedMail], number: int) -> PlannedMail:
    if not 1 <= number <= len(mails):
        raise LookupError(number)
    return mails[number - 1]


def recipient(organiser: Organiser) -> Recipient:
    """The organiser, under an example's name."""
    return Recipient(person_id=str(organiser.id), name=SAMPLE_NAME, email=organiser.email_key)
