"""Previews of the mails for a notice, as calls to the services that would make them."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.contract import Message, contract
from shared.contracts.notices import MailDue, Method


@dataclass(frozen=True, kw_only=True)
class InviteRead:
    """An invite as a calendar program reads it.

    Instants are UTC and those of the first session. `repeats` is the RRULE, or empty. `reminder_minutes` is 0 for no
    reminder.
    """

    method: Method
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
    """A mail that would be sent, and its invite as a calendar program reads it."""

    mail: MailDue
    invite: InviteRead | None


@contract("plan")
class Plan(Message):
    """The mails for a notice to a person who has had none before. The first is the mail of the notice itself."""

    mails: tuple[PlannedMail, ...]


@contract("written-mail")
class WrittenMail(Message):
    """A mail as a mail program shows it."""

    sender: str
    recipient: str
    reply_to: str
    subject: str
    text: str
    html: str
