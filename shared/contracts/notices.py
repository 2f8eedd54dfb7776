"""Notices to people, on their way from a decision to a mail."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contracts.contract import Message, contract


class Kind(StrEnum):
    """The kind of a notice. Notifications has a pair of templates for each."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    PLACE_CAME_FREE = "place_came_free"
    RESTORED = "restored"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    EVENT_CANCELLED = "event_cancelled"
    ALREADY_REGISTERED = "already_registered"
    PLACED = "placed"
    NOT_PLACED = "not_placed"
    SESSION = "session"
    UNPROVED_NO = "unproved_no"


class Method(StrEnum):
    """The METHOD of an invite (RFC 5546): show the event, or withdraw it."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The person a notice is for. Name and address are as that person typed them."""

    person_id: str
    name: str
    email: str
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class SessionFacts:
    """One session of an event. Instants are UTC; `location` is empty for a session held online."""

    id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    location: str = ""
    join_url: str | None = None
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class InviteFacts:
    """The organiser's choices for an event's invites.

    `decline_frees_place` passes the place of a person who answers No to the waiting list. `reminder_minutes` is the
    time before a session, 0 for no reminder. Without an organiser, invites show the sender of our mail.
    """

    asks_for_rsvp: bool = True
    decline_frees_place: bool = False
    reminder_minutes: int = 15
    organiser_name: str = ""
    organiser_email: str = ""


@dataclass(frozen=True, kw_only=True)
class EventFacts:
    """The details of an event from its public page. `timezone` is an IANA name; `description` is plain text.

    `registration` says in listings when registration opens and closes, and that every place is taken.
    """

    id: str
    slug: str
    title: str
    url: str
    timezone: str
    description: str = ""
    sessions: tuple[SessionFacts, ...] = ()
    invites: InviteFacts = InviteFacts()
    registration: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice to one person about one registration, with the state of both at `stated_at` (UTC).

    `holds_place` is true if the person's calendar should show the event; only then are join links present.
    `next_steps` are sentences for the person about the cohorts they asked for. `changes` names the changed details
    ("time", "title", "place") in a notice of change, and `before` holds the sessions as the person last heard of them.
    `topic` is the cohort of a notice about a placement, and `reason` the text that the organiser wrote with the
    decision. `status` is the registration's; `by_organisers` says that the organisers cancelled it. `add_url` is the
    page that adds a session to web calendars.
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
    before: tuple[SessionFacts, ...] = ()
    status: str = ""
    add_url: str = ""
    topic: str = ""
    reason: str = ""
    by_organisers: bool = False


@dataclass(frozen=True, kw_only=True)
class Invite:
    """A calendar object (RFC 5545), ready to be attached to a mail. `method` equals its METHOD property."""

    method: Method
    content: str


@contract("notice-due")
class NoticeDue(Message):
    """A notice with dates, owed to a person. Calendar attaches the invite."""

    notice: Notice


@contract("mail-due")
class MailDue(Message):
    """A notice with its invite, owed to a person. Notifications writes the mail and sends it."""

    notice: Notice
    invite: Invite | None = None
