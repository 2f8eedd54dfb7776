"""Previews: what a notice would become, asked of the services that would make it so."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.contract import Message, contract
from shared.contracts.notices import MailDue


@dataclass(frozen=True, kw_only=True)
class InviteRead:
    """An invite as a calendar reads it. Instants are UTC and of the first session; `repeats` is its RRULE, if
    it has one; `reminder_minutes` is 0 where calendars do not remind."""

    method: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    repeats: str
    organiser_name: str
    organiser_email: str
    asks_for_rsvp: bool
    reminder_minutes: int


@dataclass(frozen=True, kw_only=True)
class PlannedMail:
    """A mail that would be sent, and what calendars would read in it."""

    mail: MailDue
    invite: InviteRead | None


@contract("plan")
class Plan(Message):
    """The mails that a notice would become, for somebody who was never sent any: the notice's own first."""

    mails: tuple[PlannedMail, ...]


@contract("written-mail")
class WrittenMail(Message):
    """A mail as its reader's program would show it."""

    sender: str
    recipient: str
    reply_to: str
    subject: str
    text: str
    html: str
