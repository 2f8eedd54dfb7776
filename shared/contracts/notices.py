"""Notices: what a person must be told, on its way from the decision to the inbox."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contracts.contract import Message, contract


class Kind(StrEnum):
    """What a notice says; notifications has one pair of templates for each."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    PLACE_CAME_FREE = "place_came_free"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    EVENT_CANCELLED = "event_cancelled"
    ALREADY_REGISTERED = "already_registered"
    PLACED = "placed"
    NOT_PLACED = "not_placed"
    SESSION = "session"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom a notice is for. Name and address are as the person typed them."""

    person_id: str
    name: str
    email: str
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class SessionFacts:
    """One sitting of an event. Instants are UTC; `location` is empty for one held online."""

    id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    location: str = ""
    join_url: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class InviteFacts:
    """How an organiser wants an event's invites: whether they ask for an answer, whether a No gives the place
    to somebody else, how many minutes before a session calendars remind (0: never), and whom they show as
    the organiser (empty: the sender of our mail).
    """

    asks_for_rsvp: bool = True
    decline_frees_place: bool = False
    reminder_minutes: int = 15
    organiser_name: str = ""
    organiser_email: str = ""


@dataclass(frozen=True, kw_only=True)
class EventFacts:
    """An event as its public page tells it. `timezone` is an IANA name; `description` is plain text."""

    id: str
    slug: str
    title: str
    url: str
    timezone: str
    description: str = ""
    sessions: tuple[SessionFacts, ...] = ()
    invites: InviteFacts = InviteFacts()


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What one person must be told about one registration, as things stood at `stated_at` (UTC).

    `holds_place` says whether their calendar should show the event; join links are present only
    then. `next_steps` are sentences about the cohorts they asked for, in words for them.
    `changes` names what is different ("time", "title", "place") in a notice of change.
    `topic` is the cohort that a notice about a placement concerns, `reason` what its decider wrote.
    """

    kind: Kind
    registration_id: str
    stated_at: datetime
    recipient: Recipient
    event: EventFacts
    page_url: str
    feed_url: str = ""
    holds_place: bool = False
    next_steps: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    topic: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Invite:
    """A calendar object (RFC 5545) ready for the mail; `method` equals its METHOD property."""

    method: str
    content: str


@contract("notice-due")
class NoticeDue(Message):
    """A notice with dates in it, owed to a person; calendar staples the invite to it."""

    notice: Notice


@contract("mail-due")
class MailDue(Message):
    """A notice complete with its invite, owed to a person; notifications writes and sends it."""

    notice: Notice
    invite: Invite | None = None
